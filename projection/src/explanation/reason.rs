//! How an outcome follows from what the services said.

use schema::{Closing, Failure, Service, State, Unit};
use serde::Serialize;

use crate::{Told, View};

/// How a service stands, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServiceReason {
    /// The service.
    pub service: String,
    /// For which of its sources.
    pub source: Option<String>,
    /// `good`, `bad` or `open`.
    pub state: &'static str,
    /// How long it took, in seconds: from its first date to its last.
    pub seconds: f64,
    /// Why.
    pub because: String,
    /// Its parts.
    pub parts: Vec<PartReason>,
}

/// How a part stands, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartReason {
    /// The part.
    pub part: String,
    /// `good`, `bad` or `open`.
    pub state: &'static str,
    /// Why.
    pub because: String,
}

pub(super) fn of_outcome(view: &View, told: &[Told]) -> Vec<String> {
    let Some(payload) = &view.payload else { return vec!["no message of it is in the log".to_owned()] };
    let tally = payload.tally;
    let good = tally.services - tally.open - tally.bad;
    let mut sentences = vec![format!(
        "{}: of {} services, {good} closed well, {} closed badly, {} are open",
        payload.outcome(),
        tally.services,
        tally.bad,
        tally.open
    )];
    sentences.extend(payload.failure.as_ref().map(|failure| of_failure(failure, told)));
    if tally.recovered_parts > 0 {
        sentences.push(format!("{} closed badly and then well", plural(tally.recovered_parts, "part")));
    }
    if payload.has_conflicts {
        sentences.push("its messages claim different values for an attribute; the latest won".to_owned());
    }
    sentences
}

fn of_failure(failure: &Failure, told: &[Told]) -> String {
    let claim = failure.closing.claim;
    let position = |told: &&Told| {
        let position = told.status.position;
        (position.stream, position.offset) == (claim.stream, claim.offset)
    };
    let message = told.iter().find(position).and_then(|told| told.status.status_msg.as_deref());
    let of = |what: &str, name: &Option<String>| {
        name.as_ref().map(|name| format!(", {what} {name}")).unwrap_or_default()
    };
    format!(
        "first to fail: {}{}{}, {}: {}",
        failure.service,
        of("source", &failure.source),
        of("part", &failure.part),
        of_closing(&failure.closing),
        message.unwrap_or("no message")
    )
}

pub(super) fn list_services(view: &View) -> Vec<ServiceReason> {
    let mut services: Vec<_> = view.services.iter().collect();
    services.sort_by(|(_, one), (_, other)| {
        (one.first_date, &one.service, &one.source).cmp(&(other.first_date, &other.service, &other.source))
    });
    let reason = |(id, service): (&schema::NameId, &Service)| ServiceReason {
        service: service.service.clone(),
        source: service.source.clone(),
        state: service.state().as_str(),
        seconds: (service.last_date - service.first_date).as_seconds_f64(),
        because: of_service(service),
        parts: view
            .parts
            .range((*id, schema::NameId::ALL)..)
            .take_while(|((service_id, _), _)| service_id == id)
            .map(|(_, part)| PartReason {
                part: part.part.clone(),
                state: part.unit.state.as_str(),
                because: of_unit(&part.unit),
            })
            .collect(),
    };
    services.into_iter().map(reason).collect()
}

fn of_service(service: &Service) -> String {
    let parts = service.parts;
    if parts.count == 0 {
        return of_unit(&service.own);
    }
    let mut because = format!(
        "of {}, {} closed badly, {} are open",
        plural(parts.count.into(), "part"),
        parts.bad,
        parts.open
    );
    match service.own.state {
        State::Open if service.own.status_count > 0 => {
            because.push_str("; what it said before it named a part says nothing of them");
        }
        State::Open => {}
        State::Good | State::Bad => {
            because.push_str("; without a part: ");
            because.push_str(&of_unit(&service.own));
        }
    }
    because
}

fn of_unit(unit: &Unit) -> String {
    let mut because = match &unit.closing {
        None => format!("none of {} closes", plural(unit.status_count, "status")),
        Some(closing) => format!("its latest closing is {}", of_closing(closing)),
    };
    if unit.is_recovered() {
        because.push_str(&format!("; it had closed badly before ({})", plural(unit.bad_closings, "time")));
    }
    because
}

fn of_closing(closing: &Closing) -> String {
    let claim = closing.claim;
    format!(
        "`{}` of {} (stream {} offset {})",
        closing.status,
        claim.date.to_rfc3339(),
        claim.stream.0,
        claim.offset
    )
}

fn plural(count: i64, what: &str) -> String {
    let ending = match (count, what) {
        (1, _) => "",
        (_, "status") => "es",
        _ => "s",
    };
    format!("{count} {what}{ending}")
}
