//! Statuses.

mod at;
mod count;
mod kind;
mod list;
mod slice;
mod timeline;
mod timelines;

use schema::{RequestId, Status};

pub(crate) use self::at::at;
pub(crate) use self::list::list;
pub(crate) use self::slice::{slice, total};
pub(crate) use self::timeline::timeline;
pub(crate) use self::timelines::timelines;
use super::condition::{start, start_of};
use super::slice::{Key, Mark, Marks, OrderKey};
use super::{Among, Appended, Conditions, Snapshot, Walk, Window};

pub(super) const COLUMNS: &str = "statuses.id, statuses.stream_id, statuses.record_offset, statuses.request_id, statuses.part,
    statuses.service, statuses.source, statuses.status, statuses.account, statuses.org_id, statuses.inventory_id,
    statuses.system_id, statuses.date, statuses.created_at, statuses.status_msg_start";

/// Statuses are their payload's organisation's to see.
const VISIBLE: &str =
    "($2::text is null or exists (select from payloads where payloads.request_id = $1 and org_id = $2))";

/// So much of a message GraphQL shows in a list: somebody may send a megabyte, a thousand times.
pub(crate) const SHOWN_CHARACTERS: u16 = 4_096;

/// How much of each status's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Messages {
    /// All of it.
    Whole,
    /// So many characters.
    First(u16),
}

impl Messages {
    pub(super) fn sql(self) -> String {
        match self {
            Self::Whole => "statuses.status_msg".to_owned(),
            Self::First(most) => format!("left(statuses.status_msg, {most}) as status_msg"),
        }
    }
}

/// Which statuses. The attributes are those of the payload, as they are shown with it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) service: Among<String>,
    pub(crate) source: Among<String>,
    pub(crate) status: Among<String>,
    pub(crate) status_msg: Among<String>,
    pub(crate) request_id: Among<RequestId>,
    pub(crate) account: Among<String>,
    pub(crate) org_id: Among<String>,
    pub(crate) inventory_id: Among<String>,
    pub(crate) system_id: Among<String>,
    pub(crate) date: Window,
    pub(crate) created_at: Window,
    /// By a point of the log that isn't a time alone. No index has it.
    pub(crate) appended: Option<Appended>,
}

/// In which order. Messages go by their start; a source or message that isn't there sorts as the empty text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sort {
    #[default]
    Date,
    Service,
    Source,
    RequestId,
    Status,
    StatusMsg,
    CreatedAt,
}

impl Sort {
    /// By column names alone, for tables of which only one has them.
    fn sql(self) -> String {
        let key = match self {
            Self::Date => "date",
            Self::Service => "service",
            Self::Source => "coalesce(source, '')",
            Self::RequestId => "request_id",
            Self::Status => "status",
            Self::StatusMsg => return start("status_msg"),
            Self::CreatedAt => "created_at",
        };
        key.to_owned()
    }

    /// Whether it goes by what there are few values of.
    fn is_by_kind(self) -> bool {
        matches!(self, Self::Service | Self::Source | Self::Status)
    }

    /// Whether it goes by a time.
    pub(crate) fn is_by_time(self) -> bool {
        matches!(self, Self::Date | Self::CreatedAt)
    }

    /// By the columns of statuses, whatever is joined with them.
    fn key(self) -> OrderKey {
        let (sql, cast) = match self {
            Self::Date => ("statuses.date".to_owned(), ""),
            Self::Service => ("statuses.service".to_owned(), "::text"),
            Self::Source => ("coalesce(statuses.source, '')".to_owned(), "::text"),
            Self::RequestId => ("statuses.request_id".to_owned(), "::text"),
            Self::Status => ("statuses.status".to_owned(), "::text"),
            Self::StatusMsg => (start("statuses.status_msg"), "::text"),
            Self::CreatedAt => ("statuses.created_at".to_owned(), ""),
        };
        OrderKey { sql, id: "statuses.id", cast }
    }

