//! Holes between two offsets: explained by recorded gaps, or not.

use std::collections::BTreeMap;

use schema::OffsetGap;

/// The recorded gaps of one stream, by where they begin.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gaps {
    ends: BTreeMap<i64, i64>,
}

/// What lies between where events were expected to go on and where they do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hole {
    /// Nothing, or recorded gaps and nothing else.
    Explained,
    /// Offsets that no gap explains: from, to.
    Missing(i64, i64),
    /// The event lies inside of a gap, or before where events were expected to go on.
    Added,
}

impl Gaps {
    pub(crate) fn of<'a>(gaps: impl IntoIterator<Item = &'a OffsetGap>) -> Self {
        Self::between(gaps.into_iter().map(|gap| (gap.from_offset, gap.to_offset)))
    }

    /// From one offset to before another, each.
    pub(crate) fn between(ranges: impl IntoIterator<Item = (i64, i64)>) -> Self {
        Self { ends: ranges.into_iter().collect() }
    }

    /// Whether a gap says that nothing is there.
    pub(crate) fn contain(&self, offset: i64) -> bool {
        self.ends.range(..=offset).next_back().is_some_and(|(_, &end)| offset < end)
    }

    /// What lies between the offset that was expected and the one that came.
    pub(crate) fn cross(&self, mut expected: i64, offset: i64) -> Hole {
        while expected < offset {
            match self.ends.get(&expected) {
                Some(&end) => expected = end,
                None => {
                    let next = self.ends.range(expected..offset).next().map_or(offset, |(&from, _)| from);
                    return Hole::Missing(expected, next);
                }
            }
        }
        if expected == offset { Hole::Explained } else { Hole::Added }
    }
}

#[cfg(test)]
mod tests {
    use schema::{GapReason, StreamId};

    use super::*;

    fn gaps(ranges: &[(i64, i64)]) -> Gaps {
        let gap = |&(from_offset, to_offset): &(i64, i64)| OffsetGap {
            stream: StreamId(1),
            from_offset,
            to_offset,
            reason: GapReason::Expired,
        };
        Gaps::of(&ranges.iter().map(gap).collect::<Vec<_>>())
    }

    #[test]
    fn only_a_hole_that_recorded_gaps_fill_exactly_is_explained() {
        let gaps = gaps(&[(5, 7), (7, 9), (20, 22)]);
        assert_eq!(gaps.cross(3, 3), Hole::Explained);
        assert_eq!(gaps.cross(5, 9), Hole::Explained);
        assert_eq!(gaps.cross(5, 10), Hole::Missing(9, 10));
        assert_eq!(gaps.cross(4, 9), Hole::Missing(4, 5));
        assert_eq!(gaps.cross(5, 8), Hole::Added);
        assert_eq!(gaps.cross(20, 21), Hole::Added);
        assert_eq!(gaps.cross(3, 2), Hole::Added);
        assert_eq!(gaps.cross(10, 12), Hole::Missing(10, 12));
    }
}
