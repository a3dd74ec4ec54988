//! Counts: how many there are of what, within which stretch of time, as changes to what is stored.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use schema::{NameId, Outcome, Payload, Service, State, Status};

/// The stretches that are counted, in seconds; 0 is all of time.
const MINUTE: i32 = 60;
const HOUR: i32 = 3_600;
const DAY: i32 = 86_400;
const ALWAYS: i32 = 0;

/// Those in which payloads are counted, and their services.
pub(crate) const WIDTHS: [i32; 4] = [MINUTE, HOUR, DAY, ALWAYS];

/// Which of a status's times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Clock {
    /// When it happened.
    Date,
    /// When it was recorded.
    CreatedAt,
    /// Neither: all of time.
    None,
}

/// Statuses that are alike to whoever filters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Kind {
    pub(crate) service: String,
    pub(crate) source: Option<String>,
    pub(crate) status: String,
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Stretch {
    pub(crate) width: i32,
    pub(crate) start: DateTime<Utc>,
}

/// What is to be added to the counts; less than nothing where something went.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    kinds: HashMap<NameId, (Kind, i64)>,
    minutes: HashMap<(Clock, i64, NameId), i64>,
    payloads: HashMap<(i64, Outcome), i64>,
    services: HashMap<(i64, NameId, State), i64>,
}

impl Counts {
    /// A status came, or went (-1).
    pub(crate) fn add_status(&mut self, status: &Status, change: i64) {
        let id = NameId::of(&[Some(&status.service), status.source.as_deref(), Some(&status.status)]);
        let kind = self.kinds.entry(id).or_insert_with(|| {
            let Status { service, source, status, .. } = status;
            (Kind { service: service.clone(), source: source.clone(), status: status.clone() }, 0)
        });
        kind.1 += change;
        for (clock, time) in [(Clock::Date, status.date), (Clock::CreatedAt, status.created_at)] {
            *self.minutes.entry((clock, minute(time), id)).or_default() += change;
        }
    }

    /// A payload came to be like this, or is no longer (-1).
    pub(crate) fn add_payload(&mut self, payload: &Payload, change: i64) {
        *self.payloads.entry((minute(payload.created_at), payload.outcome())).or_default() += change;
    }

    /// A service came to be like this with a payload that was created then, or is no longer (-1).
    pub(crate) fn add_service(
        &mut self,
        created_at: DateTime<Utc>,
        (id, state): (NameId, State),
        change: i64,
    ) {
        *self.services.entry((minute(created_at), id, state)).or_default() += change;
    }

    /// By kind, what is to be added in all.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = (NameId, &Kind, i64)> {
        self.kinds.iter().map(|(id, (kind, change))| (*id, kind, *change)).filter(|(.., change)| *change != 0)
    }

    /// By clock, stretch and kind, what is to be added of statuses. Always in the same order, as all that is locked.
    pub(crate) fn statuses(&self) -> BTreeMap<(Clock, Stretch, NameId), i64> {
        let mut changes = BTreeMap::new();
        for ((clock, minute, id), change) in &self.minutes {
            for kind in [*id, NameId::ALL] {
                for width in [MINUTE, HOUR, DAY] {
                    *changes.entry((*clock, stretch(width, *minute), kind)).or_default() += change;
                }
            }
            if *clock == Clock::Date {
                *changes.entry((Clock::None, stretch(ALWAYS, 0), NameId::ALL)).or_default() += change;
            }
        }
        changes.retain(|_, change| *change != 0);
        changes
    }

    /// By stretch and outcome, what is to be added of payloads.
    pub(crate) fn payloads(&self) -> BTreeMap<(Stretch, Outcome), i64> {
        let mut changes = BTreeMap::new();
        for ((minute, outcome), change) in &self.payloads {
            for width in WIDTHS {
                *changes.entry((stretch(width, *minute), *outcome)).or_default() += change;
            }
        }
        changes.retain(|_, change| *change != 0);
        changes
    }

    /// By stretch, service and state, what is to be added of payloads.
    pub(crate) fn services(&self) -> BTreeMap<(Stretch, NameId, State), i64> {
        let mut changes = BTreeMap::new();
        // What a batch opens and closes comes to nothing, and there is much of it.
        for ((minute, service, state), change) in self.services.iter().filter(|(_, change)| **change != 0) {
            for width in WIDTHS {
                *changes.entry((stretch(width, *minute), *service, *state)).or_default() += change;
            }
        }
        changes.retain(|_, change| *change != 0);
        changes
    }
}

impl Kind {
    /// The service and source, as `services` names them.
    pub(crate) fn service_id(&self) -> NameId {
        Service::id(&self.service, self.source.as_deref())
    }
}

impl Clock {
    /// As it is stored.
    pub(crate) fn code(self) -> i8 {
        let letter = match self {
            Self::Date => b'd',
            Self::CreatedAt => b'c',
            Self::None => b'a',
        };
        letter.cast_signed()
    }
}

/// Whether two times are counted in different stretches.
pub(crate) fn is_moved(before: DateTime<Utc>, after: DateTime<Utc>) -> bool {
    minute(before) != minute(after)
}

/// Minutes since the epoch.
fn minute(time: DateTime<Utc>) -> i64 {
    time.timestamp().div_euclid(MINUTE.into())
}

fn stretch(width: i32, minute: i64) -> Stretch {
    let seconds = minute * i64::from(MINUTE);
    let start = if width == ALWAYS { 0 } else { seconds - seconds.rem_euclid(width.into()) };
    Stretch { width, start: DateTime::from_timestamp(start, 0).expect("within the years that are decoded") }
}
