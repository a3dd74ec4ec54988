#![doc = include_str!("../README.md")]

mod event;
mod gap;
mod head;
mod migration;
mod payload;
mod position;
mod projection;
mod quarantine;
mod request_id;
mod retired;
mod seal;
mod status;
mod stream;

pub use event::Event;
pub use gap::{GapReason, OffsetGap};
pub use head::{Head, ParseHeadError};
pub use migration::{MigrateError, Migrated, VersionError, check_version, latest_version, migrate};
pub use payload::{Claim, Claims, Latest, Payload};
pub use position::Position;
pub use projection::{GenerationId, PROJECTION_DDL, PROJECTION_VERSION};
pub use quarantine::{Quarantined, Reason};
pub use request_id::{RequestId, RequestIdForm};
pub use retired::RetiredRange;
pub use seal::Seal;
pub use status::Status;
pub use stream::{Stream, StreamId};
