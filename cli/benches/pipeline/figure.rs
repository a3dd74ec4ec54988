//! Figures: what was measured, beside what it must hold.

use crate::say;

/// A measured value.
pub(crate) struct Figure {
    name: String,
    unit: &'static str,
    /// One for each round, in order of size.
    values: Vec<f64>,
    limit: Option<Limit>,
}

/// What the median must hold.
#[derive(Clone, Copy)]
enum Limit {
    AtLeast(f64),
    AtMost(f64),
}

impl Figure {
    /// Measured in rounds, of which the median counts.
    pub(crate) fn of_rounds(name: &str, unit: &'static str, mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        Self { name: name.to_owned(), unit, values, limit: None }
    }

    /// Measured once.
    pub(crate) fn of(name: &str, unit: &'static str, value: f64) -> Self {
        Self::of_rounds(name, unit, vec![value])
    }

    pub(crate) fn at_least(self, limit: f64) -> Self {
        Self { limit: Some(Limit::AtLeast(limit)), ..self }
    }

    pub(crate) fn at_most(self, limit: f64) -> Self {
        Self { limit: Some(Limit::AtMost(limit)), ..self }
    }

    fn median(&self) -> f64 {
        let middle = self.values.len() / 2;
        match self.values.len() {
            0 => f64::NAN,
            count if count % 2 == 0 => f64::midpoint(self.values[middle - 1], self.values[middle]),
            _ => self.values[middle],
        }
    }

    fn spread(&self) -> String {
        match &self.values[..] {
            [least, .., most] => format!("{} to {}", number(*least), number(*most)),
            _ => String::new(),
        }
    }

    fn limit(&self) -> (String, &'static str) {
        let verdict = |holds| if holds { "ok" } else { "MISSED" };
        match self.limit {
            None => (String::new(), ""),
            Some(Limit::AtLeast(limit)) => {
                (format!("at least {}", number(limit)), verdict(self.median() >= limit))
            }
            Some(Limit::AtMost(limit)) => {
                (format!("at most {}", number(limit)), verdict(self.median() <= limit))
            }
        }
    }
}

/// Prints them all, each beside its limit.
pub(crate) fn print(figures: &[Figure]) {
    say("");
    say(&format!("{:<58} {:>10} {:<12} {:<22} {:<17}", "figure", "median", "", "spread", "limit"));
    for figure in figures {
        let (limit, verdict) = figure.limit();
        let (name, median, unit, spread) =
            (&figure.name, number(figure.median()), figure.unit, figure.spread());
        say(format!("{name:<58} {median:>10} {unit:<12} {spread:<22} {limit:<17} {verdict}").trim_end());
    }
}

/// With as many digits as say something.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        size if size < 10.0 => format!("{value:.2}"),
        size if size < 1_000.0 => format!("{value:.1}"),
        _ => thousands(value),
    }
}

fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
