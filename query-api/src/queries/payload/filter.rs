//! Which payloads.

use chrono::{DateTime, Utc};
use schema::{Outcome, RequestId};

use super::Sort;
use crate::queries::{Among, Conditions, Durations, Snapshot, Window};

/// So many lists are merged to one. Of more, what matches is sorted.
const MOST_BRANCHES: usize = 50;

/// Which payloads: all that is asked must hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) account: Among<String>,
    pub(crate) org_id: Among<String>,
    pub(crate) inventory_id: Among<String>,
    pub(crate) system_id: Among<String>,
    pub(crate) request_id: Among<RequestId>,
    pub(crate) outcome: Among<Outcome>,
    /// Of a failure: see `failed`.
    pub(crate) failed_service: Among<String>,
    /// Of what is in progress: see `silent_since`.
    pub(crate) last_before: Option<DateTime<Utc>>,
    pub(crate) created_at: Window,
    pub(crate) date: Window,
    /// From the earliest to the latest date. No index has it.
    pub(crate) duration: Durations,
}

impl Filter {
    /// Those of them that failed first at one of these services.
    #[must_use]
    pub(crate) fn failed(self, services: Among<String>) -> Self {
        if services.is_open() {
            return self;
        }
        let outcome = self.outcome.and(Among::from(Some(Outcome::Failure)));
        Self { outcome, failed_service: services, ..self }
    }

    /// Those of them that are in progress, and of which nothing was heard since.
    #[must_use]
    pub(crate) fn silent_since(self, time: DateTime<Utc>) -> Self {
        let outcome = self.outcome.and(Among::from(Some(Outcome::InProgress)));
        // No payload is older than a window can tell.
        let time = time.max(Window::default().from);
        // It was created before it was silent, and that is what an index has.
        let created_at = self.created_at.until(time);
        Self { outcome, created_at, last_before: Some(time), ..self }
    }

    /// Whether nothing can match.
    pub(super) fn is_impossible(&self) -> bool {
        [&self.account, &self.org_id, &self.inventory_id, &self.system_id, &self.failed_service]
            .into_iter()
            .any(Among::is_empty)
            || self.request_id.is_empty()
            || self.outcome.is_empty()
    }

    /// Those among which what no index has is looked for, one by one.
    pub(super) fn candidates(&self) -> Self {
        Self { duration: Durations::default(), ..self.clone() }
    }

    /// Whether what matches lies together in an index that goes in this order, or is everything. Of several values, that of each.
    pub(super) fn is_ordered_by(&self, sort: Sort, snapshot: &Snapshot<'_>) -> bool {
        let is_by_time = sort == Sort::CreatedAt;
        let attributes = [
            (!self.account.is_open(), is_by_time || sort == Sort::Account),
            (!self.org_id.is_open(), is_by_time || sort == Sort::OrgId),
            (snapshot.org_id().is_some(), is_by_time || sort == Sort::OrgId),
            (!self.inventory_id.is_open(), sort == Sort::InventoryId),
            (!self.system_id.is_open(), sort == Sort::SystemId),
            // With the failed service, which has an index of its own.
            (!self.outcome.is_open(), is_by_time),
        ];
        let asked: Vec<bool> =
            attributes.iter().filter(|(is_asked, _)| *is_asked).map(|(_, is_ordered)| *is_ordered).collect();
        matches!(asked[..], [] | [true])
            && sort != Sort::LastDate
            && self.request_id.is_open()
            && self.date.is_open()
            && (is_by_time || self.created_at.is_open())
    }

    /// Filters of one value each, which together are this one. `None` where no index has what matches in this order.
    pub(super) fn branches(&self, sort: Sort, snapshot: &Snapshot<'_>) -> Option<Vec<Self>> {
        if !self.is_ordered_by(sort, snapshot) {
            return None;
        }
        // Several values are asked of one of them at most.
        let values = [
            self.account.len(),
            self.org_id.len(),
            self.inventory_id.len(),
            self.system_id.len(),
            self.outcome.len(),
            self.failed_service.len(),
        ];
        // Before any of them is made: there may be thousands.
        if values.into_iter().fold(1, usize::saturating_mul) > MOST_BRANCHES {
            return None;
        }
        let branches = vec![self.clone()];
        let branches = spread(branches, |filter| &mut filter.account);
        let branches = spread(branches, |filter| &mut filter.org_id);
        let branches = spread(branches, |filter| &mut filter.inventory_id);
        let branches = spread(branches, |filter| &mut filter.system_id);
        let branches = spread(branches, |filter| &mut filter.outcome);
        Some(spread(branches, |filter| &mut filter.failed_service))
    }

    /// Filters of one outcome each, which together are this one: each outcome has an index of its own.
    pub(super) fn by_outcome(&self) -> Vec<Self> {
        spread(vec![self.clone()], |filter| &mut filter.outcome)
    }

    /// What `payload_counts` knows too, besides times.
    pub(super) fn outcomes(&self) -> Conditions<'_> {
        let mut conditions = Conditions::default();
        conditions.among("outcome", &self.outcome);
        conditions
    }

    pub(super) fn conditions<'a>(&'a self, snapshot: &'a Snapshot<'_>) -> Conditions<'a> {
        let mut conditions = Conditions::default();
        self.hold(snapshot, &mut conditions);
        conditions
    }

    pub(super) fn hold<'a>(&'a self, snapshot: &'a Snapshot<'_>, conditions: &mut Conditions<'a>) {
        conditions.equal_by_its_start("org_id", snapshot.org_id());
        conditions.among_by_their_start("account", &self.account);
        conditions.among_by_their_start("org_id", &self.org_id);
        conditions.among_by_their_start("inventory_id", &self.inventory_id);
        conditions.among_by_their_start("system_id", &self.system_id);
        conditions.among("request_id", &self.request_id);
        conditions.among("outcome", &self.outcome);
        conditions.among_by_their_start("failed_service", &self.failed_service);
        if let Some(time) = &self.last_before {
            conditions.compare("last_date", ("<", time));
        }
        conditions.within("created_at", &self.created_at);
        conditions.has_status_within(&self.date);
        conditions.take_so_long("last_date - created_at", &self.duration);
    }
}

/// Each filter once for each value that it asks of something.
fn spread<T: Clone>(filters: Vec<Filter>, of: fn(&mut Filter) -> &mut Among<T>) -> Vec<Filter> {
    let each = |mut filter: Filter| {
        let values = of(&mut filter).clone().each();
        values.into_iter().map(move |value| {
            let mut one = filter.clone();
            *of(&mut one) = value;
            one
        })
    };
    filters.into_iter().flat_map(each).collect()
}
