//! Views: what is known of one request.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use schema::{
    Attribute, Claim, Claims, Conflict, Failure, Latest, NameId, Part, PartCounts, Payload, RequestId,
    Service, State, Status, Tally, Unit,
};

use super::conflict::Conflicts;
use super::meaning::meaning;
use super::{attribute, unit};

/// What is known of one request: everything, or as much of it as some statuses can change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// The latest view of it. There is none before its first status.
    pub payload: Option<Payload>,
    /// Its services, by [`Service::id`].
    pub services: BTreeMap<NameId, Service>,
    /// Their parts, by service and [`Part::id`].
    pub parts: BTreeMap<(NameId, NameId), Part>,
    /// What it lost: a view that isn't complete knows of what is new only.
    pub conflicts: Conflicts,
    /// The first failure among the services and parts that this view doesn't hold.
    pub elsewhere: Option<Failure>,
}

impl View {
    /// What the statuses of one request fold to.
    pub fn of<'a>(statuses: impl IntoIterator<Item = &'a Status>) -> Self {
        let mut view = Self::default();
        statuses.into_iter().for_each(|status| view.apply(status));
        view.decide();
        view
    }

    /// Takes in a status. [`View::decide`] is due afterwards.
    pub fn apply(&mut self, status: &Status) {
        let claim = Claim::new(status.date, status.position);
        let payload = self.payload.get_or_insert_with(|| blank(status, claim));
        payload.id = payload.id.min(status.id);
        payload.created_at = payload.created_at.min(status.date);
        payload.status_count += 1;
        if rank(claim, &status.status) > rank(payload.latest.claim, &payload.latest.status) {
            payload.latest = latest(status, claim);
        }
        attribute::apply(payload, &mut self.conflicts, status, claim);

        let service_id = Service::id(&status.service, status.source.as_deref());
        let service = self.services.entry(service_id).or_insert_with(|| {
            payload.tally.services += 1;
            first_of_service(status)
        });
        let before = counts(service);
        service.first_date = service.first_date.min(status.date);
        service.last_date = service.last_date.max(status.date);
        service.status_count += 1;
        service.bad_closings += i64::from(meaning(&status.status).state() == State::Bad);
        match part_of(status) {
            None => unit::apply(&mut service.own, status),
            Some(name) => {
                let part = self.parts.entry((service_id, Part::id(name)));
                apply_to_part(part, &mut service.parts, status, service_id, name);
            }
        }
        tally(&mut payload.tally, before, -1);
        tally(&mut payload.tally, counts(service), 1);
    }

    /// Settles what follows from all of its services together: where it failed first.
    pub fn decide(&mut self) {
        let failure =
            self.elsewhere.iter().cloned().chain(self.failures()).min_by_key(|one| one.closing.claim);
        if let Some(payload) = &mut self.payload {
            payload.failure = failure;
        }
    }

    /// What lost, as rows.
    pub fn conflicts(&self, request_id: &RequestId) -> impl Iterator<Item = Conflict> {
        let conflict = move |((attribute, value), claim): (&(Attribute, String), &Claim)| Conflict {
            request_id: request_id.clone(),
            attribute: *attribute,
            value: value.clone(),
            claim: *claim,
        };
        self.conflicts.lost.iter().map(conflict)
    }

    /// What closed badly and not well afterwards, of all that this view holds.
    pub fn failures(&self) -> impl Iterator<Item = Failure> {
        let failure = |service: &Service, part: Option<&str>, unit: &Unit| {
            let closing = unit.closing.clone().filter(|_| unit.state == State::Bad)?;
            Some(Failure {
                closing,
                service: service.service.clone(),
                source: service.source.clone(),
                part: part.map(str::to_owned),
            })
        };
        let own = self.services.values().filter_map(move |service| failure(service, None, &service.own));
        let of_parts = self.parts.iter().filter_map(move |((service_id, _), part)| {
            failure(self.services.get(service_id)?, Some(&part.part), &part.unit)
        });
        own.chain(of_parts)
    }
}

/// What a status is about, of all that its service does for the request.
pub fn part_of(status: &Status) -> Option<&str> {
    status.part.as_deref().or(status.inventory_id.as_deref())
}

/// What the payload counts of a service.
type Counts = (State, i64, i64);

fn counts(service: &Service) -> Counts {
    // A service that has said nothing yet counts as nothing.
    let state = if service.status_count == 0 { State::Good } else { service.state() };
    (state, service.bad_closings, service.recovered_parts())
}

fn tally(tally: &mut Tally, (state, bad_closings, recovered_parts): Counts, sign: i32) {
    tally.open += sign * i32::from(state == State::Open);
    tally.bad += sign * i32::from(state == State::Bad);
    tally.bad_closings += i64::from(sign) * bad_closings;
    tally.recovered_parts += i64::from(sign) * recovered_parts;
}

fn apply_to_part(
    part: Entry<'_, (NameId, NameId), Part>,
    counts: &mut PartCounts,
    status: &Status,
    service_id: NameId,
    name: &str,
) {
    let part = part.or_insert_with(|| Part {
        request_id: status.request_id.clone(),
        service_id,
        part: name.to_owned(),
        unit: Unit::default(),
    });
    if part.unit.status_count > 0 {
        count(counts, &part.unit, -1);
    }
    unit::apply(&mut part.unit, status);
    count(counts, &part.unit, 1);
}

fn count(counts: &mut PartCounts, unit: &Unit, sign: i32) {
    counts.count += sign;
    counts.open += sign * i32::from(unit.state == State::Open);
    counts.bad += sign * i32::from(unit.state == State::Bad);
    counts.recovered += sign * i32::from(unit.is_recovered());
}

/// A closing is later than an open status of the same date: producers date a whole batch alike.
fn rank(claim: Claim, status: &str) -> (chrono::DateTime<chrono::Utc>, bool, Claim) {
    (claim.date, meaning(status).closes(), claim)
}

fn latest(status: &Status, claim: Claim) -> Latest {
    Latest {
        claim,
        service: status.service.clone(),
        source: status.source.clone(),
        status: status.status.clone(),
    }
}

fn blank(status: &Status, claim: Claim) -> Payload {
    Payload {
        request_id: status.request_id.clone(),
        id: status.id,
        account: None,
        org_id: None,
        inventory_id: None,
        system_id: None,
        claims: Claims::default(),
        created_at: status.date,
        latest: latest(status, claim),
        status_count: 0,
        has_conflicts: false,
        tally: Tally::default(),
        failure: None,
    }
}

fn first_of_service(status: &Status) -> Service {
    Service {
        request_id: status.request_id.clone(),
        service: status.service.clone(),
        source: status.source.clone(),
        first_date: status.date,
        last_date: status.date,
        status_count: 0,
        bad_closings: 0,
        own: Unit::default(),
        parts: PartCounts::default(),
    }
}
