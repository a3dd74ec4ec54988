//! A stretch of the list of events.

use super::Place;

/// So many events between two, which don't belong to it, from the first or from the last one on.
#[derive(Clone, Debug)]
pub(crate) struct Stretch {
    pub(crate) after: Option<Place>,
    pub(crate) before: Option<Place>,
    pub(crate) most: i64,
    pub(crate) is_from_end: bool,
}
