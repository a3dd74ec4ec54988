//! Which of what happens somebody wants to hear of.

use async_graphql::InputObject;
use schema::{Payload, RequestId, Status};

/// Which of what happens: all that is given must hold, and of each list any.
#[derive(Debug, Default, InputObject)]
pub(in crate::graphql) struct LiveFilter {
    /// Of these payloads: request ids in any form.
    request_id: Option<Vec<String>>,
    /// From these services, in any case.
    service: Option<Vec<String>>,
    /// For these of their sources, in any case.
    source: Option<Vec<String>>,
    /// With these statuses, in any case.
    status: Option<Vec<String>>,
    /// Of payloads of these accounts.
    account: Option<Vec<String>>,
    /// Of payloads of these organisations.
    org_id: Option<Vec<String>>,
    /// Of payloads with these inventory ids.
    inventory_id: Option<Vec<String>>,
    /// Of payloads with these system ids.
    system_id: Option<Vec<String>>,
}

/// The same, as it is compared.
pub(super) struct Wanted {
    request_id: Option<Vec<RequestId>>,
    labels: [Option<Vec<String>>; 3],
    attributes: [Option<Vec<String>>; 4],
}

impl LiveFilter {
    pub(super) fn wanted(self) -> Wanted {
        let ids = |ids: Vec<String>| ids.iter().map(|id| RequestId::lookup(id)).collect();
        let label = |labels: Vec<String>| labels.iter().map(|label| label.trim().to_lowercase()).collect();
        let labels = [self.service, self.source, self.status];
        Wanted {
            request_id: self.request_id.map(ids),
            labels: labels.map(|one| one.map(label)),
            attributes: [self.account, self.org_id, self.inventory_id, self.system_id],
        }
    }
}

impl Wanted {
    /// Whether it is wanted. The attributes are those of the payload, as they are shown with it.
    pub(super) fn holds(&self, status: &Status, payload: &Payload) -> bool {
        let labels = [Some(&status.service), status.source.as_ref(), Some(&status.status)];
        let attributes = [&payload.account, &payload.org_id, &payload.inventory_id, &payload.system_id];
        let is_any = |(wanted, value): (&Option<Vec<String>>, Option<&String>)| {
            wanted.as_ref().is_none_or(|wanted| value.is_some_and(|value| wanted.contains(value)))
        };
        self.request_id.as_ref().is_none_or(|ids| ids.contains(&status.request_id))
            && self.labels.iter().zip(labels).all(is_any)
            && self.attributes.iter().zip(attributes.map(Option::as_ref)).all(is_any)
    }
}
