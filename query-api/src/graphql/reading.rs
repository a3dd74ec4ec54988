//! Reading: all fields of a request read one snapshot, so that its parts agree; over one connection, as a request of REST does.
//!
//! Resolvers must own what they hold, and a snapshot borrows its connection. So it stays with a desk beside the resolvers, which
//! answers their questions one after the other. Both are polled by the same task: dropped with the request, the desk takes the
//! statement that runs with it.
//!
//! A subscription has a desk for all of its items, and each item a snapshot of its own: what serves is begun anew for each, and between
//! two of them nothing of the database is held.

use std::convert::Infallible;
use std::future::{pending, ready};
use std::sync::Arc;
use std::time::Duration;

use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, Request};
use futures_util::future::{BoxFuture, join};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use runtime::database::Pool;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::timeout;

use super::batch::Batches;
use crate::access::Viewer;
use crate::error::{ApiError, QueryError};
use crate::queries::{Connection, Snapshot};

/// As long as a request may take, and so an answer too: a database that stands still says nothing, not even that it does.
const LIMIT: Duration = Duration::from_secs(10);

/// What is asked of the snapshot, or of why there is none.
type Question = Box<dyn for<'s> FnOnce(Result<&'s Snapshot<'s>, &ApiError>) -> BoxFuture<'s, ()> + Send>;

/// What is said at the desk.
enum Said {
    Question(Question),
    /// Nothing more is asked of this snapshot.
    Leave,
}

/// Who asks.
#[derive(Clone)]
pub(super) struct Reading(mpsc::UnboundedSender<Said>);

/// Who answers.
pub(super) struct Desk {
    pool: Pool,
    viewer: Viewer,
    /// How many snapshots there are at once of those that share them.
    seats: Option<Arc<Semaphore>>,
    said: mpsc::UnboundedReceiver<Said>,
    batches: mpsc::UnboundedReceiver<BoxFuture<'static, ()>>,
}

impl Reading {
    /// The request with what its resolvers ask, and who answers them.
    pub(super) fn open(pool: Pool, viewer: Viewer, request: Request) -> (Request, Desk) {
        let (ask, said) = mpsc::unbounded_channel();
        let (spawn, batches) = mpsc::unbounded_channel();
        let reading = Self(ask);
        // Whatever is sent to a desk that is gone is of a request that is gone.
        let spawner = move |batch| drop(spawn.send(batch));
        let loader = DataLoader::new(Batches(reading.clone()), spawner)
            .delay(Duration::ZERO)
            .max_batch_size(usize::MAX);
        (request.data(reading).data(loader), Desk { pool, viewer, seats: None, said, batches })
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
        drop(self.0.send(Said::Question(question)));
        match timeout(LIMIT, answered).await {
            // The desk outlives who asks it, unless it broke.
            Ok(answered) => answered.unwrap_or(Err(ApiError::Internal)),
            Err(elapsed) => Err(ApiError::Unavailable(Arc::new(elapsed))),
        }
    }

    /// Takes so many bytes of what one answer may hold of long texts.
    pub(super) async fn take_of_answer(&self, bytes: usize) -> Result<(), ApiError> {
        self.ask(move |snapshot| ready(Ok(snapshot.take_of_answer(bytes))).boxed()).await?
    }

    /// Whatever is asked next is asked of a later moment. Until then nothing of the database is held.
    pub(super) fn leave(&self) {
        drop(self.0.send(Said::Leave));
    }
}

impl Desk {
    /// The same, one of those that share so many seats.
    pub(super) fn among(self, seats: Arc<Semaphore>) -> Self {
        Self { seats: Some(seats), ..self }
    }

    /// Answers for as long as it is polled. Dropped, it lets go of its snapshot.
    pub(super) async fn serve(&mut self) -> Infallible {
        let Self { pool, viewer, seats, said, batches } = self;
        let (never, _) = join(answer(pool, viewer, seats.as_deref(), said), run(batches)).await;
        never
    }
}

/// Answers questions from a snapshot that is taken with the first of them, and with the first after somebody has left it.
async fn answer(
    pool: &Pool,
    viewer: &Viewer,
    seats: Option<&Semaphore>,
    said: &mut mpsc::UnboundedReceiver<Said>,
) -> Infallible {
    loop {
        let first = match said.recv().await {
            Some(Said::Question(question)) => question,
            Some(Said::Leave) => continue,
            None => pending().await,
        };
        let _seat = match seats {
            Some(seats) => seats.acquire().await.ok(),
            None => None,
        };
        let mut connection = Connection::take(pool).await.map_err(ApiError::from);
        let snapshot = match &mut connection {
            Ok(connection) => Snapshot::begin(connection, viewer.clone()).await.map_err(ApiError::from),
            Err(error) => Err(error.clone()),
        };
        first(snapshot.as_ref()).await;
        while let Some(Said::Question(question)) = said.recv().await {
            question(snapshot.as_ref()).await;
        }
    }
}

/// Runs what collects the questions of many fields.
async fn run(batches: &mut mpsc::UnboundedReceiver<BoxFuture<'static, ()>>) -> Infallible {
    let mut running = FuturesUnordered::new();
    loop {
        tokio::select! {
            Some(batch) = batches.recv() => running.push(batch),
            Some(()) = running.next(), if !running.is_empty() => {}
            else => pending().await,
        }
    }
}
