//! A moment: what all connections of a check see, and how far the generation was then.

use std::collections::HashMap;
use std::sync::Arc;

use runtime::database::{Object, Transaction};
use schema::{LOG_LOCK, StreamId};

use crate::shard::Shard;
use crate::snapshot::snapshot;
use crate::{Generation, ProjectError, policy, retired};

/// One moment of the database. It lasts for as long as the transaction that it came with.
pub(super) struct Moment {
    pub(super) generation: Generation,
    /// By stream, its first offset and how far each shard has folded it.
    pub(super) streams: HashMap<StreamId, Folded>,
    /// How others come to see it.
    snapshot: String,
}

/// How far a stream is folded.
#[derive(Clone, Debug)]
pub(super) struct Folded {
    pub(super) first_offset: i64,
    /// By shard, the first offset that isn't folded.
    cursors: Vec<i64>,
}

impl Folded {
    /// How far the shard that is ahead of all others has come.
    pub(super) fn end_offset(&self) -> i64 {
        self.cursors.iter().copied().max().unwrap_or_default()
    }

    /// Whether a shard has folded an offset.
    pub(super) fn covers(&self, shard: Shard, offset: i64) -> bool {
        usize::try_from(shard.0)
            .ok()
            .and_then(|shard| self.cursors.get(shard))
            .is_some_and(|cursor| offset < *cursor)
    }
}

impl Moment {
    pub(super) async fn hold(
        client: &mut Object,
        generation: Generation,
    ) -> Result<(Arc<Self>, Transaction<'_>), ProjectError> {
        // Before anything is seen: from here on no day can be taken away. It goes with the connection.
        client.execute("select pg_advisory_lock_shared($1)", &[&LOG_LOCK]).await?;
        let transaction = snapshot(client).await?;
        policy::show_all(&transaction, generation.id).await?;
        if retired::is_pending(&*transaction, generation.id).await? {
            return Err(ProjectError::BehindHorizon(generation.id));
        }
        let row = transaction.query_one("select pg_export_snapshot() as snapshot", &[]).await?;
        let rows = transaction
            .query(
                "-- moment::list_streams
                select streams.id, first_offset, coalesce(cursors.next_offset, first_offset) as next_offset
                from streams
                cross join generate_series(0, $2::int - 1) as each(shard)
                left join cursors on cursors.generation_id = $1 and cursors.shard = each.shard
                    and cursors.stream_id = streams.id
                order by streams.id, each.shard",
                &[&generation.id.0, &i32::from(generation.shard_count)],
            )
            .await?;
        let mut streams: HashMap<StreamId, Folded> = HashMap::new();
        for one in &rows {
            let first_offset = one.get("first_offset");
            let folded =
                streams.entry(one.get("id")).or_insert_with(|| Folded { first_offset, cursors: Vec::new() });
            folded.cursors.push(one.get("next_offset"));
        }
        let moment = Self { generation, streams, snapshot: row.get("snapshot") };
        Ok((Arc::new(moment), transaction))
    }

    /// A transaction on another connection that sees the same.
    pub(super) async fn join<'b>(&self, client: &'b mut Object) -> Result<Transaction<'b>, ProjectError> {
        let transaction = snapshot(client).await?;
        transaction.batch_execute(&format!("set transaction snapshot '{}'", self.snapshot)).await?;
        policy::allow(&transaction).await?;
        Ok(transaction)
    }
}
