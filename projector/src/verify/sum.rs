//! Sums of digests, one a table: the same whatever the order of the rows.

/// A sum over the rows of each table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) payloads: u128,
    pub(super) services: u128,
    pub(super) parts: u128,
    pub(super) conflicts: u128,
    pub(super) statuses: u128,
    pub(super) quarantine: u128,
}

impl Sums {
    /// Adds another's.
    pub(super) fn add(&mut self, other: &Self) {
        for (sum, more) in self.each_mut().into_iter().zip(other.named()) {
            *sum = sum.wrapping_add(more.1);
        }
    }

    /// By table.
    pub(super) fn hex(&self) -> Vec<(&'static str, String)> {
        self.named().into_iter().map(|(table, sum)| (table, format!("{sum:032x}"))).collect()
    }

    fn named(&self) -> [(&'static str, u128); 6] {
        let Self { payloads, services, parts, conflicts, statuses, quarantine } = *self;
        [
            ("payloads", payloads),
            ("services", services),
            ("parts", parts),
            ("conflicts", conflicts),
            ("statuses", statuses),
            ("quarantine", quarantine),
        ]
    }

    fn each_mut(&mut self) -> [&mut u128; 6] {
        let Self { payloads, services, parts, conflicts, statuses, quarantine } = self;
        [payloads, services, parts, conflicts, statuses, quarantine]
    }
}
