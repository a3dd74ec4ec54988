//! Statuses.

mod at;
mod count;
mod kind;
mod list;
mod timeline;
mod timelines;

use schema::RequestId;

pub(crate) use self::at::at;
pub(crate) use self::list::list;
pub(crate) use self::timeline::timeline;
pub(crate) use self::timelines::timelines;
use super::condition::start;
use super::{Conditions, Snapshot, Window};

pub(super) const COLUMNS: &str = "statuses.id, statuses.stream_id, statuses.record_offset, statuses.request_id, statuses.part,
    statuses.service, statuses.source, statuses.status, statuses.account, statuses.org_id, statuses.inventory_id,
    statuses.system_id, statuses.date, statuses.created_at";

/// Statuses are their payload's organisation's to see.
const VISIBLE: &str =
    "($2::text is null or exists (select from payloads where payloads.request_id = $1 and org_id = $2))";

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
    pub(crate) service: Option<String>,
    pub(crate) source: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) status_msg: Option<String>,
    pub(crate) request_id: Option<RequestId>,
    pub(crate) account: Option<String>,
    pub(crate) org_id: Option<String>,
    pub(crate) inventory_id: Option<String>,
    pub(crate) system_id: Option<String>,
    pub(crate) date: Window,
    pub(crate) created_at: Window,
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
}

impl Filter {
    /// What `status_kinds` knows too.
    fn labels(&self) -> Conditions<'_> {
        let mut conditions = Conditions::default();
        conditions.equal("service", &self.service);
        conditions.equal("source", &self.source);
        conditions.equal("status", &self.status);
        conditions
    }

    fn conditions<'a>(&'a self, snapshot: &'a Snapshot<'_>) -> Conditions<'a> {
        let mut conditions = self.labels();
        self.attributes(snapshot, &mut conditions);
        conditions.equal_by_its_start("statuses.status_msg", &self.status_msg);
        conditions.equal("statuses.request_id", &self.request_id);
        conditions.within("statuses.date", &self.date);
        conditions.within("statuses.created_at", &self.created_at);
        conditions
    }

    /// What is asked of the payloads.
    fn attributes<'a>(&'a self, snapshot: &'a Snapshot<'_>, conditions: &mut Conditions<'a>) {
        conditions.equal_by_its_start("payloads.org_id", snapshot.org_id());
        conditions.equal_by_its_start("payloads.account", &self.account);
        conditions.equal_by_its_start("payloads.org_id", &self.org_id);
        conditions.equal_by_its_start("payloads.inventory_id", &self.inventory_id);
        conditions.equal_by_its_start("payloads.system_id", &self.system_id);
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
        let attributes =
            [&self.account, &self.org_id, &self.inventory_id, &self.system_id, snapshot.org_id()];
        attributes.into_iter().all(Option::is_none)
    }
}
