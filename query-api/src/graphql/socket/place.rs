//! Places: how many connections are open at once, in all and of each client.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{Response as Answer, ServerError};
use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::client::Client;
use crate::error::RETRY_AFTER;
use crate::graphql::error::{code, coded};

/// All places.
pub(super) struct Places {
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
pub(super) struct Place {
    places: Arc<Places>,
    client: Client,
}

/// Why there is no place.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// So many are open, whoever they are.
    All(u32),
    /// So many are the client's own.
    Client(u32),
}

impl Places {
    pub(super) fn new(most: NonZeroU32, most_of_client: NonZeroU32) -> Arc<Self> {
        let (most, most_of_client) = (most.get(), most_of_client.get());
        Arc::new(Self { most, most_of_client, taken: Mutex::default() })
    }

    /// A place for a connection of the client, if there is one.
    pub(super) fn take(self: &Arc<Self>, client: Client) -> Result<Place, Full> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.by_client.get(&client).is_some_and(|own| *own >= self.most_of_client) {
            return Err(Full::Client(self.most_of_client));
        }
        if taken.all >= self.most {
            return Err(Full::All(self.most));
        }
        taken.all += 1;
        *taken.by_client.entry(client.clone()).or_default() += 1;
        Ok(Place { places: Arc::clone(self), client })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
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
                format!("no more than {most} WebSocket connections of one client at once, close one first"),
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
        let places = Places::new(NonZeroU32::new(3).unwrap(), NonZeroU32::new(2).unwrap());
        let client = |name: &str| Client::Tenant(name.to_owned());
        let own = [places.take(client("one")).unwrap(), places.take(client("one")).unwrap()];
        assert_eq!(places.take(client("one")).err(), Some(Full::Client(2)));
        let other = places.take(client("other")).unwrap();
        assert_eq!(places.take(client("third")).err(), Some(Full::All(3)));
        drop(own);
        places.take(client("third")).unwrap();
        drop(other);
        let taken = places.taken.lock().unwrap();
        assert_eq!((taken.all, taken.by_client.len()), (0, 0));
    }
}
