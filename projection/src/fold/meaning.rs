//! Meaning: what a status says of the work it is about. The one list of it.

use schema::State;

/// What a status says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Work has begun or goes on. So do all statuses that nobody has listed.
    Opens,
    /// It is done.
    ClosesWell,
    /// It failed.
    ClosesBadly,
}

/// What a status, trimmed and in lower case, means.
pub fn meaning(status: &str) -> Meaning {
    match status {
        "success" | "processed" | "processing_success" => Meaning::ClosesWell,
        "error" | "failed" | "invalid" | "processing_error" => Meaning::ClosesBadly,
        // `received` and `processing` among them.
        _ => Meaning::Opens,
    }
}

impl Meaning {
    /// Whether nothing more is to be expected of this work.
    pub fn closes(self) -> bool {
        self != Self::Opens
    }

    /// The state that it leaves behind.
    pub fn state(self) -> State {
        match self {
            Self::Opens => State::Open,
            Self::ClosesWell => State::Good,
            Self::ClosesBadly => State::Bad,
        }
    }
}
