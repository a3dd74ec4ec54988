//! What had been appended by a point of the log, of rows that know where their event stands and when it was appended.

use chrono::{DateTime, Utc};
use projection::Bound;
use schema::StreamId;

use super::Conditions;

/// Up to and with places of some streams; of others, by a time.
#[derive(Clone, Debug)]
pub(crate) struct Appended {
    time: DateTime<Utc>,
    /// Those that have a place of their own.
    streams: Vec<StreamId>,
    /// In the same order.
    offsets: Vec<i64>,
}

impl Appended {
    /// The time, if that tells all.
    pub(super) fn time_alone(&self) -> Option<DateTime<Utc>> {
        self.streams.is_empty().then_some(self.time)
    }
}

impl<'a> Conditions<'a> {
    /// The event of a row of `statuses` or `quarantine` had been appended.
    pub(super) fn had_been_appended(&mut self, table: &'static str, appended: &'a Appended) {
        let time = self.bind(&appended.time);
        let by_time = format!("{table}.created_at <= {time}");
        if appended.time_alone().is_some() {
            return self.hold(by_time);
        }
        let (streams, offsets) = (self.bind(&appended.streams), self.bind(&appended.offsets));
        self.hold(format!(
            "coalesce((
                select {table}.record_offset <= last_offset
                from unnest({streams}::integer[], {offsets}::bigint[]) as place(of_stream, last_offset)
                where of_stream = {table}.stream_id), {by_time})"
        ));
    }
}

impl From<&Bound> for Appended {
    fn from(bound: &Bound) -> Self {
        let positions = bound.positions.iter();
        let (streams, offsets) = positions.map(|position| (position.stream, position.offset)).unzip();
        Self { time: bound.time, streams, offsets }
    }
}
