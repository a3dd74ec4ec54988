//! Among: which values are meant, of those that something may have.

/// One of these values; or any at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Among<T>(Option<Vec<T>>);

impl<T: Ord> Among<T> {
    /// One of these.
    pub(crate) fn of(values: impl IntoIterator<Item = T>) -> Self {
        let mut values: Vec<T> = values.into_iter().collect();
        values.sort();
        values.dedup();
        Self(Some(values))
    }

    /// What is meant here and there.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self.0, other.0) {
            (Some(values), Some(others)) => {
                Self(Some(values.into_iter().filter(|value| others.binary_search(value).is_ok()).collect()))
            }
            (values, others) => Self(values.or(others)),
        }
    }

    /// Whether a value will do. Where some are named, none at all won't.
    pub(crate) fn holds(&self, value: Option<&T>) -> bool {
        self.0.as_ref().is_none_or(|values| value.is_some_and(|value| values.binary_search(value).is_ok()))
    }
}

impl<T> Among<T> {
    /// Whether any value will do.
    pub(crate) fn is_open(&self) -> bool {
        self.0.is_none()
    }

    /// Whether none will do.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.as_ref().is_some_and(Vec::is_empty)
    }

    /// How many filters of one value it is: what is any value is one.
    pub(super) fn len(&self) -> usize {
        self.0.as_ref().map_or(1, Vec::len)
    }

    /// The values, each once; `None` where any will do.
    pub(super) fn values(&self) -> Option<&Vec<T>> {
        self.0.as_ref()
    }

    /// Each of the values by itself. What is any value stays so.
    pub(super) fn each(self) -> Vec<Self> {
        match self.0 {
            Some(values) => values.into_iter().map(|value| Self(Some(vec![value]))).collect(),
            None => vec![self],
        }
    }
}

impl<T> Default for Among<T> {
    fn default() -> Self {
        Self(None)
    }
}

/// The value, if there is one.
impl<T> From<Option<T>> for Among<T> {
    fn from(value: Option<T>) -> Self {
        Self(value.map(|value| vec![value]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant_twice_is_meant_both_times() {
        let (any, some, others) = (Among::default(), Among::of([3, 1, 3, 2]), Among::of([2, 4, 3]));
        assert_eq!(some.clone().and(others), Among::of([2, 3]));
        assert_eq!(any.clone().and(some.clone()), some);
        assert_eq!(some.clone().and(any.clone()), some);
        assert!(some.clone().and(Among::of([4])).is_empty() && !some.is_empty() && !any.is_empty());
        assert_eq!(some.each(), [1, 2, 3].map(|value| Among::from(Some(value))));
        assert_eq!(any.clone().each(), [any]);
    }
}
