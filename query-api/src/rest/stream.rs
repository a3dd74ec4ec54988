//! Bodies that are made while they are sent: an array between what comes before it and what comes after.

use std::future::ready;
use std::mem;

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use serde::Serialize;

use crate::error::ApiError;

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

/// Answers with a stream's first chunk and goes on from there. What fails before it is an error as any other; what fails later
/// breaks the body off, which no client takes for a whole one.
pub(super) async fn answer(
    chunks: impl Stream<Item = Result<Bytes, ApiError>> + Send + 'static,
) -> Result<Response, ApiError> {
    let mut chunks = Box::pin(chunks);
    let first = chunks.next().await.transpose()?.unwrap_or_default();
    let body = Body::from_stream(stream::once(ready(Ok(first))).chain(chunks));
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}
