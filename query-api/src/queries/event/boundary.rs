//! Boundaries: from which offset on a stream's events were appended at a time or later.
//!
//! No index has the events by time, and none is needed: a stream is appended in the order of its offsets, so the boundary is looked for by
//! halves, within the day that the time lies in. Of a server whose clock was set back meanwhile, a few events may be on the other side.

use std::collections::HashMap;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use schema::StreamId;

use crate::error::QueryError;
use crate::queries::Snapshot;

/// Offsets of a stream: from one on to before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) stream: StreamId,
    pub(super) from: i64,
    pub(super) to: i64,
}

/// By stream, the first offset of an extent that was appended at a time or later: its end where there is none. Each time is of one stream.
pub(super) async fn find(
    snapshot: &Snapshot<'_>,
    extents: &[Extent],
    times: &[DateTime<Utc>],
) -> Result<HashMap<StreamId, i64>, QueryError> {
    let (Some(first), Some(last)) = (times.iter().min(), times.iter().max()) else {
        return Ok(HashMap::new());
    };
    let (day, end) = (midnight(*first), midnight(*last) + TimeDelta::days(1));
    let streams: Vec<_> = extents.iter().map(|extent| extent.stream).collect();
    let from: Vec<_> = extents.iter().map(|extent| extent.from).collect();
    let to: Vec<_> = extents.iter().map(|extent| extent.to).collect();
    let sql = "-- boundary::find
        with recursive day as (
            select of_stream, of_time,
                coalesce((
                    select record_offset + 1 from events
                    where stream_id = of_stream and record_offset >= of_from and record_offset < of_to and appended_at < $5
                    order by record_offset desc limit 1), of_from) as low,
                coalesce((
                    select record_offset from events
                    where stream_id = of_stream and record_offset >= of_from and record_offset < of_to and appended_at >= $6
                    order by record_offset limit 1), of_to) as high
            from unnest($1::integer[], $2::bigint[], $3::bigint[], $4::timestamptz[]) as asked(of_stream, of_from, of_to, of_time)
        ), half as (
            select of_stream, of_time, least(low, high) as low, high from day
            union all
            select of_stream, of_time,
                case when event.appended_at < of_time then event.record_offset + 1 else low end,
                case when event.appended_at < of_time then high else low + (high - low) / 2 end
            from half
            left join lateral (
                select record_offset, appended_at from events
                where stream_id = of_stream and record_offset >= low + (high - low) / 2 and record_offset < high
                    and appended_at >= $5 and appended_at < $6
                order by record_offset limit 1
            ) as event on true
            where low < high
        )
        select of_stream, low from half where low >= high";
    let rows = snapshot.query(sql, &[&streams, &from, &to, &times, &day, &end]).await?;
    Ok(rows.iter().map(|row| (StreamId(row.get("of_stream")), row.get("low"))).collect())
}

fn midnight(time: DateTime<Utc>) -> DateTime<Utc> {
    time.date_naive().and_time(NaiveTime::MIN).and_utc()
}
