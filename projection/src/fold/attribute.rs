//! Attributes: the latest status that claims one wins it; a claim of another value that lost is kept.

use schema::{Attribute, Claim, Payload, Status};

use super::conflict::Conflicts;

/// Takes in what a status claims.
pub(super) fn apply(payload: &mut Payload, conflicts: &mut Conflicts, status: &Status, claim: Claim) {
    for attribute in Attribute::ALL {
        let Some(value) = claimed(status, attribute) else { continue };
        let (winner, winning_claim) = winner(payload, attribute);
        let lost = match (winner.as_deref(), *winning_claim) {
            (Some(winning), Some(known)) if winning == value => {
                *winning_claim = Some(known.max(claim));
                continue;
            }
            (Some(_), Some(known)) if claim > known => {
                // What wins now may have lost before.
                conflicts.promote(attribute, value);
                *winning_claim = Some(claim);
                winner.replace(value.to_owned()).map(|loser| (loser, known))
            }
            (Some(_), Some(_)) => Some((value.to_owned(), claim)),
            _ => {
                (*winner, *winning_claim) = (Some(value.to_owned()), Some(claim));
                continue;
            }
        };
        if let Some((loser, claim)) = lost {
            payload.has_conflicts = true;
            conflicts.lose(attribute, loser, claim);
        }
    }
}

fn claimed(status: &Status, attribute: Attribute) -> Option<&str> {
    match attribute {
        Attribute::Account => status.account.as_deref(),
        Attribute::OrgId => status.org_id.as_deref(),
        Attribute::InventoryId => status.inventory_id.as_deref(),
        Attribute::SystemId => status.system_id.as_deref(),
    }
}

fn winner(payload: &mut Payload, attribute: Attribute) -> (&mut Option<String>, &mut Option<Claim>) {
    match attribute {
        Attribute::Account => (&mut payload.account, &mut payload.claims.account),
        Attribute::OrgId => (&mut payload.org_id, &mut payload.claims.org_id),
        Attribute::InventoryId => (&mut payload.inventory_id, &mut payload.claims.inventory_id),
        Attribute::SystemId => (&mut payload.system_id, &mut payload.claims.system_id),
    }
}
