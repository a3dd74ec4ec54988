//! Buckets: ranges of request ids, for work over all of them in pieces of bounded size.

use std::sync::LazyLock;

use schema::RequestId;

use crate::copy_out::literal;

/// One of 256 ranges, by the first two hex digits. What begins otherwise falls between them, always in the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Bucket(pub(crate) u8);

/// Request ids from one text on to before another; to the last where there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) from: String,
    pub(crate) to: Option<String>,
}

impl Range {
    /// That a request id lies in it.
    pub(crate) fn condition(&self) -> String {
        let from = format!("request_id >= {}", literal(&self.from));
        match &self.to {
            Some(to) => format!("{from} and request_id < {}", literal(to)),
            None => from,
        }
    }

    /// One request alone.
    pub(crate) fn of(request_id: &RequestId) -> Self {
        let from = request_id.as_str().to_owned();
        // No text holds a NUL, so none is between the two.
        let to = format!("{from}\u{1}");
        Self { from, to: Some(to) }
    }
}

impl Bucket {
    /// How many there are.
    pub(crate) const COUNT: usize = 256;

    /// All of them, in order.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..=u8::MAX).map(Self)
    }

    /// The request ids of it.
    pub(crate) fn range(self) -> Range {
        Range { from: self.start(), to: self.0.checked_add(1).map(|next| Self(next).start()) }
    }

    /// The smallest text of it.
    fn start(self) -> String {
        if self.0 == 0 { String::new() } else { format!("{:02x}", self.0) }
    }

    /// Whose the text is.
    pub(crate) fn of(text: &str) -> Self {
        static STARTS: LazyLock<Vec<String>> = LazyLock::new(|| Bucket::all().map(Bucket::start).collect());
        let after = STARTS.partition_point(|start| start.as_str() <= text);
        // The first starts with nothing, so none is before it.
        Self(u8::try_from(after - 1).expect("there are 256"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_in_the_bucket_whose_bounds_are_around_it() {
        for text in
            ["", "0", "00", "00ff", "01", "0g", "9", "9z", "a", "Zz", "a0", "af", "fe", "ff", "zz", "é"]
        {
            let Range { from, to } = Bucket::of(text).range();
            assert!(from.as_str() <= text, "{text:?}");
            assert!(to.is_none_or(|to| text < to.as_str()), "{text:?}");
        }
    }
}
