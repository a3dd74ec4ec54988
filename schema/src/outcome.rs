//! Outcomes: whether it went well.

use std::error::Error;
use std::fmt;

use bytes::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::Claim;

/// How a part, or a service as a whole, stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// It has not closed.
    #[default]
    Open,
    /// It closed well.
    Good,
    /// It closed badly.
    Bad,
}

/// How a payload stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// All services seen have closed well.
    Success,
    /// A service has closed badly.
    Failure,
    /// Neither.
    InProgress,
}

/// The status that closed something: the latest one that closes, by (date, stream, offset).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// Its rank.
    pub claim: Claim,
    /// What it said.
    pub status: String,
}

/// What statuses say of one thing: of a part, or of no part in particular.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// What its closing says.
    pub state: State,
    /// What decides.
    pub closing: Option<Closing>,
    /// How many statuses there are.
    pub status_count: i64,
    /// How many of them close badly.
    pub bad_closings: i64,
}

/// Where a payload failed first: of all that closed badly and not well afterwards, what closed first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The closing, decided as everywhere: its date, stream and offset.
    pub closing: Closing,
    /// Who says so.
    pub service: String,
    /// For which of its sources.
    pub source: Option<String>,
    /// Of which part.
    pub part: Option<String>,
}

impl State {
    /// As it is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Good => "good",
            Self::Bad => "bad",
        }
    }
}

impl<'a> FromSql<'a> for State {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let name = <&str>::from_sql(kind, raw)?;
        let states = [Self::Open, Self::Good, Self::Bad];
        states.into_iter().find(|state| state.as_str() == name).ok_or_else(|| "no state".into())
    }

    fn accepts(kind: &Type) -> bool {
        <&str as FromSql<'_>>::accepts(kind)
    }
}

impl ToSql for Outcome {
    to_sql_checked!();

    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        self.as_str().to_sql(kind, out)
    }

    fn accepts(kind: &Type) -> bool {
        <&str as ToSql>::accepts(kind)
    }
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 3] = [Self::Success, Self::Failure, Self::InProgress];

    /// As it is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::InProgress => "in_progress",
        }
    }
}

impl Unit {
    /// Whether it closed badly, and well in the end.
    pub fn is_recovered(&self) -> bool {
        self.state == State::Good && self.bad_closings > 0
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
