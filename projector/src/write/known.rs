//! What was there before a batch: that is changed, and all else is new.

use std::collections::{HashMap, HashSet};

use schema::{NameId, Part, Payload, RequestId, Service};

use projection::View;

/// The keys of the rows that are stored already.
#[derive(Debug, Default)]
pub(crate) struct Known {
    payloads: HashSet<RequestId>,
    services: HashSet<(RequestId, NameId)>,
    parts: HashSet<(RequestId, NameId, NameId)>,
}

impl Known {
    /// All that views hold that were loaded.
    pub(super) fn of(views: &HashMap<RequestId, View>) -> Self {
        let mut known = Self::default();
        for (id, view) in views {
            known.payloads.extend(view.payload.iter().map(|payload| payload.request_id.clone()));
            known.services.extend(view.services.keys().map(|service| (id.clone(), *service)));
            known.parts.extend(view.parts.keys().map(|(service, part)| (id.clone(), *service, *part)));
        }
        known
    }

    pub(super) fn has_payload(&self, payload: &Payload) -> bool {
        self.payloads.contains(&payload.request_id)
    }

    pub(super) fn has_service(&self, service: &Service) -> bool {
        let id = Service::id(&service.service, service.source.as_deref());
        self.services.contains(&(service.request_id.clone(), id))
    }

    pub(super) fn has_part(&self, part: &Part) -> bool {
        self.parts.contains(&(part.request_id.clone(), part.service_id, Part::id(&part.part)))
    }
}
