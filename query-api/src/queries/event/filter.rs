//! Which events.

use schema::{RequestId, StreamId};

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
