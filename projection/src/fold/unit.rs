//! Units: one part, or what is said of no part in particular. Its latest closing decides.

use schema::{Claim, Closing, Status, Unit};

use super::meaning::{Meaning, meaning};

/// Takes in what a status says of it.
pub(super) fn apply(unit: &mut Unit, status: &Status) {
    let meaning = meaning(&status.status);
    unit.status_count += 1;
    unit.bad_closings += i64::from(meaning == Meaning::ClosesBadly);
    let claim = Claim::new(status.date, status.position);
    let is_latest = unit.closing.as_ref().is_none_or(|closing| claim > closing.claim);
    if meaning.closes() && is_latest {
        unit.closing = Some(Closing { claim, status: status.status.clone() });
        unit.state = meaning.state();
    }
}
