//! What came of each fault.

use std::collections::BTreeMap;
use std::time::Duration;

use super::nemesis::Nemesis;

/// What came of one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Result {
    /// From the end of the fault until all that was published before is in the log.
    pub(super) recovery: Duration,
    pub(super) is_stuck: bool,
    pub(super) lost: usize,
    pub(super) doubled: usize,
}

#[derive(Default)]
pub(super) struct Table {
    rows: BTreeMap<Nemesis, Vec<Result>>,
}

impl Table {
    pub(super) fn note(&mut self, nemesis: Nemesis, seconds: u64, result: Result) {
        let Result { recovery, is_stuck, lost, doubled } = result;
        let stuck = if is_stuck { ", STUCK" } else { "" };
        let recovered = recovery.as_secs_f64();
        say(&format!(
            "  {nemesis} ({seconds} s): recovered in {recovered:.1} s, {lost} lost, {doubled} doubled{stuck}"
        ));
        self.rows.entry(nemesis).or_default().push(result);
    }

    pub(super) fn stuck(&self) -> usize {
        self.rows.values().flatten().filter(|result| result.is_stuck).count()
    }

    pub(super) fn print(&self) {
        say(&format!(
            "\n{:<58} {:>5} {:>5} {:>7} {:>5}   recovered in: median, most",
            "fault", "times", "lost", "doubled", "stuck"
        ));
        for (nemesis, results) in &self.rows {
            let mut recoveries: Vec<f64> =
                results.iter().map(|result| result.recovery.as_secs_f64()).collect();
            recoveries.sort_by(f64::total_cmp);
            say(&format!(
                "{:<58} {:>5} {:>5} {:>7} {:>5}   {:>18.1} s, {:.1} s",
                nemesis.to_string(),
                results.len(),
                results.iter().map(|result| result.lost).sum::<usize>(),
                results.iter().map(|result| result.doubled).sum::<usize>(),
                results.iter().filter(|result| result.is_stuck).count(),
                recoveries[recoveries.len() / 2],
                recoveries[recoveries.len() - 1],
            ));
        }
    }
}

#[expect(clippy::print_stdout, reason = "it is the result")]
pub(super) fn say(line: &str) {
    println!("{line}");
}
