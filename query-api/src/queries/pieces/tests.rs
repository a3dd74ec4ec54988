use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// The pieces, as they are added and taken away.
fn pieces(from: &str, to: &str) -> Vec<String> {
    let shown = |piece: Piece| {
        let Window { from, to } = piece.window;
        let sign = if piece.is_taken_away { '-' } else { '+' };
        format!("{sign}{:?} {} {}", piece.unit, from.format("%T%.f"), to.format("%T%.f"))
    };
    cut(Window { from: time(from), to: time(to) }).into_iter().map(shown).collect()
}

#[test]
fn a_window_is_counted_up_to_the_nearest_minutes_and_hours() {
    let expected = [
        "+Times 01:58:59.500 01:59:00",
        "+Minutes 01:59:00 02:00:00",
        "+Hours 02:00:00 04:00:00",
        "+Minutes 04:00:00 04:01:00",
        "+Times 04:01:00 04:01:00.250",
    ];
    assert_eq!(pieces("2026-08-22T01:58:59.5Z", "2026-08-22T04:01:00.25Z"), expected);
}

#[test]
fn what_the_nearest_have_too_much_is_taken_away() {
    let expected = [
        "-Times 02:10:00 02:10:20",
        "-Minutes 02:00:00 02:10:00",
        "+Hours 02:00:00 06:00:00",
        "-Minutes 05:51:00 06:00:00",
        "-Times 05:50:50 05:51:00",
    ];
    assert_eq!(pieces("2026-08-22T02:10:20Z", "2026-08-22T05:50:50Z"), expected);
}

#[test]
fn days_are_counted_up_to_the_nearest_and_what_they_have_too_much_is_taken_away() {
    let expected = [
        "+Minutes 19:59:00 20:00:00",
        "+Hours 20:00:00 00:00:00",
        "+Days 00:00:00 00:00:00",
        "-Hours 22:00:00 00:00:00",
        "+Times 22:00:00 22:00:10",
    ];
    assert_eq!(pieces("2026-08-22T19:59:00Z", "2026-08-25T22:00:10Z"), expected);
}

#[test]
fn what_begins_and_ends_with_an_hour_is_all_hours() {
    assert_eq!(pieces("1969-12-31T23:00:00Z", "1970-01-01T01:00:00Z"), ["+Hours 23:00:00 01:00:00"]);
}

#[test]
fn what_is_nearest_to_one_hour_is_all_minutes() {
    assert_eq!(pieces("2026-08-22T01:31:00Z", "2026-08-22T02:29:00Z"), ["+Minutes 01:31:00 02:29:00"]);
}

#[test]
fn what_is_nearest_to_one_minute_is_counted_time_by_time() {
    let expected = ["+Times 01:59:30.000001 02:00:29.999999"];
    assert_eq!(pieces("2026-08-22T01:59:30.000001Z", "2026-08-22T02:00:29.999999Z"), expected);
}

#[test]
fn nothing_is_cut_into_nothing() {
    let now = "2026-08-22T01:59:10Z";
    assert!(pieces(now, now).is_empty() && pieces("2026-08-23T00:00:00Z", now).is_empty());
}

#[test]
fn all_of_time_is_days() {
    let days = Piece { unit: Unit::Days, window: Window::default(), is_taken_away: false };
    assert_eq!(cut(Window::default()), [days]);
}

/// Often at or beside a border, in any of the years there are.
fn times() -> impl Strategy<Value = DateTime<Utc>> {
    let hours = prop_oneof![
        -17_259_888_i64..-17_259_884,
        -2_i64..2,
        496_000_i64..496_004,
        70_389_524_i64..70_389_528,
        -17_259_888_i64..70_389_528,
    ];
    let seconds = prop_oneof![Just(0_i64), (0_i64..60).prop_map(|minute| minute * 60), 0_i64..3_600];
    let micros = prop_oneof![Just(0_i64), Just(1), Just(-1), 0_i64..1_000_000];
    (hours, seconds, micros).prop_map(|(hour, seconds, micros)| {
        let Window { from, to } = Window::default();
        let time =
            DateTime::from_timestamp(hour * 3_600 + seconds, 0).unwrap() + TimeDelta::microseconds(micros);
        time.clamp(from, to)
    })
}

/// How many of the times lie in a window.
fn count(window: &Window, times: &[DateTime<Utc>]) -> i64 {
    let within = times.iter().filter(|time| (window.from..window.to).contains(time));
    i64::try_from(within.count()).unwrap()
}

/// How many of the times a piece adds, where stretches are counted as they are stored: by their starts.
fn count_piece(piece: &Piece, times: &[DateTime<Utc>]) -> i64 {
    let start = |time: &DateTime<Utc>, width| {
        DateTime::from_timestamp(time.timestamp().div_euclid(width) * width, 0).unwrap()
    };
    let stored = |time: &DateTime<Utc>| piece.unit.width().map_or(*time, |width| start(time, width));
    let count = count(&piece.window, &times.iter().map(stored).collect::<Vec<_>>());
    if piece.is_taken_away { -count } else { count }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_pieces_count_as_the_window_does(from in times(), to in times(), stored in vec(times(), 0..40)) {
        let window = Window { from, to };
        let stored: Vec<_> = stored.into_iter().chain([from, to]).collect();
        let counted: i64 = cut(window).iter().map(|piece| count_piece(piece, &stored)).sum();
        prop_assert_eq!(counted, count(&window, &stored));
    }

    #[test]
    fn a_minute_of_times_an_hour_of_minutes_and_a_day_of_hours_are_the_most(from in times(), to in times()) {
        let most = [
            (Unit::Times, TimeDelta::minutes(1)),
            (Unit::Minutes, TimeDelta::hours(1)),
            (Unit::Hours, TimeDelta::days(1)),
        ];
        for (unit, most) in most {
            let pieces = cut(Window { from, to }).into_iter().filter(|piece| piece.unit == unit);
            let length: TimeDelta = pieces.map(|piece| piece.window.to - piece.window.from).sum();
            prop_assert!(length <= most, "{length} of {unit:?}");
        }
    }
}
