//! The list of events, in the order in which they were appended.

use chrono::TimeDelta;
use schema::StreamId;

use super::boundary::{self, Extent};
use super::{Event, Filter, Place, Stretch, named, read};
use crate::error::{ApiError, QueryError};
use crate::queries::{Conditions, Direction, Snapshot, Window};

/// The stretch, and whether there are more in the direction in which it was looked for.
pub(crate) async fn list(
    snapshot: &Snapshot<'_>,
    filter: &Filter,
    stretch: &Stretch,
) -> Result<Result<(Vec<Event>, bool), ApiError>, QueryError> {
    if !snapshot.shows_log() {
        return Ok(Err(ApiError::Forbidden));
    }
    let extents = extents(snapshot, filter).await?;
    let mut places = match &filter.request_id {
        Some(request_id) => {
            let streams: Vec<_> = extents.iter().map(|extent| extent.stream).collect();
            named::of_request(snapshot, (request_id, filter), &streams, stretch).await?
        }
        None => {
            let extents = narrowed(snapshot, extents, (&filter.appended_at, stretch)).await?;
            merged(snapshot, &extents, (&filter.appended_at, stretch)).await?
        }
    };
    let most = usize::try_from(stretch.most).unwrap_or(usize::MAX);
    let has_more = places.len() > most;
    places.truncate(most);
    Ok(read(snapshot, &places, false).await?.map(|mut events| {
        events.sort_unstable_by_key(|event| event.place);
        (events, has_more)
    }))
}

/// The streams, from end to end.
async fn extents(snapshot: &Snapshot<'_>, filter: &Filter) -> Result<Vec<Extent>, QueryError> {
    let mut conditions = Conditions::default();
    conditions.among("id", &filter.stream);
    conditions.among("topic", &filter.topic);
    conditions.among("partition", &filter.partition);
    let filtered = conditions.sql();
    let sql = format!(
        "-- event::extents\nselect id, first_offset, next_offset from streams {filtered} order by id"
    );
    let rows = snapshot.query(&sql, conditions.values()).await?;
    let extent = |row: &tokio_postgres::Row| Extent {
        stream: StreamId(row.get("id")),
        from: row.get("first_offset"),
        to: row.get("next_offset"),
    };
    Ok(rows.iter().map(extent).collect())
}

/// What is left of them within the window and between the two events.
async fn narrowed(
    snapshot: &Snapshot<'_>,
    mut extents: Vec<Extent>,
    (window, stretch): (&Window, &Stretch),
) -> Result<Vec<Extent>, QueryError> {
    if window.has_from() {
        let times = vec![window.from; extents.len()];
        let found = boundary::find(snapshot, &extents, &times).await?;
        extents.iter_mut().for_each(|extent| extent.from = found[&extent.stream]);
    }
    if window.has_to() {
        let times = vec![window.to; extents.len()];
        let found = boundary::find(snapshot, &extents, &times).await?;
        extents.iter_mut().for_each(|extent| extent.to = found[&extent.stream]);
    }
    for (place, is_after) in [(stretch.after, true), (stretch.before, false)] {
        let Some(Place { appended_at, position }) = place else { continue };
        // Of the same time, the smaller stream comes first.
        let passed = |extent: &Extent| {
            if extent.stream < position.stream {
                appended_at + TimeDelta::microseconds(1)
            } else {
                appended_at
            }
        };
        let times: Vec<_> = extents.iter().map(passed).collect();
        let mut found = boundary::find(snapshot, &extents, &times).await?;
        found.insert(
            position.stream,
            if is_after { position.offset.saturating_add(1) } else { position.offset },
        );
        for extent in &mut extents {
            let offset = found[&extent.stream];
            if is_after { extent.from = extent.from.max(offset) } else { extent.to = extent.to.min(offset) }
        }
    }
    Ok(extents)
}

/// Where their first or last events are, one more than the stretch takes: no more of any stream are looked at.
async fn merged(
    snapshot: &Snapshot<'_>,
    extents: &[Extent],
    (window, stretch): (&Window, &Stretch),
) -> Result<Vec<Place>, QueryError> {
    let streams: Vec<_> = extents.iter().map(|extent| extent.stream).collect();
    let from: Vec<_> = extents.iter().map(|extent| extent.from).collect();
    let to: Vec<_> = extents.iter().map(|extent| extent.to).collect();
    let mut conditions = Conditions::default();
    let (streams, from, to) = (conditions.bind(&streams), conditions.bind(&from), conditions.bind(&to));
    conditions
        .hold("stream_id = of_stream and record_offset >= of_from and record_offset < of_to".to_owned());
    // It leaves out days, too.
    conditions.within("appended_at", window);
    let direction = if stretch.is_from_end { Direction::Descending } else { Direction::Ascending }.sql();
    let (filtered, most) = (conditions.sql(), stretch.most + 1);
    let sql = format!(
        "-- event::merged
        select event.*
        from unnest({streams}::integer[], {from}::bigint[], {to}::bigint[]) as extent(of_stream, of_from, of_to)
        cross join lateral (
            select stream_id, record_offset, appended_at from events {filtered}
            order by record_offset {direction} limit {most}
        ) as event
        order by appended_at {direction}, stream_id {direction}, record_offset {direction} limit {most}"
    );
    let rows = snapshot.query(&sql, conditions.values()).await?;
    Ok(rows.iter().map(Place::from_row).collect())
}