    /// Where a status lies in the order.
    pub(crate) fn mark(self, status: &Status) -> Mark {
        let key = match self {
            Self::Date => Key::Time(status.date),
            Self::Service => Key::Text(status.service.clone()),
            Self::Source => Key::Text(status.source.clone().unwrap_or_default()),
            Self::RequestId => Key::Text(status.request_id.to_string()),
            Self::Status => Key::Text(status.status.clone()),
            Self::StatusMsg => {
                Key::Text(start_of(status.status_msg.as_deref().unwrap_or_default()).to_owned())
            }
            Self::CreatedAt => Key::Time(status.created_at),
        };
        Mark { key, id: status.id }
    }
}

/// Where a page lies: along a walk in an order, between marks.
#[derive(Clone, Copy, Debug)]
struct Cut<'a> {
    sort: Sort,
    walk: Walk,
    marks: Marks<'a>,
}

impl Filter {
    /// Those of them that there had been.
    #[must_use]
    pub(crate) fn until(self, appended: Appended) -> Self {
        match appended.time_alone() {
            Some(time) => Self { created_at: self.created_at.up_to(time), ..self },
            None => Self { appended: Some(appended), ..self },
        }
    }

    /// Those among which what no index has is looked for, one by one.
    fn candidates(&self) -> Self {
        Self { appended: None, ..self.clone() }
    }

    /// What `status_kinds` knows too.
    fn labels(&self) -> Conditions<'_> {
        let mut conditions = Conditions::default();
        conditions.among("service", &self.service);
        conditions.among("source", &self.source);
        conditions.among("status", &self.status);
        conditions
    }

    fn conditions<'a>(&'a self, snapshot: &'a Snapshot<'_>) -> Conditions<'a> {
        let mut conditions = self.labels();
        self.attributes(snapshot, &mut conditions);
        conditions.among_by_their_start("statuses.status_msg", &self.status_msg);
        conditions.among("statuses.request_id", &self.request_id);
        self.windows(&mut conditions);
        if let Some(appended) = &self.appended {
            conditions.had_been_appended("statuses", appended);
        }
        conditions
    }

    fn windows<'a>(&'a self, conditions: &mut Conditions<'a>) {
        conditions.within("statuses.date", &self.date);
        conditions.within("statuses.created_at", &self.created_at);
    }

    /// What is asked of the payloads.
    fn attributes<'a>(&'a self, snapshot: &'a Snapshot<'_>, conditions: &mut Conditions<'a>) {
        conditions.equal_by_its_start("payloads.org_id", snapshot.org_id());
        conditions.among_by_their_start("payloads.account", &self.account);
        conditions.among_by_their_start("payloads.org_id", &self.org_id);
        conditions.among_by_their_start("payloads.inventory_id", &self.inventory_id);
        conditions.among_by_their_start("payloads.system_id", &self.system_id);
    }

    /// Whether nothing can match.
    fn is_impossible(&self) -> bool {
        let labels = [&self.service, &self.source, &self.status, &self.status_msg];
        let attributes = [&self.account, &self.org_id, &self.inventory_id, &self.system_id];
        labels.into_iter().chain(attributes).any(Among::is_empty) || self.request_id.is_empty()
    }

    /// Joined only where a filter asks for it.
    fn tables(&self, snapshot: &Snapshot<'_>) -> &'static str {
        if self.is_of_statuses(snapshot) {
            "statuses"
        } else {
            "statuses join payloads on payloads.request_id = statuses.request_id"
        }
    }

    /// Whether nothing is asked of the payloads.
    fn is_of_statuses(&self, snapshot: &Snapshot<'_>) -> bool {
        let attributes = [&self.account, &self.org_id, &self.inventory_id, &self.system_id];
        attributes.into_iter().all(Among::is_open) && snapshot.org_id().is_none()
    }
}
