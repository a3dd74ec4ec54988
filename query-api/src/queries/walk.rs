//! Walks: how a page of an ordered list is come by.

use super::{Direction, Page};

/// Matches that are sooner sorted than looked for in an order that has nothing to do with them.
pub(super) const FEW: i64 = 200_000;
/// Rows that are sooner passed than counted.
const NEAR: i64 = 1_000;
/// How many times a page's length are few matches: they are sooner sorted than looked for in the list's order.
const FEW_TIMES_THE_PAGE: i64 = 20;

/// The way to a page: so many rows are passed, and so many taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Walk {
    pub(super) passed: i64,
    pub(super) taken: i64,
    /// In which direction it goes.
    pub(super) direction: Direction,
    /// Whether it came from the list's end: then what it takes is to be turned round.
    pub(super) is_from_end: bool,
    /// How many there are to walk among, at most.
    pub(super) count: i64,
}

impl Walk {
    /// From the nearer end: passing rows is what a page far inside costs.
    pub(super) fn to(page: Page, direction: Direction, count: i64) -> Self {
        let passed = page.offset().min(count);
        let taken = page.limit().min(count - passed);
        let passed = if taken > 0 { passed } else { 0 };
        let left = count - passed - taken;
        if taken > 0 && left < passed {
            Self { passed: left, taken, direction: direction.turned(), is_from_end: true, count }
        } else {
            Self { passed, taken, direction, is_from_end: false, count }
        }
    }

    /// To a page so near the beginning that nothing is gained by knowing how many there are.
    pub(super) fn near(page: Page, direction: Direction) -> Option<Self> {
        let (passed, taken) = (page.offset(), page.limit());
        let walk = Self { passed, taken, direction, is_from_end: false, count: i64::MAX };
        (!walk.is_far()).then_some(walk)
    }

    /// Whether there are so few to walk among, or not many times what the page takes.
    pub(super) fn is_among(self, few: i64) -> bool {
        self.count <= few.max(FEW_TIMES_THE_PAGE * self.taken)
    }

    /// Whether it passes so many rows that it had better begin further in.
    pub(super) fn is_far(self) -> bool {
        self.passed > NEAR
    }

    /// The statement of a page: `select … from … where …`, in the order of a key and then of the id.
    pub(super) fn sql(self, selected: &str, key: &str, (passed, taken): (&str, &str)) -> String {
        let walked = format!("{selected} {} limit {taken} offset {passed}", order(key, self.direction));
        if self.is_from_end {
            format!("select * from ({walked}) as walked {}", order(key, self.direction.turned()))
        } else {
            walked
        }
    }

    /// So many rows from where the walk begins.
    pub(super) fn first(self, selected: &str, key: &str, most: i64) -> String {
        format!("{selected} {} limit {most}", order(key, self.direction))
    }

    /// The statement of a page far inside a whole table: what is passed is passed in the index alone that `keys` are of, and no more
    /// than the page's rows are looked up. It goes by a key and then by an id, which `keys` have.
    pub(super) fn far(
        self,
        (table, columns): (&str, &str),
        (keys, key, id): (&str, &str, &str),
        (passed, taken): (&str, &str),
    ) -> String {
        let (direction, shown) =
            (self.direction, if self.is_from_end { self.direction.turned() } else { self.direction });
        let (direction, shown) = (direction.sql(), shown.sql());
        format!(
            "select {columns}
            from (
                select {keys} from {table} order by {key} {direction}, {id} {direction} limit {taken} offset {passed}
            ) as page
            join {table} using ({keys})
            order by {key} {shown}, {id} {shown}"
        )
    }

    /// One of several selections that a walk merges: no more of it than the walk may come to. So PostgreSQL walks each, however many
    /// it thinks there are.
    pub(super) fn branch(self, selected: &str, key: &str, (passed, taken): (&str, &str)) -> String {
        format!("({selected} {} limit {passed}::bigint + {taken}::bigint)", order(key, self.direction))
    }
    /// Several selections as one.
    pub(super) fn merged(self, selected: &[String], key: &str, range: (&str, &str)) -> String {
        let branches: Vec<_> = selected.iter().map(|one| self.branch(one, key, range)).collect();
        format!("select * from ({}) as merged", branches.join(" union all "))
    }
}

fn order(key: &str, direction: Direction) -> String {
    format!("order by {key} {0}, id {0}", direction.sql())
}

/// The same rows behind a fence: no index is used for its order alone, whatever PostgreSQL thinks of how the matches lie in it.
pub(super) fn fenced(selected: &str) -> String {
    format!("select * from ({selected} offset 0) as few")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(number: u32, size: u32, count: i64) -> (i64, i64, bool) {
        let Walk { passed, taken, direction, is_from_end, .. } =
            Walk::to(Page { number, size }, Direction::Ascending, count);
        assert_eq!(direction == Direction::Descending, is_from_end);
        (passed, taken, is_from_end)
    }

    #[test]
    fn a_page_is_walked_to_from_the_nearer_end() {
        assert_eq!(to(0, 10, 25), (0, 10, false));
        assert_eq!(to(1, 10, 25), (5, 10, true));
        assert_eq!(to(2, 10, 25), (0, 5, true));
        assert_eq!(to(0, 10, 7), (0, 7, false));
    }

    #[test]
    fn there_is_nothing_to_take_behind_the_end() {
        assert_eq!(to(3, 10, 25), (0, 0, false));
        assert_eq!(to(0, 10, 0), (0, 0, false));
        assert_eq!(to(u32::MAX, 10_000, 25), (0, 0, false));
    }
}
