//! The rules one by one, and the law that order and batching can't matter.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use schema::{Position, StreamId};

use super::*;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_770_000_000 + second, 0).expect("in range")
}

/// A status of the one request that these tests know, at `offset` of stream 1.
fn status(offset: i64, second: i64) -> Status {
    Status {
        id: 100 + offset,
        position: Position { stream: StreamId(1), offset },
        request_id: RequestId::lookup("0a1b2c3d4e5f60718293a4b5c6d7e8f9"),
        part: None,
        service: "ingress".to_owned(),
        source: None,
        status: "received".to_owned(),
        status_msg: None,
        account: None,
        org_id: None,
        inventory_id: None,
        system_id: None,
        date: at(second),
        created_at: at(1_000),
    }
}

fn claiming(org_id: &str, status: Status) -> Status {
    Status { org_id: Some(org_id.to_owned()), ..status }
}

fn folded(statuses: &[Status]) -> Payload {
    let mut payloads = HashMap::new();
    fold(&mut payloads, statuses);
    payloads.into_values().next().expect("one payload")
}

#[test]
fn it_is_created_at_its_earliest_date_and_named_by_its_smallest_id() {
    let payload = folded(&[status(5, 20), status(2, 10), status(9, 30)]);
    assert_eq!((payload.created_at, payload.id, payload.status_count), (at(10), 102, 3));
}

#[test]
fn an_attribute_is_won_by_the_latest_claim_and_never_by_silence() {
    let payload = folded(&[claiming("new", status(1, 20)), claiming("old", status(2, 10)), status(3, 30)]);
    assert_eq!(payload.org_id.as_deref(), Some("new"));
    assert_eq!(payload.claims.org_id, Some(Claim::new(at(20), status(1, 20).position)));
}

#[test]
fn a_tie_of_dates_is_won_by_the_later_position() {
    let other_stream = Position { stream: StreamId(2), offset: 0 };
    let statuses = [
        claiming("later stream", Status { position: other_stream, ..status(0, 10) }),
        claiming("later offset", status(8, 10)),
        claiming("first", status(7, 10)),
    ];
    assert_eq!(folded(&statuses).org_id.as_deref(), Some("later stream"));
    assert_eq!(folded(&statuses[1..]).org_id.as_deref(), Some("later offset"));
}

#[test]
fn the_latest_status_is_the_one_of_the_greatest_date_whenever_it_arrives() {
    let last = Status { status: "success".to_owned(), source: Some("s".to_owned()), ..status(1, 30) };
    let payload = folded(&[last, status(2, 20)]);
    assert_eq!((payload.latest.status.as_str(), payload.latest.claim.date), ("success", at(30)));
    assert_eq!(payload.latest.source.as_deref(), Some("s"));
}

prop_compose! {
    fn any_status()(
        request in 0_u8..4, stream in 1..4, second in 0_i64..5,
        claims in proptest::option::of("[a-c]"), inventory_id in proptest::option::of("[x-z]"),
        name in "[a-c]",
    ) -> Status {
        let request_id = RequestId::lookup(&format!("request-{request}"));
        let position = Position { stream: StreamId(stream), offset: 0 };
        Status { request_id, position, org_id: claims.clone(), account: claims, inventory_id, status: name, ..status(0, second) }
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

fn fold_in_batches(statuses: &[Status], cuts: &[usize]) -> BTreeMap<RequestId, Payload> {
    let mut payloads = HashMap::new();
    let mut rest = statuses;
    for cut in cuts {
        let (batch, later) = rest.split_at((*cut).min(rest.len()));
        fold(&mut payloads, batch);
        rest = later;
    }
    fold(&mut payloads, rest);
    payloads.into_iter().collect()
}

proptest! {
    #[test]
    fn any_order_and_any_batching_give_the_same_payloads(
        (log, shuffled) in any_log().prop_flat_map(|log| (Just(log.clone()), Just(log).prop_shuffle())),
        cuts in proptest::collection::vec(0_usize..20, 0..8),
    ) {
        prop_assert_eq!(fold_in_batches(&log, &[]), fold_in_batches(&shuffled, &cuts));
    }
}
