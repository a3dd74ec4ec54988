//! Reading: all fields of a request read one snapshot, so that its parts agree; over one connection, as a request of REST does.
//!
//! Resolvers must own what they hold, and a snapshot borrows its connection. So it stays with a desk beside the resolvers, which
//! answers their questions one after the other. Both are polled by the same task: dropped with the request, the desk takes the
//! statement that runs with it.

use std::convert::Infallible;
use std::future::{pending, ready};
use std::time::Duration;

use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, Request};
use futures_util::future::{BoxFuture, join};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use runtime::database::Pool;
use tokio::sync::{mpsc, oneshot};

use super::batch::Batches;
use crate::access::Viewer;
use crate::error::{ApiError, QueryError};
use crate::queries::{Connection, Snapshot};

/// What is asked of the snapshot, or of why there is none.
type Question = Box<dyn for<'s> FnOnce(Result<&'s Snapshot<'s>, &ApiError>) -> BoxFuture<'s, ()> + Send>;

/// Who asks.
#[derive(Clone)]
pub(super) struct Reading(mpsc::UnboundedSender<Question>);

/// Who answers.
pub(super) struct Desk {
    pool: Pool,
    viewer: Viewer,
    questions: mpsc::UnboundedReceiver<Question>,
    batches: mpsc::UnboundedReceiver<BoxFuture<'static, ()>>,
}

impl Reading {
    /// The request with what its resolvers ask, and who answers them.
    pub(super) fn open(pool: Pool, viewer: Viewer, request: Request) -> (Request, Desk) {
        let (ask, questions) = mpsc::unbounded_channel();
        let (spawn, batches) = mpsc::unbounded_channel();
        let reading = Self(ask);
        // Whatever is sent to a desk that is gone is of a request that is gone.
        let spawner = move |batch| drop(spawn.send(batch));
        let loader = DataLoader::new(Batches(reading.clone()), spawner)
            .delay(Duration::ZERO)
            .max_batch_size(usize::MAX);
        (request.data(reading).data(loader), Desk { pool, viewer, questions, batches })
    }

    /// That of the request.
    pub(super) fn of<'a>(context: &Context<'a>) -> &'a Self {
        context.data_unchecked()
    }

    /// What the snapshot answers.
    pub(super) async fn ask<T, F>(&self, question: F) -> Result<T, ApiError>
    where
        T: Send + 'static,
        F: for<'s> FnOnce(&'s Snapshot<'s>) -> BoxFuture<'s, Result<T, QueryError>> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let question: Question = Box::new(move |snapshot| match snapshot {
            Ok(snapshot) => {
                question(snapshot).map(|result| drop(answer.send(result.map_err(ApiError::from)))).boxed()
            }
            Err(error) => {
                drop(answer.send(Err(error.clone())));
                ready(()).boxed()
            }
        });
        drop(self.0.send(question));
        // The desk outlives who asks it, unless it broke.
        answered.await.unwrap_or(Err(ApiError::Internal))
    }
}

impl Desk {
    /// Answers for as long as it is polled.
    pub(super) async fn serve(self) -> Infallible {
        let Self { pool, viewer, questions, batches } = self;
        let (never, _) = join(answer(&pool, viewer, questions), run(batches)).await;
        never
    }
}

/// Answers questions from a snapshot that is taken with the first of them.
async fn answer(pool: &Pool, viewer: Viewer, mut questions: mpsc::UnboundedReceiver<Question>) -> Infallible {
    let Some(first) = questions.recv().await else { pending().await };
    let mut connection = Connection::take(pool).await.map_err(ApiError::from);
    let snapshot = match &mut connection {
        Ok(connection) => Snapshot::begin(connection, viewer).await.map_err(ApiError::from),
        Err(error) => Err(error.clone()),
    };
    first(snapshot.as_ref()).await;
    while let Some(question) = questions.recv().await {
        question(snapshot.as_ref()).await;
    }
    pending().await
}

/// Runs what collects the questions of many fields.
async fn run(mut batches: mpsc::UnboundedReceiver<BoxFuture<'static, ()>>) -> Infallible {
    let mut running = FuturesUnordered::new();
    loop {
        tokio::select! {
            Some(batch) = batches.recv() => running.push(batch),
            Some(()) = running.next(), if !running.is_empty() => {}
            else => pending().await,
        }
    }
}
