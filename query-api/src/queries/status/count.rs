//! How many statuses there are for a filter: by what is counted already wherever it can be told from that.

use chrono::TimeDelta;
use schema::NameId;

use super::{Filter, Sort};
use crate::error::QueryError;
use crate::queries::pieces::cut;
use crate::queries::slice::{Key, Mark};
use crate::queries::walk::FEW;
use crate::queries::{Among, Conditions, Counted, Direction, Place, Snapshot, Walk, Window};

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
    // What is counted already isn't by organisation.
    match filter.counted_by().filter(|_| snapshot.org_id().is_none()) {
        None if filter.is_of_payloads() => payloads(snapshot, filter).await,
        None => rows(snapshot, filter).await,
        Some((_, window)) if window.is_open() && filter.labels().is_empty() => all(snapshot).await,
        Some((_, window)) if window.is_open() => kinds(snapshot, filter).await,
        Some((_, window)) if window.is_empty() => Ok(0),
        Some((clock, window)) => within(snapshot, filter, clock, window).await,
    }
}

/// Whether there are few enough to be sorted. Where nobody has counted them, no more than that are looked at.
pub(super) async fn is_few(snapshot: &Snapshot<'_>, filter: &Filter) -> Result<bool, QueryError> {
    let is_counted = filter.counted_by().is_some() && snapshot.org_id().is_none();
    if is_counted || filter.is_of_payloads() {
        return Ok(get(snapshot, filter).await? <= FEW);
    }
    let conditions = filter.conditions(snapshot);
    let (tables, filtered) = (filter.tables(snapshot), conditions.sql());
    let sql = format!(
        "-- status::count_few
        select count(*) as count from (select from {tables} {filtered} limit {FEW} + 1) as few"
    );
    let count: i64 = snapshot.query(&sql, conditions.values()).await?[0].get("count");
    Ok(count <= FEW)
}

/// How many match that have a mark's time, and don't lie beyond it. A mark of another filter's list may lie outside of this one.
pub(super) async fn ties(
    snapshot: &Snapshot<'_>,
    filter: &Filter,
    (sort, direction): (Sort, Direction),
    mark: Option<&Mark>,
) -> Result<i64, QueryError> {
    let Some(Mark { key: Key::Time(time), id }) = mark else { return Ok(0) };
    let mut conditions = filter.labels();
    filter.windows(&mut conditions);
    conditions.compare(&sort.sql(), ("=", time));
    conditions.compare(
        "id",
        match direction {
            Direction::Ascending => ("<=", id),
            Direction::Descending => (">=", id),
        },
    );
    let filtered = conditions.sql();
    let sql = format!("-- status::count_ties\nselect count(*) as count from statuses {filtered}");
    Ok(snapshot.query(&sql, conditions.values()).await?[0].get("count"))
}

/// Where a walk in the order of a clock may begin, if that is told by what is counted.
pub(super) async fn place(
    snapshot: &Snapshot<'_>,
    filter: &Filter,
    sort: Sort,
    walk: Walk,
) -> Result<Option<Place>, QueryError> {
    let Some((clock, window)) = filter.counted_by_order(sort).filter(|_| snapshot.org_id().is_none()) else {
        return Ok(None);
    };
    let labels = filter.labels();
    if walk.taken == 0 || (labels.is_empty() && !walk.is_far()) {
        return Ok(None);
    }
    let before = match window.before(walk.direction) {
        Some(before) => within(snapshot, filter, clock, before).await?,
        None => 0,
    };
    let kinds = if labels.is_empty() {
        format!("kind_id = '{}'", NameId::ALL)
    } else {
        format!("kind_id = any (array(select distinct kind_id from status_kinds {}))", labels.sql())
    };
    let condition = format!("clock = '{}' and {kinds}", clock.code);
    let counted = Counted { table: "status_counts", condition, values: labels.values().to_vec() };
    let place = Place::find(snapshot, &counted, walk.direction, before + walk.passed).await?;
    Ok(place.filter(|place| place.begins_in(&window, walk.direction)))
}

impl Filter {
    /// Whether whole kinds of statuses are asked for, so that `status_kinds` tells how many.
    pub(super) fn is_of_kinds(&self, snapshot: &Snapshot<'_>) -> bool {
        snapshot.org_id().is_none() && self.counted_by().is_some_and(|(_, window)| window.is_open())
    }

    /// Whether whole payloads are asked for, which know how many statuses they have.
    fn is_of_payloads(&self) -> bool {
        self.labels().is_empty()
            && self.status_msg.is_open()
            && self.date.is_open()
            && self.created_at.is_open()
            && self.appended.is_none()
    }

    /// Whether what matches lies together in an index that goes in this order, or is everything.
    pub(super) fn is_ordered_by(&self, sort: Sort, snapshot: &Snapshot<'_>) -> bool {
        snapshot.org_id().is_none()
            && (self.counted_by_order(sort).is_some()
                || self.is_of_kinds(snapshot) && self.labels().is_empty())
    }

    /// The window of the clock that doesn't order the list: all that are in it are in this one of the clock that does, but for
    /// those that are late.
    pub(super) fn crossing(&self, sort: Sort) -> Option<(&'static str, Window)> {
        let (clock, window) = match sort {
            Sort::Date => (DATE, self.created_at),
            Sort::CreatedAt => (CREATED_AT, self.date),
            _ => return None,
        };
        (!window.is_open()).then(|| (clock.column, window.widened(TimeDelta::minutes(1))))
    }

