//! The incumbent: the Go service that this one succeeds, asked the same on a machine of the same size.

/// Over as many it was asked.
pub(crate) const STATUSES_OF_INCUMBENT: u32 = 3_000_000;

/// How it answered. It counts nothing.
pub(super) struct Incumbent {
    pub(super) per_second: f64,
    /// How many times as many we must answer.
    pub(super) limit: f64,
}

/// Where nothing is sorted or filtered that an index doesn't have in order anyway.
pub(super) const fn ahead_of(per_second: f64) -> Option<Incumbent> {
    Some(Incumbent { per_second, limit: 1.0 })
}

/// Where it sorts or filters.
pub(super) const fn far_ahead_of(per_second: f64) -> Option<Incumbent> {
    Some(Incumbent { per_second, limit: 3.0 })
}
