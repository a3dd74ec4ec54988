//! Persisted queries: who has sent a query once sends no more than its hash from then on.
//!
//! The protocol is that of Apollo's clients (<https://www.apollographql.com/docs/apollo-server/performance/apq>): a hash that isn't
//! known is refused, and the client sends the query with it.

use std::num::NonZero;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextPrepareRequest};
use async_graphql::{Request, ServerError, ServerResult, Value, from_value};
use async_trait::async_trait;
use lru::LruCache;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::error::{code, coded};

/// So many are kept, those that were asked for last: with the length that a query may have, 16 MiB at most.
const MOST: NonZero<usize> = NonZero::new(1_000).expect("it is more than nothing");

type Hash = [u8; 32];

/// The queries that are known by their hashes, to all who ask.
#[derive(Clone)]
pub(super) struct Persisted(Arc<Mutex<LruCache<Hash, String>>>);

/// As a request names one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    version: i32,
    sha256_hash: String,
}

impl Persisted {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(LruCache::new(MOST))))
    }

    fn known(&self) -> MutexGuard<'_, LruCache<Hash, String>> {
        // What broke elsewhere left whole entries behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Named {
    fn read(value: Value) -> ServerResult<Hash> {
        let named: Self = from_value(value)
            .map_err(|_| refused("persistedQuery has a version and a sha256Hash", code::BAD_REQUEST))?;
        if named.version != 1 {
            return Err(refused("persistedQuery is known in version 1", code::BAD_REQUEST));
        }
        let mut hash = Hash::default();
        hex::decode_to_slice(&named.sha256_hash, &mut hash)
            .map_err(|_| refused("sha256Hash has 64 hex digits", code::BAD_REQUEST))?;
        Ok(hash)
    }
}

fn refused(message: &str, code: &'static str) -> ServerError {
    coded(ServerError::new(message, None), code)
}

impl ExtensionFactory for Persisted {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(self.clone())
    }
}

#[async_trait]
impl Extension for Persisted {
    async fn prepare_request(
        &self,
        context: &ExtensionContext<'_>,
        mut request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        let Some(named) = request.extensions.remove("persistedQuery") else {
            return next.run(context, request).await;
        };
        let hash = Named::read(named)?;
        if request.query.is_empty() {
            let known = self.known().get(&hash).cloned();
            // Clients go by these words.
            request.query =
                known.ok_or_else(|| refused("PersistedQueryNotFound", code::PERSISTED_QUERY_NOT_FOUND))?;
            return next.run(context, request).await;
        }
        if Sha256::digest(&request.query)[..] != hash {
            return Err(refused("sha256Hash is not that of the query", code::BAD_REQUEST));
        }
        let query = request.query.clone();
        // Whatever is refused isn't kept.
        let request = next.run(context, request).await?;
        self.known().put(hash, query);
        Ok(request)
    }
}
