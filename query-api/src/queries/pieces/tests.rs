use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// The pieces that aren't empty: hours, minutes, edges.
fn pieces(from: &str, to: &str) -> [Vec<String>; 3] {
    let shown = |windows: &[Window]| {
        let filled = windows.iter().filter(|window| !window.is_empty());
        filled.map(|Window { from, to }| format!("{} {}", from.format("%T%.f"), to.format("%T%.f"))).collect()
    };
    let Pieces { hours, minutes, edges } = Pieces::of(Window { from: time(from), to: time(to) });
    [shown(&[hours]), shown(&minutes), shown(&edges)]
}

#[test]
fn a_window_is_cut_at_its_first_and_last_hour_and_minute() {
    let [hours, minutes, edges] = pieces("2026-08-22T01:58:59.5Z", "2026-08-22T04:01:00.25Z");
    assert_eq!(hours, ["02:00:00 04:00:00"]);
    assert_eq!(minutes, ["01:59:00 02:00:00", "04:00:00 04:01:00"]);
    assert_eq!(edges, ["01:58:59.500 01:59:00", "04:01:00 04:01:00.250"]);
}

#[test]
fn what_begins_and_ends_with_an_hour_is_all_hours() {
    let [hours, minutes, edges] = pieces("1969-12-31T23:00:00Z", "1970-01-01T01:00:00Z");
    assert_eq!(hours, ["23:00:00 01:00:00"]);
    assert_eq!((minutes.len(), edges.len()), (0, 0));
}

#[test]
fn what_begins_and_ends_with_a_minute_has_no_edges() {
    let [hours, minutes, edges] = pieces("2026-08-22T01:01:00Z", "2026-08-22T02:01:00Z");
    assert_eq!((hours.len(), edges.len()), (0, 0));
    assert_eq!(minutes, ["01:01:00 02:01:00"]);
}

#[test]
fn what_holds_no_whole_minute_is_one_edge() {
    let [hours, minutes, edges] = pieces("2026-08-22T01:59:00.000001Z", "2026-08-22T02:00:59.999999Z");
    assert_eq!((hours.len(), minutes.len()), (0, 0));
    assert_eq!(edges, ["01:59:00.000001 02:00:59.999999"]);
}

#[test]
fn nothing_is_cut_into_nothing() {
    let now = "2026-08-22T01:59:00Z";
    assert_eq!(pieces(now, now), [const { Vec::<String>::new() }; 3]);
    assert_eq!(pieces("2026-08-23T00:00:00Z", now), [const { Vec::<String>::new() }; 3]);
}

#[test]
fn all_of_time_is_hours() {
    let pieces = Pieces::of(Window::default());
    assert_eq!(pieces.counted().collect::<Vec<_>>(), [(HOUR, &Window::default())]);
    assert_eq!(pieces.edges().count(), 0);
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
fn count(window: &Window, times: &[DateTime<Utc>]) -> usize {
    times.iter().filter(|time| (window.from..window.to).contains(time)).count()
}

/// How many of the times lie in stretches that start in a piece, as they are stored.
fn count_stretches((width, piece): (i32, &Window), times: &[DateTime<Utc>]) -> usize {
    let width = i64::from(width);
    let start = |time: &DateTime<Utc>| time.timestamp().div_euclid(width) * width;
    let starts = times.iter().map(|time| DateTime::from_timestamp(start(time), 0).unwrap());
    count(piece, &starts.collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_pieces_count_as_the_window_does(from in times(), to in times(), stored in vec(times(), 0..40)) {
        let window = Window { from, to };
        let stored: Vec<_> = stored.into_iter().chain([from, to]).collect();
        let pieces = Pieces::of(window);
        let counted: usize = pieces.counted().map(|piece| count_stretches(piece, &stored)).sum();
        let edges: usize = pieces.edges().map(|edge| count(edge, &stored)).sum();
        prop_assert_eq!(counted + edges, count(&window, &stored));
    }

    #[test]
    fn what_is_counted_row_by_row_is_less_than_two_minutes(from in times(), to in times()) {
        let length: TimeDelta = Pieces::of(Window { from, to }).edges().map(|edge| edge.to - edge.from).sum();
        prop_assert!(length < TimeDelta::minutes(2));
    }
}
