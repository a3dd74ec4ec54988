//! Reasons: why a message could not be decoded.

use async_graphql::Enum;

/// Why a message could not be decoded.
#[derive(Clone, Copy, Enum, PartialEq, Eq)]
#[graphql(remote = "schema::Reason")]
pub(super) enum QuarantineReason {
    /// No value at all (a tombstone), or an empty one.
    EmptyValue,
    /// Not JSON: a syntax error, or truncated.
    NotJson,
    /// JSON with more bytes after it.
    TrailingBytes,
    /// JSON, but no object.
    NotAnObject,
    /// Nested deeper than 64.
    TooDeep,
    /// `service` is absent, null, blank or no scalar.
    ServiceMissing,
    /// `request_id` is absent, null, blank or no scalar.
    RequestIdMissing,
    /// `status` is absent, null, blank or no scalar.
    StatusMissing,
    /// `request_id` is of no known form, and not of the length that is let through.
    RequestIdForm,
    /// `date` is absent or null.
    DateMissing,
    /// `date` is no date.
    DateUnparseable,
    /// `date` is outside the years 1 to 9999 (UTC).
    DateOutOfRange,
}
