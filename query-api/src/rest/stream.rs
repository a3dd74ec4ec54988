//! Bodies that are made while they are sent: an array between what comes before it and what comes after.

use std::future::ready;
use std::mem;
use std::time::Duration;

use asynk_strim::try_stream_fn;
use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use metrics::counter;
use runtime::retry::chain;
use serde::Serialize;
use tokio::time::{Instant, sleep_until};
use tracing::warn;

use super::conditional::{Conditional, headers};
use crate::error::{ApiError, QueryError};
use crate::metric;

/// How much is sent at once.
const CHUNK: usize = 16 * 1024;

/// JSON in the making.
pub(super) struct Json {
    text: Vec<u8>,
    is_empty: bool,
}

impl Json {
    /// Begins with what comes before the array's first item.
    pub(super) fn begin(text: String) -> Self {
        Self { text: text.into_bytes(), is_empty: true }
    }

    /// Adds an item. Gives a chunk when there is enough for one.
    pub(super) fn push(&mut self, item: &impl Serialize) -> Option<Bytes> {
        if !mem::take(&mut self.is_empty) {
            self.text.push(b',');
        }
        serde_json::to_writer(&mut self.text, item).expect("texts and numbers are written to memory");
        (self.text.len() >= CHUNK).then(|| mem::take(&mut self.text).into())
    }

    /// The rest, with what comes after the last item.
    pub(super) fn end(mut self, text: &str) -> Bytes {
        self.text.extend_from_slice(text.as_bytes());
        self.text.into()
    }
}

/// Answers with a stream's chunks. The first is no chunk, but the tag of the moment that the others are of; a client that has that
/// already gets no more. What fails before the next one is an error as any other; what fails later breaks the body off, which no
/// client takes for a whole one, and so does the limit of time: a slow client is not to keep a snapshot for ever.
pub(super) async fn answer(
    conditional: &Conditional,
    limit: Duration,
    chunks: impl Stream<Item = Result<Bytes, ApiError>> + Send + 'static,
) -> Result<Response, ApiError> {
    let deadline = Instant::now() + limit;
    let mut chunks = Box::pin(chunks);
    let tag = chunks.next().await.transpose()?.unwrap_or_default();
    let tag = String::from_utf8_lossy(&tag);
    if let Some(response) = conditional.not_modified(&tag) {
        return Ok(response);
    }
    let first = chunks.next().await.transpose()?.unwrap_or_default();
    let body = Body::from_stream(stream::once(ready(Ok(first))).chain(rest(chunks, deadline)));
    Ok(([(header::CONTENT_TYPE, "application/json")], headers(&tag), body).into_response())
}

/// What comes until the deadline. That it broke off is known to nobody else, for the answer's head said 200.
fn rest(
    mut chunks: impl Stream<Item = Result<Bytes, ApiError>> + Send + Unpin + 'static,
    deadline: Instant,
) -> impl Stream<Item = Result<Bytes, ApiError>> + Send + 'static {
    try_stream_fn(move |mut yielder| async move {
        loop {
            let chunk = tokio::select! {
                // Also where a chunk is always ready, for a slow client.
                biased;
                () = sleep_until(deadline) => Err(QueryError::Slow.into()),
                chunk = chunks.next() => match chunk {
                    Some(chunk) => chunk,
                    None => return Ok(()),
                },
            };
            let chunk = chunk.inspect_err(|error| {
                counter!(metric::ANSWERS_BROKEN_OFF).increment(1);
                warn!(error = chain(error), "an answer broke off");
            })?;
            yielder.yield_ok(chunk).await;
        }
    })
}
