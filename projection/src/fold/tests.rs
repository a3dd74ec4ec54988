//! The rules one by one, and the law that order and batching can't matter.

mod attribute;
mod chain;
mod outcome;
mod property;

use chrono::{DateTime, Utc};
use schema::{Claim, Payload, Position, StreamId};

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

fn claim(offset: i64, second: i64) -> Claim {
    Claim::new(at(second), status(offset, second).position)
}

fn viewed(statuses: &[Status]) -> View {
    let mut views = HashMap::new();
    fold(&mut views, statuses);
    views.into_values().next().expect("one request")
}

fn folded(statuses: &[Status]) -> Payload {
    viewed(statuses).payload.expect("there is a status")
}

#[test]
fn it_is_created_at_its_earliest_date_and_named_by_its_smallest_id() {
    let payload = folded(&[status(5, 20), status(2, 10), status(9, 30)]);
    assert_eq!((payload.created_at, payload.id, payload.status_count), (at(10), 102, 3));
}

#[test]
fn the_latest_status_is_the_one_of_the_greatest_date_whenever_it_arrives() {
    let last = Status { status: "success".to_owned(), source: Some("s".to_owned()), ..status(1, 30) };
    let payload = folded(&[last, status(2, 20)]);
    assert_eq!((payload.latest.status.as_str(), payload.latest.claim.date), ("success", at(30)));
    assert_eq!(payload.latest.source.as_deref(), Some("s"));
}

#[test]
fn of_a_later_date_an_open_status_is_later_than_a_closing() {
    let closing = Status { status: "success".to_owned(), ..status(2, 20) };
    let reopened = status(1, 30);
    for statuses in [[closing.clone(), reopened.clone()], [reopened, closing]] {
        assert_eq!(folded(&statuses).latest.claim, claim(1, 30));
    }
}

#[test]
fn of_the_same_date_a_closing_is_later_than_an_open_status_and_else_the_later_position() {
    let closing = Status { status: "success".to_owned(), ..status(1, 30) };
    assert_eq!(folded(&[closing.clone(), status(2, 30)]).latest.claim, claim(1, 30));
    assert_eq!(
        folded(&[closing, Status { status: "error".to_owned(), ..status(2, 30) }]).latest.claim,
        claim(2, 30)
    );
}
