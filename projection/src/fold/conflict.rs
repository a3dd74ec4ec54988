//! Conflicts: what was claimed for an attribute, beside what is told of it.

use std::collections::{BTreeMap, BTreeSet};

use schema::{Attribute, Claim};

/// Values that were claimed for an attribute and lost, each with its latest claim.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conflicts {
    /// By attribute and value.
    pub lost: BTreeMap<(Attribute, String), Claim>,
    /// Those that had lost, it may be before this view knew of them, and then won.
    pub promoted: BTreeSet<(Attribute, String)>,
}

impl Conflicts {
    pub(super) fn lose(&mut self, attribute: Attribute, value: String, claim: Claim) {
        let known = self.lost.entry((attribute, value)).or_insert(claim);
        *known = claim.max(*known);
    }

    pub(super) fn promote(&mut self, attribute: Attribute, value: &str) {
        let key = (attribute, value.to_owned());
        self.lost.remove(&key);
        self.promoted.insert(key);
    }
}
