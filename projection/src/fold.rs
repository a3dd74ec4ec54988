//! The fold: what a request looks like after statuses, in whatever order they came.
//!
//! Each rule is a minimum, a maximum, a sum or a function of those, so order and batching can't matter. It counts, so it must
//! see each status once: that is the cursor's to guarantee. Part of the projection's version: docs/outcome.md tells every rule.

mod attribute;
mod conflict;
mod meaning;
mod unit;
mod view;

use std::collections::HashMap;

use schema::{RequestId, Status};

pub use self::conflict::Conflicts;
pub use self::meaning::{Meaning, meaning};
pub use self::view::{View, part_of};

/// Folds statuses into the views of the requests they belong to; those not in `views` come into being.
pub fn fold<'a>(views: &mut HashMap<RequestId, View>, statuses: impl IntoIterator<Item = &'a Status>) {
    for status in statuses {
        match views.get_mut(&status.request_id) {
            Some(view) => view.apply(status),
            None => views.entry(status.request_id.clone()).or_default().apply(status),
        }
    }
    views.values_mut().for_each(View::decide);
}

#[cfg(test)]
mod tests;
