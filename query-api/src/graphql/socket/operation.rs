//! Operations: what a client asks for under an id, as long as there is something to tell.

use async_graphql::{Request, Response, Value};
use axum::extract::ws::Message;
use futures_util::stream::{BoxStream, unfold};
use futures_util::{FutureExt as _, StreamExt as _};
use runtime::retry::chain;
use tokio::sync::mpsc;
use tracing::warn;

use super::message::ToClient;
use crate::access::Viewer;
use crate::error::Cause;
use crate::graphql::live::Slow;
use crate::graphql::reading::Reading;
use crate::graphql::settled::settled;
use crate::graphql::{Served, error};

/// How an operation ended.
pub(super) enum Ended {
    Complete,
    /// What its client is to be told. Not told before it has ended: who hears it may use the id again at once.
    Refused(Message),
    /// It took too slowly what it was told.
    Slow,
    /// Nobody listens any more.
    Unheard,
}

/// Tells all that it answers. What waits to be sent waits without anything of the database.
pub(super) async fn run(
    served: Served,
    viewer: Viewer,
    (id, request): (String, Request),
    outgoing: mpsc::Sender<Message>,
) -> Ended {
    let slow = Slow::default();
    let mut answers = answers(&served, viewer, request.data(slow.clone()));
    let mut is_first = true;
    while let Some(answer) = answers.next().await {
        if let Some(Cause(cause)) = error::cause(&answer) {
            warn!(error = chain(cause.as_ref()), "a subscriber could not be answered");
        }
        let is_refused = std::mem::take(&mut is_first) && answer.data == Value::Null && answer.is_err();
        if is_refused {
            return Ended::Refused(ToClient::Error { id: &id, payload: &answer.errors }.message());
        }
        let told = ToClient::Next { id: &id, payload: &answer }.message();
        if outgoing.send(told).await.is_err() {
            return Ended::Unheard;
        }
    }
    if slow.is_noted() { Ended::Slow } else { Ended::Complete }
}

/// Answers of one snapshot each.
fn answers(served: &Served, viewer: Viewer, request: Request) -> BoxStream<'static, Response> {
    let (request, desk) = Reading::open(served.pool.clone(), viewer.clone(), request);
    let desk = desk.among(served.sockets.seats());
    let request = request.data(viewer).data(served.hub.clone());
    let answers = served.tracker.execute_stream(request);
    unfold((answers, desk), |(mut answers, mut desk)| {
        async move {
            let answer = tokio::select! {
                // First, so that all that can be asked together has been.
                biased;
                answer = settled(answers.next()) => answer?,
                never = desk.serve() => match never {},
            };
            Some((answer, (answers, desk)))
        }
        .boxed()
    })
    .boxed()
}
