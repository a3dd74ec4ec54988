//! How much is summed up row by row: more is refused, for it would take longer than a statement may.

use std::fmt;

use super::Bounded;
use crate::error::QueryError;
use crate::queries::payload::{Filter, total};
use crate::queries::walk::FEW;
use crate::queries::{Conditions, Snapshot, Window};

/// Payloads with their services. Behind a fence: joined otherwise, all services there are may be read for those of few payloads.
pub(in crate::queries) const WITH_SERVICES: &str = "payloads cross join lateral (
    select * from services where services.request_id = payloads.request_id offset 0) as services";

/// Payloads that are summed up together with their services or statuses, which are several times as many.
const FEW_WITH_ROWS: i64 = 100_000;

/// Kinds that are summed up one by one. There are far fewer; somebody may make up more.
const MOST_KINDS: i64 = 2_000;

/// Why something isn't summed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TooMany {
    Payloads(i64),
    Statuses(i64),
    Kinds(i64),
}

/// Whether the payloads of a window are few enough to be read.
pub(super) async fn check(snapshot: &Snapshot<'_>, window: Window) -> Result<Bounded<()>, QueryError> {
    at_most(snapshot, window, FEW).await
}

/// Whether they are few enough to be read with their services.
pub(super) async fn check_with_services(
    snapshot: &Snapshot<'_>,
    window: Window,
) -> Result<Bounded<()>, QueryError> {
    at_most(snapshot, window, FEW_WITH_ROWS).await
}

/// Whether all that are to be seen are.
pub(in crate::queries) async fn check_all_with_services(
    snapshot: &Snapshot<'_>,
) -> Result<Bounded<()>, QueryError> {
    at_most(snapshot, Window::default(), FEW_WITH_ROWS).await
}

/// Whether kinds are few enough to be summed up one by one.
pub(in crate::queries) async fn check_kinds(snapshot: &Snapshot<'_>) -> Result<Bounded<()>, QueryError> {
    let sql = format!(
        "-- stat::count_kinds
        select count(*) as count from (select distinct kind_id from status_kinds limit {MOST_KINDS} + 1) as few"
    );
    let count: i64 = snapshot.query(&sql, &[]).await?[0].get("count");
    Ok(if count > MOST_KINDS { Err(TooMany::Kinds(MOST_KINDS)) } else { Ok(()) })
}

async fn at_most(snapshot: &Snapshot<'_>, window: Window, most: i64) -> Result<Bounded<()>, QueryError> {
    let count = if snapshot.org_id().is_none() {
        total(snapshot, &Filter { created_at: window, ..Filter::default() }).await?
    } else {
        let mut conditions = own(snapshot);
        conditions.within("created_at", &window);
        let (filtered, limit) = (conditions.sql(), most + 1);
        let sql = format!(
            "-- stat::size
            select count(*) as count from (select from payloads {filtered} limit {limit}) as few"
        );
        snapshot.query(&sql, conditions.values()).await?[0].get("count")
    };
    Ok(if count > most { Err(TooMany::Payloads(most)) } else { Ok(()) })
}

/// Whether a tenant's statuses of a window are few enough to be read: those of payloads that began before its end, and hadn't ended
/// before it began.
pub(super) async fn check_statuses(
    snapshot: &Snapshot<'_>,
    window: Window,
) -> Result<Bounded<()>, QueryError> {
    let mut conditions = own(snapshot);
    conditions.compare("created_at", ("<", &window.to));
    let (filtered, limit) = (conditions.sql(), FEW + 1);
    let from = conditions.bind(&window.from);
    let sql = format!(
        "-- stat::size_of_statuses
        select count(*) as payloads, coalesce(sum(status_count) filter (where last_date >= {from}), 0)::bigint as statuses
        from (select last_date, status_count from payloads {filtered} limit {limit}) as few"
    );
    let rows = snapshot.query(&sql, conditions.values()).await?;
    let (payloads, statuses): (i64, i64) = (rows[0].get("payloads"), rows[0].get("statuses"));
    Ok(match () {
        () if payloads > FEW => Err(TooMany::Payloads(FEW)),
        () if statuses > FEW => Err(TooMany::Statuses(FEW)),
        () => Ok(()),
    })
}

/// That a payload is the tenant's; of who sees all, nothing.
pub(super) fn own<'a>(snapshot: &'a Snapshot<'_>) -> Conditions<'a> {
    let mut conditions = Conditions::default();
    conditions.equal_by_its_start("payloads.org_id", snapshot.org_id());
    conditions
}

impl fmt::Display for TooMany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (most, what) = match self {
            Self::Payloads(most) => (most, "payloads"),
            Self::Statuses(most) => (most, "statuses"),
            Self::Kinds(most) => (most, "kinds of statuses"),
        };
        let (thousands, rest) = (most / 1_000, most % 1_000);
        let count = if thousands > 0 { format!("{thousands},{rest:03}") } else { rest.to_string() };
        write!(f, "more than {count} {what}")
    }
}
