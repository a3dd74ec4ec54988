//! The fold: what a payload looks like after statuses, in whatever order they came.
//!
//! Each rule is a minimum, a maximum or a sum, so order and batching can't matter. It counts, so it must see each status
//! once: that is the cursor's to guarantee. Part of the projection's version.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use schema::{Claim, Claims, Latest, Payload, RequestId, Status};

/// Folds statuses into the payloads they belong to; those not in `payloads` come into being.
pub fn fold<'a>(payloads: &mut HashMap<RequestId, Payload>, statuses: impl IntoIterator<Item = &'a Status>) {
    for status in statuses {
        match payloads.entry(status.request_id.clone()) {
            Entry::Occupied(known) => apply(known.into_mut(), status),
            Entry::Vacant(unknown) => {
                unknown.insert(first(status));
            }
        }
    }
}

fn first(status: &Status) -> Payload {
    let claim = Claim::new(status.date, status.position);
    let claimed = |attribute: &Option<String>| attribute.as_ref().map(|_| claim);
    Payload {
        request_id: status.request_id.clone(),
        id: status.id,
        account: status.account.clone(),
        org_id: status.org_id.clone(),
        inventory_id: status.inventory_id.clone(),
        system_id: status.system_id.clone(),
        claims: Claims {
            account: claimed(&status.account),
            org_id: claimed(&status.org_id),
            inventory_id: claimed(&status.inventory_id),
            system_id: claimed(&status.system_id),
        },
        created_at: status.date,
        latest: latest(status, claim),
        status_count: 1,
    }
}

fn apply(payload: &mut Payload, status: &Status) {
    let claim = Claim::new(status.date, status.position);
    payload.id = payload.id.min(status.id);
    payload.created_at = payload.created_at.min(status.date);
    payload.status_count += 1;
    if claim > payload.latest.claim {
        payload.latest = latest(status, claim);
    }
    let claims = &mut payload.claims;
    win(&mut payload.account, &mut claims.account, &status.account, claim);
    win(&mut payload.org_id, &mut claims.org_id, &status.org_id, claim);
    win(&mut payload.inventory_id, &mut claims.inventory_id, &status.inventory_id, claim);
    win(&mut payload.system_id, &mut claims.system_id, &status.system_id, claim);
}

fn latest(status: &Status, claim: Claim) -> Latest {
    Latest {
        claim,
        service: status.service.clone(),
        source: status.source.clone(),
        status: status.status.clone(),
    }
}

/// The latest status that claims an attribute wins it.
fn win(attribute: &mut Option<String>, winner: &mut Option<Claim>, claimed: &Option<String>, claim: Claim) {
    if claimed.is_some() && winner.is_none_or(|winner| claim > winner) {
        attribute.clone_from(claimed);
        *winner = Some(claim);
    }
}

#[cfg(test)]
mod tests;
