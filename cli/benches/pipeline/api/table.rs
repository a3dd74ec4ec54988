//! The table of answers, row by row as they come.

use super::answer::Answer;
use crate::figure::number;
use crate::say;

/// About that of a page of ten.
pub(super) const USUAL_LENGTH: usize = 4_096;

pub(super) fn head() {
    say("");
    say(
        "| question | bytes | requests/s | p50 ms | p99 ms | of a bare handler | of the same SQL | incumbent | times the incumbent |",
    );
    say("|---|---|---|---|---|---|---|---|---|");
}

pub(super) fn row(answer: &Answer) {
    let Answer { question, answered, .. } = answer;
    let optional = |value: Option<f64>| value.map(number).unwrap_or_default();
    say(&format!(
        "| `{}` | {} | {} | {:.2} | {:.2} | {:.3} | {} | {} | {} |",
        question.name(),
        answered.length,
        number(answered.per_second()),
        answered.percentile_ms(0.5),
        answered.percentile_ms(0.99),
        answer.of_bare(),
        optional(answer.of_sql()),
        optional(question.incumbent.as_ref().map(|incumbent| incumbent.per_second)),
        optional(answer.of_incumbent()),
    ));
}
