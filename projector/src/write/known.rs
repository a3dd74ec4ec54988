//! What was there before a batch: that is changed, and all else is new.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use projection::View;
use schema::{NameId, Part, Payload, RequestId, Service};

use super::count::Moved;
use crate::count::is_moved;

/// The keys of the rows that are stored already, and when payloads began.
#[derive(Debug, Default)]
pub(crate) struct Known {
    payloads: HashMap<RequestId, DateTime<Utc>>,
    services: HashSet<(RequestId, NameId)>,
    parts: HashSet<(RequestId, NameId, NameId)>,
}

impl Known {
    /// All that views hold that were loaded.
    pub(super) fn of(views: &HashMap<RequestId, View>) -> Self {
        let mut known = Self::default();
        for (id, view) in views {
            let payload = view.payload.iter();
            known.payloads.extend(payload.map(|payload| (payload.request_id.clone(), payload.created_at)));
            known.services.extend(view.services.keys().map(|service| (id.clone(), *service)));
            known.parts.extend(view.parts.keys().map(|(service, part)| (id.clone(), *service, *part)));
        }
        known
    }

    /// The payloads that begin at another minute now.
    pub(super) fn moved<'a>(&'a self, views: &'a HashMap<RequestId, View>) -> Moved<'a> {
        let payload = |(id, view): (&'a RequestId, &'a View)| {
            let (before, after) = (*self.payloads.get(id)?, view.payload.as_ref()?.created_at);
            is_moved(before, after).then_some((id, before, after))
        };
        let payloads: Vec<_> = views.iter().filter_map(payload).collect();
        let moved: HashSet<&RequestId> = payloads.iter().map(|(id, ..)| *id).collect();
        let services = self.services.iter().filter(|(id, _)| moved.contains(id));
        Moved { payloads, counted: services.map(|(id, service)| (id, *service)).collect() }
    }

    pub(super) fn has_payload(&self, payload: &Payload) -> bool {
        self.payloads.contains_key(&payload.request_id)
    }

    pub(super) fn has_service(&self, service: &Service) -> bool {
        let id = Service::id(&service.service, service.source.as_deref());
        self.services.contains(&(service.request_id.clone(), id))
    }

    pub(super) fn has_part(&self, part: &Part) -> bool {
        self.parts.contains(&(part.request_id.clone(), part.service_id, Part::id(&part.part)))
    }
}
