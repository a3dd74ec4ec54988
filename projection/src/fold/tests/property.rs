//! Order and batching can't matter, and every number is what plain counting says.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use schema::State;

use super::*;

const STATUSES: [&str; 9] = [
    "received",
    "processing",
    "processed",
    "success",
    "error",
    "failed",
    "invalid",
    "processing_success",
    "processing_error",
];

prop_compose! {
    fn any_status()(
        request in 0_u8..3, stream in 1..4, second in 0_i64..6,
        claims in proptest::option::of("[a-c]"), inventory_id in proptest::option::weighted(0.3, "[x-z]"),
        part in proptest::option::weighted(0.2, "[p-q]"), service in "[a-b]", source in proptest::option::of("s"),
        said in 0..STATUSES.len(),
    ) -> Status {
        let request_id = RequestId::lookup(&format!("request-{request}"));
        let position = Position { stream: StreamId(stream), offset: 0 };
        Status {
            request_id, position, part, service, source, inventory_id,
            org_id: claims.clone(), account: claims, status: STATUSES[said].to_owned(), ..status(0, second)
        }
    }
}

/// Statuses with the ids and positions of a log: unique, in any relation to their dates.
fn any_log() -> impl Strategy<Value = Vec<Status>> {
    proptest::collection::vec(any_status(), 1..60).prop_map(|mut statuses| {
        for (status, number) in statuses.iter_mut().zip(0..) {
            status.id = number;
            status.position.offset = number;
        }
        statuses
    })
}

fn fold_in_batches(statuses: &[Status], cuts: &[usize]) -> BTreeMap<RequestId, View> {
    let mut views = HashMap::new();
    let mut rest = statuses;
    for cut in cuts {
        let (batch, later) = rest.split_at((*cut).min(rest.len()));
        fold(&mut views, batch);
        rest = later;
    }
    fold(&mut views, rest);
    // What was promoted on the way tells of the way.
    for view in views.values_mut() {
        view.conflicts.promoted.clear();
    }
    views.into_iter().collect()
}

/// As a writer does it: of each request only what the batch touches is there, and the first failure elsewhere.
fn fold_with_partial_views(statuses: &[Status], size: usize) -> BTreeMap<RequestId, View> {
    let mut known: BTreeMap<RequestId, View> = BTreeMap::new();
    for batch in statuses.chunks(size) {
        let mut views: HashMap<RequestId, View> = HashMap::new();
        for status in batch {
            let Some(whole) = known.get(&status.request_id) else { continue };
            let view = views.entry(status.request_id.clone()).or_default();
            view.payload = whole.payload.clone();
            let service_id = schema::Service::id(&status.service, status.source.as_deref());
            if let Some(service) = whole.services.get(&service_id) {
                view.services.insert(service_id, service.clone());
            }
            let part_id = part_of(status).map(|part| (service_id, schema::Part::id(part)));
            if let Some((id, part)) = part_id.and_then(|id| Some((id, whole.parts.get(&id)?))) {
                view.parts.insert(id, part.clone());
            }
        }
        for (request_id, view) in &mut views {
            let seen: Vec<_> = view.failures().collect();
            let elsewhere = known[request_id].failures().filter(|failure| !seen.contains(failure));
            view.elsewhere = elsewhere.min_by_key(|failure| failure.closing.claim);
        }
        fold(&mut views, batch);
        for (request_id, view) in views {
            let whole = known.entry(request_id).or_default();
            whole.payload = view.payload;
            whole.services.extend(view.services);
            whole.parts.extend(view.parts);
            whole.conflicts.lost.retain(|key, _| !view.conflicts.promoted.contains(key));
            for (key, claim) in view.conflicts.lost {
                let known = whole.conflicts.lost.entry(key).or_insert(claim);
                *known = claim.max(*known);
            }
        }
    }
    known
}

proptest! {
    #[test]
    fn any_order_and_any_batching_give_the_same_views(
        (log, shuffled) in any_log().prop_flat_map(|log| (Just(log.clone()), Just(log).prop_shuffle())),
        cuts in proptest::collection::vec(0_usize..20, 0..8),
    ) {
        prop_assert_eq!(fold_in_batches(&log, &[]), fold_in_batches(&shuffled, &cuts));
    }

    #[test]
    fn views_of_what_a_batch_touches_give_the_same_as_whole_ones(log in any_log(), size in 1_usize..20) {
        prop_assert_eq!(fold_with_partial_views(&log, size), fold_in_batches(&log, &[]));
    }

    #[test]
    fn what_a_payload_sums_up_is_the_sum(log in any_log()) {
        for (request_id, view) in fold_in_batches(&log, &[]) {
            let statuses: Vec<&Status> = log.iter().filter(|status| status.request_id == request_id).collect();
            let payload = view.payload.as_ref().expect("it has a status");
            prop_assert_eq!(payload.status_count, i64::try_from(statuses.len()).expect("few"));
            let states: Vec<State> = view.services.values().map(schema::Service::state).collect();
            let count = |state| i32::try_from(states.iter().filter(|one| **one == state).count()).expect("few");
            prop_assert_eq!(payload.tally.services, i32::try_from(states.len()).expect("few"));
            prop_assert_eq!(payload.tally.open, count(State::Open));
            prop_assert_eq!(payload.tally.bad, count(State::Bad));
            let bad = statuses.iter().filter(|status| meaning(&status.status) == Meaning::ClosesBadly).count();
            prop_assert_eq!(payload.tally.bad_closings, i64::try_from(bad).expect("few"));
            let recovered = view.services.values().map(schema::Service::recovered_parts).sum::<i64>();
            prop_assert_eq!(payload.tally.recovered_parts, recovered);
            for (id, service) in &view.services {
                let parts: Vec<_> = view.parts.values().filter(|part| part.service_id == *id).collect();
                let count = |test: &dyn Fn(&schema::Unit) -> bool| {
                    i32::try_from(parts.iter().filter(|part| test(&part.unit)).count()).expect("few")
                };
                prop_assert_eq!(service.parts.count, count(&|_| true));
                prop_assert_eq!(service.parts.open, count(&|unit| unit.state == State::Open));
                prop_assert_eq!(service.parts.bad, count(&|unit| unit.state == State::Bad));
                prop_assert_eq!(service.parts.recovered, count(&schema::Unit::is_recovered));
            }
            let claimed: BTreeSet<&str> = statuses.iter().filter_map(|status| status.org_id.as_deref()).collect();
            let lost = view.conflicts.lost.keys().filter(|(attribute, _)| *attribute == schema::Attribute::OrgId);
            prop_assert_eq!(claimed.len(), lost.count() + usize::from(payload.org_id.is_some()));
        }
    }
}
