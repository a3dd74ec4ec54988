//! Places: near which time a row of a list lies, as told by what is counted already, so that a page far inside is not walked to.

use chrono::{DateTime, TimeDelta, Utc};
use tokio_postgres::types::ToSql;

use super::{Direction, Snapshot, Window};
use crate::error::QueryError;

/// What is counted by stretches of time.
pub(super) struct Counted<'a> {
    /// A table of `bucket`, `width` and `count`, and what else holds for its rows.
    pub(super) table: &'static str,
    pub(super) condition: String,
    /// What is bound in the condition.
    pub(super) values: Vec<&'a (dyn ToSql + Sync)>,
}

/// The minute that a row of a list lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    minute: DateTime<Utc>,
    /// How many rows of the minute come before it.
    pub(super) passed: i64,
}

impl Place {
    /// That of the row before which so many come. There is none when there are no more than that.
    pub(super) async fn find(
        snapshot: &Snapshot<'_>,
        counted: &Counted<'_>,
        direction: Direction,
        passed: i64,
    ) -> Result<Option<Self>, QueryError> {
        let mut values = counted.values.clone();
        values.push(&passed);
        let all = format!("(select null::timestamptz as bucket, ${}::bigint as passed)", values.len());
        // Each stretch within the one before.
        let days = counted.stretches(&all, 86_400, None, direction);
        let hours = counted.stretches("days", 3_600, Some(86_400), direction);
        let minutes = counted.stretches("hours", 60, Some(3_600), direction);
        let sql = format!(
            "-- place::find
            with days as ({days}), hours as ({hours}), minutes as ({minutes})
            select bucket, passed::bigint as passed from minutes"
        );
        let rows = snapshot.query(&sql, &values).await?;
        Ok(rows.first().map(|row| Self { minute: row.get("bucket"), passed: row.get("passed") }))
    }

    /// Whether its minute begins, as the walk goes, within the window: of one that begins before, rows outside would be passed that
    /// the window leaves out already.
    pub(super) fn begins_in(&self, window: &Window, direction: Direction) -> bool {
        match direction {
            Direction::Ascending => window.from <= self.minute,
            Direction::Descending => self.minute + TimeDelta::minutes(1) <= window.to,
        }
    }

    /// The condition of the minute's rows and all that come after them, and the time that it is about.
    pub(super) fn edge(&self, direction: Direction) -> (&'static str, DateTime<Utc>) {
        match direction {
            Direction::Ascending => (">=", self.minute),
            Direction::Descending => ("<", self.minute + TimeDelta::minutes(1)),
        }
    }
}

impl Counted<'_> {
    /// Of the stretches of a width (all, or those of a wider one), the one that holds the row before which `passed` come.
    fn stretches(&self, outer: &str, width: i64, within: Option<i64>, direction: Direction) -> String {
        let Self { table, condition, .. } = self;
        let direction = direction.sql();
        let within = within.map_or(String::new(), |seconds| {
            format!("and bucket >= outside.bucket and bucket < outside.bucket + interval '{seconds} seconds'")
        });
        format!(
            "select inside.bucket, outside.passed - before as passed
            from {outer} as outside
            cross join lateral (
                select bucket, sum(count) as count,
                    sum(sum(count)) over (order by bucket {direction}) - sum(count) as before
                from {table} where {condition} and width = {width} {within}
                group by bucket
            ) as inside
            where before <= outside.passed and outside.passed < before + inside.count"
        )
    }
}
