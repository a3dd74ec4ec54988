//! A machine whose clock is days off: what is appended, in which order and to which day depends on the database's clock alone.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::Command;

use testkit::TestDatabase;

use crate::ingest::Ingest;
use crate::ledger::Ledger;
use crate::topic::Topic;

const DAY: i64 = 86_400;

/// Builds what gives a process another time of day.
fn build_shift(folder: &Path) -> String {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/main/clock/shift.c");
    let library = folder.join("shift.so").display().to_string();
    let built = Command::new("cc").args(["-shared", "-fPIC", "-o", &library, source]).status().unwrap();
    assert!(built.success());
    library
}

/// What a process is told the time is.
fn time_of_day(library: &str, shift: i64) -> i64 {
    let mut date = Command::new("date");
    date.arg("+%s").env("LD_PRELOAD", library).env("CLOCK_SHIFT", shift.to_string());
    String::from_utf8(date.output().unwrap().stdout).unwrap().trim().parse().unwrap()
}

// Seen to fail with appended_at taken from the clock of the process.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_days_off_changes_neither_order_nor_days() {
    let folder = tempfile::tempdir().unwrap();
    let library = build_shift(folder.path());
    let (topic, database) = (Topic::create("clock", 2).await, TestDatabase::create().await.unwrap());
    let mut ledger = Ledger::open(&topic, &database).await;
    for shift in [3 * DAY, -DAY, 0] {
        assert!((time_of_day(&library, shift) - chrono::Utc::now().timestamp() - shift).abs() < 600);
        let clock = [("LD_PRELOAD", library.clone()), ("CLOCK_SHIFT", shift.to_string())];
        let ingest = Ingest::start_with(&topic, &database, &clock);
        ledger.publish(500).await;
        ledger.assert_complete().await;
        assert!(ingest.stop().await);
    }
    let is_of_now =
        "select bool_and(appended_at between now() - interval '10 minutes' and now()) from events";
    assert!(ledger.one::<bool>(is_of_now).await, "each is in the day that it was appended in");
    let unforeseen = "select count(*) from only events_default";
    assert_eq!(ledger.one::<i64>(unforeseen).await, 0, "and that day was foreseen");
}
