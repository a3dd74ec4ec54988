//! Pages of a list in a total order.

/// Which page, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// From 0.
    pub(crate) number: u32,
    /// From 1.
    pub(crate) size: u32,
}

/// Which end comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Direction {
    Ascending,
    #[default]
    Descending,
}

/// A page, and how many there are on all pages.
#[derive(Clone, Debug)]
pub(crate) struct Listed<T> {
    pub(crate) count: i64,
    pub(crate) items: Vec<T>,
}

impl Page {
    pub(crate) fn limit(self) -> i64 {
        self.size.into()
    }

    pub(crate) fn offset(self) -> i64 {
        i64::from(self.number) * i64::from(self.size)
    }
}

impl Direction {
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Self::Ascending => "asc",
            Self::Descending => "desc",
        }
    }
}
