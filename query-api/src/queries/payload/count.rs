//! How many payloads there are for a filter: by what is counted already wherever it can be told from that.

use super::Filter;
use crate::error::QueryError;
use crate::queries::pieces::cut;
use crate::queries::{Conditions, Snapshot, Window};

/// Exact, as of the snapshot.
pub(super) async fn get(snapshot: &Snapshot<'_>, filter: &Filter) -> Result<i64, QueryError> {
    // What is counted already isn't by organisation.
    match filter.counted_by().filter(|_| snapshot.org_id().is_none()) {
        None => rows(snapshot, filter).await,
        Some(window) if window.is_open() => all(snapshot).await,
        Some(window) if window.is_empty() => Ok(0),
        Some(window) => within(snapshot, window).await,
    }
}

impl Filter {
    /// The window that payloads are counted by, if there is nothing else in the filter.
    fn counted_by(&self) -> Option<Window> {
        let Self {
            account: None,
            org_id: None,
            inventory_id: None,
            system_id: None,
            request_id: None,
            created_at,
            date,
        } = self
        else {
            return None;
        };
        date.is_open().then_some(*created_at)
    }
}

async fn all(snapshot: &Snapshot<'_>) -> Result<i64, QueryError> {
    let sql = "-- payload::count_all
        select coalesce(sum(count), 0)::bigint as count from payload_counts where width = 0";
    Ok(snapshot.query(sql, &[]).await?[0].get("count"))
}

/// Whole days, hours and minutes, and row by row what is left at the ends.
async fn within(snapshot: &Snapshot<'_>, window: Window) -> Result<i64, QueryError> {
    let pieces = cut(window);
    let mut values = Conditions::default();
    let mut parts: Vec<String> = Vec::new();
    for piece in &pieces {
        let sign = piece.sign();
        parts.push(match piece.unit.width() {
            Some(width) => {
                let bounds = values.between("bucket", &piece.window);
                format!("select {sign}count from payload_counts where width = {width} and {bounds}")
            }
            None => {
                let bounds = values.between("created_at", &piece.window);
                format!("select {sign}count(*) from payloads where {bounds}")
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

async fn rows(snapshot: &Snapshot<'_>, filter: &Filter) -> Result<i64, QueryError> {
    let conditions = filter.conditions(snapshot);
    let filtered = conditions.sql();
    let sql = format!("-- payload::count_rows\nselect count(*) as count from payloads {filtered}");
    Ok(snapshot.query(&sql, conditions.values()).await?[0].get("count"))
}
