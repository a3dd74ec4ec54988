//! What the read models hold of payloads, beside what their statuses fold to.

use std::collections::{BTreeMap, HashMap};

use projection::{Mismatch, View};
use schema::{Attribute, Claim, NameId, Part, Payload, RequestId, Service, column};

use super::{Snapshot, conflict};
use crate::error::QueryError;

/// A payload's rows. What follows from other columns is held with its row, as it is stored.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held {
    payload: Option<(Payload, String)>,
    services: BTreeMap<NameId, (Service, String)>,
    parts: BTreeMap<(NameId, NameId), Part>,
    conflicts: BTreeMap<(Attribute, String), Claim>,
}

/// Those of these payloads. `None` where nothing is proved by them: to who sees one organisation alone, and as long as something that
/// retention took is still to leave the read models.
pub(crate) async fn of_payloads(
    snapshot: &Snapshot<'_>,
    request_ids: &[RequestId],
) -> Result<Option<HashMap<RequestId, Held>>, QueryError> {
    if !snapshot.shows_log() || is_pending(snapshot).await? {
        return Ok(None);
    }
    let mut all: HashMap<RequestId, Held> =
        request_ids.iter().map(|request_id| (request_id.clone(), Held::default())).collect();
    let sql = "-- held::payloads\nselect * from payloads where request_id = any ($1)";
    for row in snapshot.query(sql, &[&request_ids]).await? {
        let payload = Payload::from_row(&row)?;
        let held = all.entry(payload.request_id.clone()).or_default();
        held.payload = Some((payload, column(&row, "outcome")?));
    }
    let sql = "-- held::services\nselect * from services where request_id = any ($1)";
    for row in snapshot.query(sql, &[&request_ids]).await? {
        let service = Service::from_row(&row)?;
        let held = all.entry(service.request_id.clone()).or_default();
        held.services.insert(column(&row, "service_id")?, (service, column(&row, "state")?));
    }
    let sql = "-- held::parts\nselect * from parts where request_id = any ($1)";
    for row in snapshot.query(sql, &[&request_ids]).await? {
        let part = Part::from_row(&row)?;
        let held = all.entry(part.request_id.clone()).or_default();
        held.parts.insert((part.service_id, column(&row, "part_id")?), part);
    }
    for one in conflict::of_payloads(snapshot, request_ids, i64::MAX).await? {
        let held = all.entry(one.request_id.clone()).or_default();
        held.conflicts.insert((one.attribute, one.value), one.claim);
    }
    Ok(Some(all))
}

async fn is_pending(snapshot: &Snapshot<'_>) -> Result<bool, QueryError> {
    let sql = "-- held::is_pending
        select exists (
            select from retired_ranges as range
            where not exists (
                select from horizons
                where generation_id = (select generation_id from active_generation)
                    and horizons.stream_id = range.stream_id and horizons.from_offset = range.from_offset)) as is_pending";
    Ok(snapshot.query(sql, &[]).await?[0].get("is_pending"))
}

impl Held {
    /// Where it isn't what the statuses fold to.
    pub(crate) fn differing(&self, request_id: &RequestId, view: &View) -> Vec<Mismatch> {
        let (mut all, key) = (Vec::new(), request_id.to_string());
        let of_payload =
            |(held, outcome): &(Payload, String), expected: &Payload| payload(expected, held, outcome);
        all.extend(compare(
            "payloads",
            key.clone(),
            self.payload.as_ref(),
            view.payload.as_ref(),
            of_payload,
        ));
        for id in keys(&self.services, &view.services) {
            let of_service =
                |(held, state): &(Service, String), expected: &Service| service(expected, held, state);
            let key = format!("{key} {id}");
            all.extend(compare("services", key, self.services.get(id), view.services.get(id), of_service));
        }
        for id in keys(&self.parts, &view.parts) {
            let of_part = |held: &Part, expected: &Part| {
                names(&[("part", held.part != expected.part), ("state", held.unit != expected.unit)])
            };
            let key = format!("{key} {} {}", id.0, id.1);
            all.extend(compare("parts", key, self.parts.get(id), view.parts.get(id), of_part));
        }
        for lost in keys(&self.conflicts, &view.conflicts.lost) {
            let of_claim = |held: &Claim, expected: &Claim| names(&[("date", held != expected)]);
            let key = format!("{key} {} {}", lost.0.as_str(), NameId::of(&[Some(&lost.1)]));
            all.extend(compare(
                "conflicts",
                key,
                self.conflicts.get(lost),
                view.conflicts.lost.get(lost),
                of_claim,
            ));
        }
        all
    }
}

/// All keys of both.
fn keys<'a, K: Ord, V, W>(one: &'a BTreeMap<K, V>, other: &'a BTreeMap<K, W>) -> impl Iterator<Item = &'a K> {
    one.keys().chain(other.keys().filter(|key| !one.contains_key(key)))
}

fn compare<H, E>(
    table: &'static str,
    key: String,
    held: Option<&H>,
    expected: Option<&E>,
    differing: impl Fn(&H, &E) -> String,
) -> Option<Mismatch> {
    let what = match (held, expected) {
        (None, None) => return None,
        (Some(_), None) => "no status says this".to_owned(),
        (None, Some(_)) => "is missing".to_owned(),
        (Some(held), Some(expected)) => match differing(held, expected) {
            names if names.is_empty() => return None,
            names => format!("the statuses say otherwise: {names}"),
        },
    };
    Some(Mismatch { table, key, what })
}

fn payload(expected: &Payload, held: &Payload, outcome: &str) -> String {
    names(&[
        ("id", expected.id != held.id),
        ("account", expected.account != held.account),
        ("org_id", expected.org_id != held.org_id),
        ("inventory_id", expected.inventory_id != held.inventory_id),
        ("system_id", expected.system_id != held.system_id),
        ("claims", expected.claims != held.claims),
        ("has_conflicts", expected.has_conflicts != held.has_conflicts),
        ("created_at", expected.created_at != held.created_at),
        ("latest_status", expected.latest != held.latest),
        ("status_count", expected.status_count != held.status_count),
        ("outcome", expected.outcome().as_str() != outcome),
        ("services", expected.tally != held.tally),
        ("failed_service", expected.failure != held.failure),
    ])
}

fn service(expected: &Service, held: &Service, state: &str) -> String {
    names(&[
        ("service", expected.service != held.service),
        ("source", expected.source != held.source),
        ("state", expected.state().as_str() != state),
        ("first_date", expected.first_date != held.first_date),
        ("last_date", expected.last_date != held.last_date),
        ("status_count", expected.status_count != held.status_count),
        ("bad_closings", expected.bad_closings != held.bad_closings),
        ("own_state", expected.own != held.own),
        ("part_count", expected.parts != held.parts),
    ])
}

/// Of what differs.
fn names(columns: &[(&'static str, bool)]) -> String {
    columns.iter().filter(|(_, differs)| *differs).map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}
