//! Slots: how many connections are open at once, in all and of each client.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{Response as Answer, ServerError};
use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use metrics::gauge;

use crate::client::Client;
use crate::error::RETRY_AFTER;
use crate::graphql::error::{code, coded};
use crate::metric;

/// All of them.
pub(super) struct Slots {
    most: u32,
    most_of_client: u32,
    taken: Mutex<Taken>,
}

/// How many are taken. Who has none isn't remembered.
#[derive(Default)]
struct Taken {
    all: u32,
    by_client: HashMap<Client, u32>,
}

/// That of one connection, until it is dropped.
#[must_use]
pub(super) struct Slot {
    slots: Arc<Slots>,
    client: Client,
}

/// Why there is no slot.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// So many are open, whoever they are.
    All(u32),
    /// So many are the client's own.
    Client(u32),
}

impl Slots {
    pub(super) fn new(most: NonZeroU32, most_of_client: NonZeroU32) -> Arc<Self> {
        let (most, most_of_client) = (most.get(), most_of_client.get());
        Arc::new(Self { most, most_of_client, taken: Mutex::default() })
    }

    /// A slot for a connection of the client, if there is one.
    pub(super) fn take(self: &Arc<Self>, client: Client) -> Result<Slot, Full> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.by_client.get(&client).is_some_and(|own| *own >= self.most_of_client) {
            return Err(Full::Client(self.most_of_client));
        }
        if taken.all >= self.most {
            return Err(Full::All(self.most));
        }
        taken.all += 1;
        *taken.by_client.entry(client.clone()).or_default() += 1;
        gauge!(metric::SOCKETS).increment(1.0);
        Ok(Slot { slots: Arc::clone(self), client })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
        gauge!(metric::SOCKETS).decrement(1.0);
        if let Some(own) = taken.by_client.get_mut(&self.client) {
            *own -= 1;
            if *own == 0 {
                taken.by_client.remove(&self.client);
            }
        }
    }
}

impl IntoResponse for Full {
    fn into_response(self) -> Response {
        let (status, message) = match self {
            Self::All(most) => (
                StatusCode::SERVICE_UNAVAILABLE,
                format!("no more than {most} WebSocket connections at once, try again later"),
            ),
            Self::Client(most) => (
                StatusCode::TOO_MANY_REQUESTS,
                format!(
                    "no more than {most} WebSocket connections of one client at once, close one, or try again later"
                ),
            ),
        };
        let error = coded(ServerError::new(message, None), code::TOO_MANY_CONNECTIONS);
        let retry = [(header::RETRY_AFTER, RETRY_AFTER)];
        (status, retry, Json(Answer::from_errors(vec![error]))).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_is_gone_leaves_nothing() {
        let slots = Slots::new(NonZeroU32::new(3).unwrap(), NonZeroU32::new(2).unwrap());
        let client = |name: &str| Client::Tenant(name.to_owned());
        let own = [slots.take(client("one")).unwrap(), slots.take(client("one")).unwrap()];
        assert_eq!(slots.take(client("one")).err(), Some(Full::Client(2)));
        let other = slots.take(client("other")).unwrap();
        assert_eq!(slots.take(client("third")).err(), Some(Full::All(3)));
        drop(own);
        assert!(slots.take(client("third")).is_ok());
        drop(other);
        let taken = slots.taken.lock().unwrap();
        assert_eq!((taken.all, taken.by_client.len()), (0, 0));
    }
}
