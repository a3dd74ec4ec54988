//! The fields of a payload, each with the event that gave it and those that lost.

use schema::{Claim, Payload, Status};
use serde::Serialize;

use super::Evidence;
use crate::{Told, View};

/// A field of the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub value: String,
    /// Why this event and no other.
    pub rule: &'static str,
    /// The event that gave it.
    pub given_by: Option<Evidence>,
    /// What others claim.
    pub lost: Vec<Lost>,
}

/// A claim that lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lost {
    /// What it claims.
    pub value: String,
    /// The event that claims it.
    pub event: Evidence,
}

const LATEST_CLAIM: &str = "of all that claim one, the latest by (date, stream, offset)";

pub(super) fn list(view: &View, told: &[Told]) -> Vec<Field> {
    let Some(payload) = &view.payload else { return Vec::new() };
    let first = told.iter().min_by_key(|told| (told.status.date, told.status.position));
    let smallest = told.iter().min_by_key(|told| told.status.id);
    let mut fields = vec![
        Field {
            name: "id",
            value: payload.id.to_string(),
            rule: "the smallest id of its events",
            given_by: smallest.map(Evidence::of),
            lost: Vec::new(),
        },
        Field {
            name: "created_at",
            value: payload.created_at.to_rfc3339(),
            rule: "the earliest date",
            given_by: first.map(Evidence::of),
            lost: Vec::new(),
        },
        Field {
            name: "latest_status",
            value: format!("{} of {}", payload.latest.status, payload.latest.service),
            rule: "the latest by (date, a closing after an open one, stream, offset)",
            given_by: find(told, payload.latest.claim),
            lost: Vec::new(),
        },
    ];
    fields.extend(attributes(payload, told));
    fields
}

fn attributes<'a>(payload: &'a Payload, told: &'a [Told]) -> impl Iterator<Item = Field> + 'a {
    type Claimed = fn(&Status) -> Option<&String>;
    let claims = &payload.claims;
    let attributes: [(&str, &Option<String>, Option<Claim>, Claimed); 4] = [
        ("account", &payload.account, claims.account, |status| status.account.as_ref()),
        ("org_id", &payload.org_id, claims.org_id, |status| status.org_id.as_ref()),
        ("inventory_id", &payload.inventory_id, claims.inventory_id, |status| status.inventory_id.as_ref()),
        ("system_id", &payload.system_id, claims.system_id, |status| status.system_id.as_ref()),
    ];
    attributes.into_iter().filter_map(move |(name, value, claim, claimed)| {
        let (value, claim) = (value.clone()?, claim?);
        let others = told.iter().filter_map(|told| Some((told, claimed(&told.status)?)));
        let lost = others.filter(|(_, other)| **other != value);
        let lost =
            lost.map(|(told, other)| Lost { value: other.clone(), event: Evidence::of(told) }).collect();
        Some(Field { name, value, rule: LATEST_CLAIM, given_by: find(told, claim), lost })
    })
}

fn find(told: &[Told], claim: Claim) -> Option<Evidence> {
    let is_it = |told: &&Told| Claim::new(told.status.date, told.status.position) == claim;
    told.iter().find(is_it).map(Evidence::of)
}
