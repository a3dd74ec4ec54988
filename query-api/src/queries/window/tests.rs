use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn window(from: &str, to: &str) -> Window {
    Window { from: time(from), to: time(to) }
}

#[test]
fn without_bounds_every_time_lies_in_it() {
    let open = Window::from(Bounds::default());
    assert!(open.is_open() && !open.is_empty());
    assert_eq!(open, window("0001-01-01T00:00:00Z", "+10000-01-01T00:00:00Z"));
}

#[test]
fn of_two_bounds_on_one_side_the_stricter_counts() {
    let (early, late) = ("2026-08-22T00:00:00Z", "2026-08-22T01:00:00Z");
    let both = Bounds { lt: Some(time(late)), lte: Some(time(early)), ..Bounds::default() };
    assert_eq!(Window::from(both).to, time("2026-08-22T00:00:00.000001Z"));
    let same = Bounds { gt: Some(time(early)), gte: Some(time(early)), ..Bounds::default() };
    assert_eq!(Window::from(same).from, time("2026-08-22T00:00:00.000001Z"));
}

#[test]
fn a_bound_between_two_microseconds_is_met_from_the_next_one_on() {
    for between in ["2026-08-22T00:00:00.000001001Z", "1826-08-22T00:00:00.000001999Z"] {
        let (at, next) = (time(between), after(time(between)));
        let asked = Bounds { gt: Some(at), lte: Some(at), ..Bounds::default() };
        assert_eq!(Window::from(asked), Window { from: next, to: next });
        let asked = Bounds { gte: Some(at), lt: Some(at), ..Bounds::default() };
        assert_eq!(Window::from(asked), Window { from: next, to: next });
    }
}

#[test]
fn a_bound_beyond_the_years_that_are_decoded_asks_for_all_or_nothing() {
    let (early, late) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
    let all = Bounds { gt: Some(early), lte: Some(late), ..Bounds::default() };
    assert!(Window::from(all).is_open());
    assert!(Window::from(Bounds { gte: Some(early), lt: Some(late), ..Bounds::default() }).is_open());
    assert!(Window::from(Bounds { lt: Some(early), ..Bounds::default() }).is_empty());
    assert!(Window::from(Bounds { gte: Some(late), ..Bounds::default() }).is_empty());
}

#[test]
fn a_leap_second_belongs_to_the_next_minute() {
    let asked = Bounds { gte: Some(time("2016-12-31T23:59:60.5Z")), ..Bounds::default() };
    assert_eq!(Window::from(asked).from, time("2017-01-01T00:00:00.5Z"));
}

/// Close together, so that bounds meet times.
fn close_times() -> impl Strategy<Value = DateTime<Utc>> {
    let nanos = prop_oneof![0_i64..6_000, (0_i64..6).prop_map(|micros| micros * 1_000)];
    (prop_oneof![Just(0_i64), Just(-62_000_000_000), Just(253_000_000_000)], nanos)
        .prop_map(|(start, nanos)| second(start) + TimeDelta::nanoseconds(nanos))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_time_lies_in_a_window_when_every_bound_holds(
        lt in proptest::option::of(close_times()), lte in proptest::option::of(close_times()),
        gt in proptest::option::of(close_times()), gte in proptest::option::of(close_times()),
        stored in close_times().prop_map(|time| micros(time.timestamp_micros())),
    ) {
        let window = Window::from(Bounds { lt, lte, gt, gte });
        let holds = lt.is_none_or(|bound| stored < bound) && lte.is_none_or(|bound| stored <= bound)
            && gt.is_none_or(|bound| stored > bound) && gte.is_none_or(|bound| stored >= bound);
        prop_assert_eq!(window.from <= stored && stored < window.to, holds);
    }
}

#[test]
fn durations_are_from_a_microsecond_on_until_before_another() {
    let micros = |number| Some(TimeDelta::microseconds(number));
    for (bounds, from, to) in [
        (Bounds::default(), None, None),
        (Bounds { gte: micros(5), lt: micros(9), ..Bounds::default() }, Some(5), Some(9)),
        (Bounds { gt: micros(5), lte: micros(9), ..Bounds::default() }, Some(6), Some(10)),
        (Bounds { gt: micros(5), gte: micros(5), lt: micros(9), lte: micros(9) }, Some(6), Some(9)),
        (Bounds { gte: Some(TimeDelta::MAX), ..Bounds::default() }, Some(LONGEST), None),
    ] {
        assert_eq!(Durations::from(bounds), Durations { from, to }, "{bounds:?}");
    }
    assert!(Durations::from(Bounds::<TimeDelta>::default()).is_open());
}

#[test]
fn what_is_not_before_a_time_is_left_in_its_direction() {
    let (from, middle, to) =
        (time("2026-08-22T00:00:00Z"), time("2026-08-22T05:00:00Z"), time("2026-08-22T09:00:00Z"));
    let (window, late) = (Window { from, to }, time("2026-08-22T20:00:00Z"));
    assert_eq!(window.not_before(middle, Direction::Ascending), Window { from: middle, to });
    assert_eq!(window.not_before(middle, Direction::Descending), Window { from, to: after(middle) });
    assert_eq!(window.not_before(late, Direction::Descending), window);
    assert!(window.not_before(late, Direction::Ascending).is_empty());
    assert_eq!((window.until(middle), window.until(late)), (Window { from, to: middle }, window));
}
