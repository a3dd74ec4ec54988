//! Folded: how far of the log the read models tell everything, and from where on the log is kept.

use std::collections::BTreeMap;

use schema::{GenerationId, StreamId};

use super::Snapshot;
use crate::error::QueryError;

/// A place in the log: of each stream the first offset beyond it, as one generation of read models came by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Vector {
    pub(crate) generation: GenerationId,
    pub(crate) offsets: BTreeMap<StreamId, i64>,
}

/// How far the active generation is.
#[derive(Clone, Debug)]
pub(crate) struct Folded {
    pub(crate) generation: GenerationId,
    pub(crate) streams: Vec<FoldedStream>,
}

/// How far one stream is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FoldedStream {
    pub(crate) id: StreamId,
    pub(crate) first_offset: i64,
    /// Before it all shards have folded everything. What a shard that is ahead tells beyond it isn't all there is.
    pub(crate) next_offset: i64,
    /// Before it retention took something.
    pub(crate) kept_from: i64,
}

/// How far the snapshot is.
pub(crate) async fn folded(snapshot: &Snapshot<'_>) -> Result<Folded, QueryError> {
    let sql = "-- folded::folded
        select generation_id, streams.id as stream_id, streams.first_offset,
            case when cursor.shard_count = generations.shard_count then cursor.next_offset else streams.first_offset end as next_offset,
            coalesce(retired.to_offset, streams.first_offset) as kept_from
        from active_generation
        join generations on generations.id = generation_id
        left join streams on true
        left join (
            select generation_id as of_generation, stream_id, count(*) as shard_count, min(next_offset) as next_offset
            from cursors group by 1, 2
        ) as cursor on of_generation = generation_id and cursor.stream_id = streams.id
        left join lateral (
            select to_offset from retired_ranges
            where retired_ranges.stream_id = streams.id order by from_offset desc limit 1
        ) as retired on true
        order by streams.id";
    let rows = snapshot.query(sql, &[]).await?;
    let generation = rows.first().map(|row| row.get("generation_id")).ok_or(QueryError::NoGeneration)?;
    let stream = |row: &tokio_postgres::Row| {
        Some(FoldedStream {
            id: row.get::<_, Option<StreamId>>("stream_id")?,
            first_offset: row.get("first_offset"),
            next_offset: row.get("next_offset"),
            kept_from: row.get("kept_from"),
        })
    };
    Ok(Folded { generation, streams: rows.iter().filter_map(stream).collect() })
}

impl Folded {
    /// The place from which on everything is still to come, and is kept.
    pub(crate) fn now(&self) -> Vector {
        let offsets = self.streams.iter().map(|stream| (stream.id, stream.next_offset.max(stream.kept_from)));
        Vector { generation: self.generation, offsets: offsets.collect() }
    }
}

impl Vector {
    /// Whether nothing lies between `other` and here: whoever is here may go on with what comes after `other`.
    pub(crate) fn reaches(&self, other: &Self) -> bool {
        let is_reached =
            |(stream, offset): (&StreamId, &i64)| self.offsets.get(stream).is_some_and(|here| here >= offset);
        self.generation == other.generation && other.offsets.iter().all(is_reached)
    }

    /// Whether an event lies before it.
    pub(crate) fn has_passed(&self, position: schema::Position) -> bool {
        self.offsets.get(&position.stream).is_some_and(|offset| position.offset < *offset)
    }

    /// Goes to wherever `other` is farther.
    pub(crate) fn advance(&mut self, other: &Self) {
        for (stream, offset) in &other.offsets {
            let here = self.offsets.entry(*stream).or_insert(*offset);
            *here = (*here).max(*offset);
        }
    }
}

#[cfg(test)]
mod tests {
    use schema::Position;

    use super::*;

    fn vector(offsets: &[(i32, i64)]) -> Vector {
        let offsets = offsets.iter().map(|(stream, offset)| (StreamId(*stream), *offset)).collect();
        Vector { generation: GenerationId(1), offsets }
    }

    #[test]
    fn a_place_reaches_another_where_no_stream_of_that_is_farther() {
        let here = vector(&[(1, 5), (2, 0)]);
        for (other, reaches) in [
            (vector(&[]), true),
            (vector(&[(1, 5)]), true),
            (vector(&[(1, 4), (2, 0)]), true),
            (vector(&[(1, 6)]), false),
            // A stream that wasn't there: its start isn't known here.
            (vector(&[(3, 0)]), false),
            (Vector { generation: GenerationId(2), ..here.clone() }, false),
        ] {
            assert_eq!(here.reaches(&other), reaches, "{other:?}");
        }
    }

    #[test]
    fn a_place_never_goes_back() {
        let mut here = vector(&[(1, 5), (2, 7)]);
        here.advance(&vector(&[(1, 9), (2, 3), (4, 1)]));
        assert_eq!(here, vector(&[(1, 9), (2, 7), (4, 1)]));
        let at = |stream, offset| Position { stream: StreamId(stream), offset };
        assert!(here.has_passed(at(1, 8)) && !here.has_passed(at(1, 9)) && !here.has_passed(at(3, 0)));
    }
}
