//! Which events, and which of them.

use schema::{RequestId, StreamId};

use super::Place;
use crate::queries::{Among, Window};

/// Which events.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) stream: Among<StreamId>,
    pub(crate) topic: Among<String>,
    pub(crate) partition: Among<i32>,
    pub(crate) request_id: Option<RequestId>,
    pub(crate) appended_at: Window,
}

/// So many events between two, which don't belong to it, from the first or from the last one on.
#[derive(Clone, Debug)]
pub(crate) struct Stretch {
    pub(crate) after: Option<Place>,
    pub(crate) before: Option<Place>,
    pub(crate) most: i64,
    pub(crate) is_from_end: bool,
}
