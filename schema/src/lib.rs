#![doc = include_str!("../README.md")]

mod channel;
mod conflict;
mod event;
mod gap;
mod head;
mod lock;
mod migration;
mod name;
mod outcome;
mod part;
mod payload;
mod position;
mod projection;
mod quarantine;
mod request_id;
mod retired;
mod seal;
mod service;
mod status;
mod stream;
mod unreadable;

pub use channel::{APPENDED, PROJECTED};
pub use conflict::{Attribute, Conflict};
pub use event::Event;
pub use gap::{GapReason, OffsetGap};
pub use head::{Head, ParseHeadError};
pub use lock::LOG_LOCK;
pub use migration::{MigrateError, Migrated, VersionError, check_version, latest_version, migrate};
pub use name::NameId;
pub use outcome::{Closing, Failure, Outcome, State, Unit};
pub use part::Part;
pub use payload::{Claim, Claims, Latest, Payload, Tally};
pub use position::Position;
pub use projection::{
    GenerationId, PROJECTION_INDEXES, PROJECTION_POLICIES, PROJECTION_TABLES, PROJECTION_VERSION,
    STATUS_INDEX,
};
pub use quarantine::{Quarantined, Reason};
pub use request_id::{RequestId, RequestIdForm};
pub use retired::RetiredRange;
pub use seal::Seal;
pub use service::{PartCounts, Service};
pub use status::Status;
pub use stream::{Stream, StreamId};
pub use unreadable::{Unreadable, column};
