//! The outcome, rule by rule.

use schema::{Outcome, Service, State};

use super::*;

/// At `second`, `service` says `status` of `part`.
fn says(second: i64, service: &str, part: &str, said: &str) -> Status {
    Status {
        service: service.to_owned(),
        part: Some(part.to_owned()).filter(|part| !part.is_empty()),
        status: said.to_owned(),
        ..status(second, second)
    }
}

fn service(view: &View, name: &str) -> Service {
    view.services[&Service::id(name, None)].clone()
}

#[test]
fn a_service_without_a_closing_leaves_it_in_progress() {
    let payload =
        folded(&[says(1, "a", "", "received"), says(2, "a", "", "processing"), says(3, "a", "", "odd")]);
    assert_eq!(payload.outcome(), Outcome::InProgress);
    assert_eq!((payload.tally.services, payload.tally.open, payload.tally.bad), (1, 1, 0));
}

#[test]
fn each_closing_status_closes_well_or_badly() {
    for well in ["success", "processed", "processing_success"] {
        assert_eq!(folded(&[says(1, "a", "", well)]).outcome(), Outcome::Success, "{well}");
    }
    for badly in ["error", "failed", "invalid", "processing_error"] {
        assert_eq!(folded(&[says(1, "a", "", badly)]).outcome(), Outcome::Failure, "{badly}");
    }
}

#[test]
fn an_open_status_after_the_closing_opens_nothing_again() {
    let payload = folded(&[says(1, "a", "", "success"), says(2, "a", "", "processing")]);
    assert_eq!(payload.outcome(), Outcome::Success);
}

#[test]
fn the_latest_closing_decides_whenever_it_arrives() {
    let statuses = [says(3, "a", "", "success"), says(2, "a", "", "error")];
    let payload = folded(&statuses);
    assert_eq!((payload.outcome(), payload.failure), (Outcome::Success, None));
    assert_eq!((payload.tally.bad_closings, payload.tally.recovered_parts), (1, 1));
    let turned = folded(&[says(2, "a", "", "success"), says(3, "a", "", "error")]);
    assert_eq!((turned.outcome(), turned.tally.recovered_parts), (Outcome::Failure, 0));
}

#[test]
fn of_two_closings_of_the_same_date_the_later_position_decides() {
    let good = Status { date: at(5), ..says(1, "a", "", "success") };
    let bad = Status { date: at(5), ..says(2, "a", "", "error") };
    assert_eq!(folded(&[bad.clone(), good.clone()]).outcome(), Outcome::Failure);
    let later = Status { position: Position { stream: StreamId(2), offset: 0 }, ..good };
    assert_eq!(folded(&[later, bad]).outcome(), Outcome::Success);
}

#[test]
fn success_is_of_all_services_and_failure_of_one() {
    let (good, open, bad) =
        (says(1, "good", "", "success"), says(2, "open", "", "received"), says(3, "bad", "", "failed"));
    assert_eq!(folded(&[good.clone(), open.clone()]).outcome(), Outcome::InProgress);
    assert_eq!(folded(&[good, open, bad]).outcome(), Outcome::Failure);
}

#[test]
fn each_source_of_a_service_is_a_service_of_its_own() {
    let of = |source: &str, status| Status { source: Some(source.to_owned()), ..status };
    let payload = folded(&[of("x", says(1, "a", "", "error")), of("y", says(2, "a", "", "success"))]);
    assert_eq!((payload.tally.services, payload.outcome()), (2, Outcome::Failure));
    assert_eq!(payload.failure.and_then(|failure| failure.source).as_deref(), Some("x"));
}

#[test]
fn a_service_is_bad_when_one_of_its_hosts_is() {
    let view = viewed(&[
        says(1, "a", "h1", "success"),
        says(2, "a", "h2", "error"),
        says(3, "a", "h3", "received"),
        says(4, "a", "h4", "error"),
        says(5, "a", "h4", "success"),
    ]);
    let service = service(&view, "a");
    assert_eq!(service.state(), State::Bad);
    let parts = service.parts;
    assert_eq!((parts.count, parts.open, parts.bad, parts.recovered), (4, 1, 1, 1));
    assert_eq!((service.status_count, service.bad_closings), (5, 2));
    let payload = view.payload.expect("it has statuses");
    assert_eq!((payload.tally.bad_closings, payload.tally.recovered_parts), (2, 1));
    let failure = payload.failure.expect("it failed");
    assert_eq!((failure.service.as_str(), failure.part.as_deref()), ("a", Some("h2")));
    assert_eq!(failure.closing.claim, claim(2, 2));
}

#[test]
fn a_host_that_another_service_closed_is_not_closed() {
    let payload = folded(&[says(1, "a", "h1", "success"), says(2, "b", "h1", "received")]);
    assert_eq!(payload.outcome(), Outcome::InProgress);
}

#[test]
fn the_part_is_the_rest_of_the_chain_or_else_the_inventory_id() {
    let inventory_id = Some("host".to_owned());
    let chained = Status { inventory_id: inventory_id.clone(), ..says(1, "a", "slice:host", "success") };
    let named = Status { inventory_id, ..says(2, "a", "", "success") };
    let parts: Vec<String> = viewed(&[chained, named]).parts.into_values().map(|part| part.part).collect();
    assert_eq!(parts.len(), 2);
    assert!(parts.contains(&"slice:host".to_owned()) && parts.contains(&"host".to_owned()), "{parts:?}");
}

#[test]
fn what_was_said_before_the_host_was_known_is_not_waited_for() {
    let (before, host) = (says(1, "a", "", "received"), says(2, "a", "h1", "success"));
    assert_eq!(folded(&[before.clone(), host.clone()]).outcome(), Outcome::Success);
    let other = says(3, "a", "h2", "received");
    assert_eq!(folded(&[before.clone(), host.clone(), other]).outcome(), Outcome::InProgress);
    let bad = Status { status: "error".to_owned(), ..before };
    assert_eq!(folded(&[bad, host]).outcome(), Outcome::Failure);
}

#[test]
fn the_first_failure_is_the_one_of_the_earliest_date() {
    let failure = |statuses: &[Status]| folded(statuses).failure.expect("it failed");
    let late = says(9, "late", "", "error");
    let early = says(4, "early", "", "invalid");
    assert_eq!(failure(&[late.clone(), early.clone()]).service, "early");
    let recovered = says(5, "early", "", "success");
    assert_eq!(failure(&[late, early, recovered]).service, "late");
}

#[test]
fn of_the_bad_closings_of_a_part_the_latest_is_told() {
    let failure =
        folded(&[says(1, "a", "", "error"), says(2, "a", "", "failed")]).failure.expect("it failed");
    assert_eq!((failure.closing.status.as_str(), failure.closing.claim), ("failed", claim(2, 2)));
}

#[test]
fn a_service_spans_its_first_and_its_last_date() {
    let service = service(
        &viewed(&[says(7, "a", "", "success"), says(3, "a", "", "received"), says(5, "a", "h", "error")]),
        "a",
    );
    assert_eq!((service.first_date, service.last_date), (at(3), at(7)));
}
