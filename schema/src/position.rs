//! Where a record stands in the log: the identity of an event.

use crate::StreamId;

/// A record's place: its stream and its offset there.
///
/// The order is (stream, offset). It settles ties between equal dates, so that every reader settles them alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The incarnation of a topic partition.
    pub stream: StreamId,
    /// The Kafka offset in it.
    pub offset: i64,
}