    /// The clock of an order and the window that statuses are counted by, if there is nothing else in the filter but labels.
    fn counted_by_order(&self, sort: Sort) -> Option<(Clock, Window)> {
        let (_, window) = self.counted_by()?;
        match sort {
            Sort::Date => self.created_at.is_open().then_some((DATE, window)),
            Sort::CreatedAt => self.date.is_open().then_some((CREATED_AT, window)),
            _ => None,
        }
    }

    /// The clock and the window that statuses are counted by, if there is nothing else in the filter but labels.
    fn counted_by(&self) -> Option<(Clock, Window)> {
        match (self.date.is_open(), self.created_at.is_open()) {
            _ if !self.is_of_labels_and_times() => None,
            (_, true) => Some((DATE, self.date)),
            (true, false) => Some((CREATED_AT, self.created_at)),
            (false, false) => None,
        }
    }

    /// Whether there is nothing else in the filter.
    pub(super) fn is_of_labels_and_times(&self) -> bool {
        let Self {
            service: _,
            source: _,
            status: _,
            status_msg,
            request_id,
            account,
            org_id,
            inventory_id,
            system_id,
            date: _,
            created_at: _,
            appended,
        } = self;
        request_id.is_open()
            && appended.is_none()
            && [status_msg, account, org_id, inventory_id, system_id].into_iter().all(Among::is_open)
    }

    /// Those of them that a walk in the order of a clock meets from a mark's time on, in its direction.
    pub(super) fn narrowed(&self, sort: Sort, direction: Direction, mark: Option<&Mark>) -> Self {
        let mut narrowed = self.clone();
        let window = match sort {
            Sort::Date => &mut narrowed.date,
            Sort::CreatedAt => &mut narrowed.created_at,
            _ => return narrowed,
        };
        if let Some(Mark { key: Key::Time(time), .. }) = mark {
            *window = window.not_before(*time, direction);
        }
        narrowed
    }
}

async fn all(snapshot: &Snapshot<'_>) -> Result<i64, QueryError> {
    let sql = "-- status::count_all
        select coalesce(sum(count), 0)::bigint as count from status_counts where clock = 'a' and width = 0";
    Ok(snapshot.query(sql, &[]).await?[0].get("count"))
}

/// Of all times.
pub(super) async fn kinds(snapshot: &Snapshot<'_>, filter: &Filter) -> Result<i64, QueryError> {
    let labels = filter.labels();
    let labelled = labels.sql();
    let sql = format!(
        "-- status::count_kinds
        select coalesce(sum(count), 0)::bigint as count from status_kinds {labelled}"
    );
    Ok(snapshot.query(&sql, labels.values()).await?[0].get("count"))
}

/// Whole days, hours and minutes, and row by row what is left at the ends.
async fn within(
    snapshot: &Snapshot<'_>,
    filter: &Filter,
    clock: Clock,
    window: Window,
) -> Result<i64, QueryError> {
    let pieces = cut(window);
    let mut values = filter.labels();
    let labelled = values.sql();
    // An array, for a join with so few of so many makes PostgreSQL read them all.
    let kinds = if values.is_empty() {
        format!("select array[{}::uuid] as ids", values.bind(&NameId::ALL))
    } else {
        format!("select array_agg(distinct kind_id) as ids from status_kinds {labelled}")
    };
    let and = if labelled.is_empty() { "where" } else { "and" };
    let Clock { column, code } = clock;
    let mut parts: Vec<String> = Vec::new();
    for piece in &pieces {
        let sign = piece.sign();
        parts.push(match piece.unit.width() {
            Some(width) => {
                let bounds = values.between("bucket", &piece.window);
                format!(
                    "select {sign}count from status_counts
                    where clock = '{code}' and width = {width} and kind_id = any ((select ids from kinds)::uuid[]) and {bounds}"
                )
            }
            None => {
                let bounds = values.between(column, &piece.window);
                format!("select {sign}count(*) from statuses {labelled} {and} {bounds}")
            }
        });
    }
    let parts = parts.join(" union all ");
    let sql = format!(
        "-- status::count_within
        with kinds as materialized ({kinds})
        select coalesce(sum(count), 0)::bigint as count from ({parts}) as parts (count)"
    );
    Ok(snapshot.query(&sql, values.values()).await?[0].get("count"))
}

async fn payloads(snapshot: &Snapshot<'_>, filter: &Filter) -> Result<i64, QueryError> {
    let mut conditions = Conditions::default();
    conditions.among("request_id", &filter.request_id);
    filter.attributes(snapshot, &mut conditions);
    let filtered = conditions.sql();
    let sql = format!(
        "-- status::count_of_payloads
        select coalesce(sum(status_count), 0)::bigint as count from payloads {filtered}"
    );
    Ok(snapshot.query(&sql, conditions.values()).await?[0].get("count"))
}

async fn rows(snapshot: &Snapshot<'_>, filter: &Filter) -> Result<i64, QueryError> {
    let conditions = filter.conditions(snapshot);
    let (tables, filtered) = (filter.tables(snapshot), conditions.sql());
    let sql = format!("-- status::count_rows\nselect count(*) as count from {tables} {filtered}");
    Ok(snapshot.query(&sql, conditions.values()).await?[0].get("count"))
}
