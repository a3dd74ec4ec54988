//! Order: which end of a list comes first.

use async_graphql::Enum;

use crate::queries::Direction;

/// Which end comes first.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(super) enum SortDirection {
    /// The smallest first.
    Asc,
    /// The greatest first.
    Desc,
}

impl From<SortDirection> for Direction {
    fn from(direction: SortDirection) -> Self {
        match direction {
            SortDirection::Asc => Self::Ascending,
            SortDirection::Desc => Self::Descending,
        }
    }
}
