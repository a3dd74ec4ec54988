//! An answer: how fast a question was answered, and what else was measured beside it.

use super::load::Answered;
use super::question::Question;
use super::recording::Recording;
use crate::figure::Figure;

/// How a question was answered.
pub(super) struct Answer {
    pub(super) question: Question,
    pub(super) answered: Answered,
    /// A bare handler's, just before.
    pub(super) bare_per_second: f64,
    /// The same SQL's, just after.
    pub(super) sql_per_second: Option<f64>,
    pub(super) recording: Recording,
}

impl Answer {
    /// Beside the bare handler.
    pub(super) fn of_bare(&self) -> f64 {
        self.answered.per_second() / self.bare_per_second
    }

    /// Beside the same SQL.
    pub(super) fn of_sql(&self) -> Option<f64> {
        Some(self.answered.per_second() / self.sql_per_second?)
    }

    /// Beside the incumbent.
    pub(super) fn of_incumbent(&self) -> Option<f64> {
        Some(self.answered.per_second() / self.question.incumbent.as_ref()?.per_second)
    }

    /// What it must hold.
    pub(super) fn figure(&self) -> Option<Figure> {
        let limit = self.question.incumbent.as_ref()?.limit;
        let name = format!("api: {} / incumbent", self.question.path);
        Some(Figure::of(&name, "", self.of_incumbent()?).at_least(limit))
    }
}
