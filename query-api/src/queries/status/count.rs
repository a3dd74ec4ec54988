//! How many statuses there are for a filter: by what is counted already wherever it can be told from that.

use schema::NameId;

use super::Filter;
use crate::error::QueryError;
use crate::queries::pieces::Pieces;
use crate::queries::{Snapshot, Window};

/// One of a status's times.
#[derive(Clone, Copy, Debug)]
struct Clock {
    column: &'static str,
    /// As the counts by it are marked.
    code: &'static str,
}

const DATE: Clock = Clock { column: "date", code: "d" };
const CREATED_AT: Clock = Clock { column: "created_at", code: "c" };

/// Exact, as of the snapshot.
pub(super) async fn get(snapshot: &Snapshot<'_>, filter: &Filter) -> Result<i64, QueryError> {
    match filter.counted_by() {
        None => rows(snapshot, filter).await,
        Some((_, window)) if window.is_open() && filter.labels().is_empty() => all(snapshot).await,
        Some((_, window)) if window.is_open() => kinds(snapshot, filter).await,
        Some((_, window)) if window.is_empty() => Ok(0),
        Some((clock, window)) => within(snapshot, filter, clock, window).await,
    }
}

impl Filter {
    /// The clock and the window that statuses are counted by, if there is nothing else in the filter but labels.
    fn counted_by(&self) -> Option<(Clock, Window)> {
        let Self {
            service: _,
            source: _,
            status: _,
            status_msg: None,
            request_id: None,
            account: None,
            org_id: None,
            inventory_id: None,
            system_id: None,
            date,
            created_at,
        } = self
        else {
            return None;
        };
        match (date.is_open(), created_at.is_open()) {
            (_, true) => Some((DATE, *date)),
            (true, false) => Some((CREATED_AT, *created_at)),
            (false, false) => None,
        }
    }
}

async fn all(snapshot: &Snapshot<'_>) -> Result<i64, QueryError> {
    let sql = "-- status::count_all
        select coalesce(sum(count), 0)::bigint as count from status_counts where clock = 'a' and width = 0";
    Ok(snapshot.query(sql, &[]).await?[0].get("count"))
}

async fn kinds(snapshot: &Snapshot<'_>, filter: &Filter) -> Result<i64, QueryError> {
    let labels = filter.labels();
    let labelled = labels.sql();
    let sql = format!(
        "-- status::count_kinds
        select coalesce(sum(count), 0)::bigint as count from status_kinds {labelled}"
    );
    Ok(snapshot.query(&sql, labels.values()).await?[0].get("count"))
}

/// Whole hours, whole minutes, and row by row what is left at the edges.
async fn within(
    snapshot: &Snapshot<'_>,
    filter: &Filter,
    clock: Clock,
    window: Window,
) -> Result<i64, QueryError> {
    let pieces = Pieces::of(window);
    let (counted, [early, late]) = (pieces.counted(), pieces.edges);
    let mut values = filter.labels();
    let kinds = if values.is_empty() {
        format!("= {}", values.bind(&NameId::ALL))
    } else {
        format!("in (select kind_id from status_kinds {})", values.sql())
    };
    let (widths, starts, ends) =
        (values.bind(&counted.widths), values.bind(&counted.starts), values.bind(&counted.ends));
    let Clock { column, code } = clock;
    let (early, late) = (values.sql_within(column, &early), values.sql_within(column, &late));
    let sql = format!(
        "-- status::count_within
        select ((
                select coalesce(sum(counted.count), 0)
                from unnest({widths}::int[], {starts}::timestamptz[], {ends}::timestamptz[]) as piece(width, start, stop)
                join status_counts as counted
                    on counted.clock = '{code}' and counted.width = piece.width
                    and counted.bucket >= piece.start and counted.bucket < piece.stop
                where counted.kind_id {kinds})
            + (select count(*) from statuses {early})
            + (select count(*) from statuses {late}))::bigint as count"
    );
    Ok(snapshot.query(&sql, values.values()).await?[0].get("count"))
}

async fn rows(snapshot: &Snapshot<'_>, filter: &Filter) -> Result<i64, QueryError> {
    let conditions = filter.conditions();
    let (tables, filtered) = (filter.tables(), conditions.sql());
    let sql = format!("-- status::count_rows\nselect count(*) as count from {tables} {filtered}");
    Ok(snapshot.query(&sql, conditions.values()).await?[0].get("count"))
}
