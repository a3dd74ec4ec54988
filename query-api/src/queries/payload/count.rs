//! How many payloads there are for a filter: by what is counted already wherever it can be told from that.

use super::Filter;
use crate::error::QueryError;
use crate::queries::pieces::cut;
use crate::queries::walk::FEW;
use crate::queries::{Among, Conditions, Counted, Place, Snapshot, Walk, Window};

/// What a window is about.
#[derive(Clone, Copy, Debug)]
enum Clock {
    /// The earliest date of a payload's statuses.
    CreatedAt,
    /// The date of any of them.
    Date,
}

/// Exact, as of the snapshot.
pub(super) async fn get(snapshot: &Snapshot<'_>, filter: &Filter) -> Result<i64, QueryError> {
    // What is counted already isn't by organisation.
    match filter.counted_by().filter(|_| snapshot.org_id().is_none()) {
        None => rows(snapshot, filter, None).await,
        Some((_, window)) if window.is_empty() => Ok(0),
        Some((Clock::CreatedAt, window)) if window.is_open() => all(snapshot, filter).await,
        Some((Clock::CreatedAt, window)) => within(snapshot, filter, window).await,
        Some((Clock::Date, window)) => {
            Ok(within(snapshot, filter, window).await? + earlier(snapshot, filter, &window).await?)
        }
    }
}

/// Whether there are few enough to be sorted. Where nobody has counted them, no more than that are looked at.
pub(super) async fn is_few(snapshot: &Snapshot<'_>, filter: &Filter) -> Result<bool, QueryError> {
    if snapshot.org_id().is_none() && filter.counted_by().is_some() {
        return Ok(get(snapshot, filter).await? <= FEW);
    }
    Ok(rows(snapshot, filter, Some(FEW + 1)).await? <= FEW)
}

/// Where a walk in the order of `created_at` may begin, if that is told by what is counted.
pub(super) async fn place(
    snapshot: &Snapshot<'_>,
    filter: &Filter,
    walk: Walk,
) -> Result<Option<Place>, QueryError> {
    let counted_by = filter.counted_by().filter(|_| snapshot.org_id().is_none());
    let Some((Clock::CreatedAt, window)) = counted_by.filter(|_| walk.is_far()) else {
        return Ok(None);
    };
    let before = match window.before(walk.direction) {
        Some(before) => within(snapshot, filter, before).await?,
        None => 0,
    };
    let outcomes = filter.outcomes();
    let (condition, values) = (outcomes.clause(), outcomes.values().to_vec());
    let counted = Counted { table: "payload_counts", condition, values };
    let place = Place::find(snapshot, &counted, walk.direction, before + walk.passed).await?;
    Ok(place.filter(|place| place.begins_in(&window, walk.direction)))
}

impl Filter {
    /// The window that payloads are counted by, if there is nothing else in the filter but outcomes.
    fn counted_by(&self) -> Option<(Clock, Window)> {
        let Self {
            account,
            org_id,
            inventory_id,
            system_id,
            request_id,
            outcome: _,
            failed_service,
            last_before,
            created_at,
            date,
            duration,
        } = self;
        let attributes = [account, org_id, inventory_id, system_id, failed_service];
        let is_counted = attributes.into_iter().all(Among::is_open)
            && request_id.is_open()
            && last_before.is_none()
            && duration.is_open();
        match (created_at.is_open(), date.is_open()) {
            _ if !is_counted => None,
            (_, true) => Some((Clock::CreatedAt, *created_at)),
            (true, false) => Some((Clock::Date, *date)),
            (false, false) => None,
        }
    }
}

async fn all(snapshot: &Snapshot<'_>, filter: &Filter) -> Result<i64, QueryError> {
    let outcomes = filter.outcomes();
    let outcome = outcomes.clause();
    let sql = format!(
        "-- payload::count_all
        select coalesce(sum(count), 0)::bigint as count from payload_counts where {outcome} and width = 0"
    );
    Ok(snapshot.query(&sql, outcomes.values()).await?[0].get("count"))
}

/// Whole days, hours and minutes, and row by row what is left at the ends.
async fn within(snapshot: &Snapshot<'_>, filter: &Filter, window: Window) -> Result<i64, QueryError> {
    let pieces = cut(window);
    let mut values = filter.outcomes();
    let outcome = values.clause();
    let mut parts: Vec<String> = Vec::new();
    for piece in &pieces {
        let sign = piece.sign();
        parts.push(match piece.unit.width() {
            Some(width) => {
                let bounds = values.between("bucket", &piece.window);
                format!(
                    "select {sign}count from payload_counts where {outcome} and width = {width} and {bounds}"
                )
            }
            None => {
                let bounds = values.between("created_at", &piece.window);
                format!("select {sign}count(*) from payloads where {outcome} and {bounds}")
            }
        });
    }
    let parts = parts.join(" union all ");
    let sql = format!(
        "-- payload::count_within
        select coalesce(sum(count), 0)::bigint as count from ({parts}) as parts (count)"
    );
    Ok(snapshot.query(&sql, values.values()).await?[0].get("count"))
}

/// Those that have a status within a window, but not their earliest.
async fn earlier(snapshot: &Snapshot<'_>, filter: &Filter, window: &Window) -> Result<i64, QueryError> {
    let mut values = filter.outcomes();
    let outcome = values.clause();
    let (from, to) = (values.bind(&window.from), values.bind(&window.to));
    let sql = format!(
        "-- payload::count_earlier
        select count(*) as count from payloads
        where {outcome} and created_at < {from} and last_date >= {from} and exists (
            select from statuses where statuses.request_id = payloads.request_id and date >= {from} and date < {to})"
    );
    Ok(snapshot.query(&sql, values.values()).await?[0].get("count"))
}

/// Row by row, and no more than so many.
async fn rows(snapshot: &Snapshot<'_>, filter: &Filter, most: Option<i64>) -> Result<i64, QueryError> {
    let (branches, mut conditions) = (filter.by_outcome(), Conditions::default());
    let mut selected: Vec<String> = Vec::new();
    for filter in &branches {
        filter.hold(snapshot, &mut conditions);
        selected.push(format!("select id from payloads {}", conditions.take()));
    }
    let limit = most.map_or_else(String::new, |most| format!("limit {most}"));
    let selected = selected.join(" union all ");
    let sql = format!(
        "-- payload::count_rows
        select count(*) as count from ({selected} {limit}) as counted"
    );
    Ok(snapshot.query(&sql, conditions.values()).await?[0].get("count"))
}
