//! How answers slow down as the tables grow.

use std::path::Path;

use anyhow::Result;

use super::Measured;
use crate::figure::number;
use crate::plot::{self, Line};
use crate::say;

/// As many as a plot can hold.
const LINES: usize = 5;

/// The time of half of all answers, question by question, for each size.
pub(super) fn table(all: &[Measured]) {
    let sizes: Vec<String> = all
        .iter()
        .map(|measured| format!("{} statuses: p50 / p99 ms", number(measured.statuses.into())))
        .collect();
    say("");
    say(&format!("| question | {} |", sizes.join(" | ")));
    say(&format!("|---{}|", "|---".repeat(all.len())));
    for at in 0..all[0].answers.len() {
        let times: Vec<String> = all
            .iter()
            .map(|measured| &measured.answers[at].answered)
            .map(|answered| {
                format!("{:.2} / {:.2}", answered.percentile_ms(0.5), answered.percentile_ms(0.99))
            })
            .collect();
        // Ids and pages differ from size to size.
        say(&format!("| `{}` | {} |", all[0].answers[at].question.name(), times.join(" | ")));
    }
}

/// The questions that the incumbent was asked, but for the first that reads nothing.
pub(super) fn plot(file: &Path, all: &[Measured]) -> Result<()> {
    let asked = (0..all[0].answers.len()).filter(|at| all[0].answers[*at].question.incumbent.is_some());
    let lines: Vec<Line<'_>> = asked
        .skip(1)
        .take(LINES)
        .map(|at| Line {
            name: all[0].answers[at].question.label,
            points: all
                .iter()
                .map(|measured| (measured.statuses.into(), measured.answers[at].answered.percentile_ms(0.5)))
                .collect(),
        })
        .collect();
    plot::write(file, ("p50 in ms, 8 connections", "statuses"), &lines)
}
