//! The pipeline: one reader deals out what it reads to a writer a shard, each a batch behind.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;
use runtime::database::Pool;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::batch::Batch;
use crate::pace::Pace;
use crate::read::{Read, Reader, Reading};
use crate::shard::Shard;
use crate::{Generation, ProjectError};

/// Beyond the server's own `statement_timeout`: reached only when the server doesn't answer at all.
const STEP_TIMEOUT: Duration = Duration::from_secs(120);

/// Reads the log for a generation until nothing is left, and has `write` called for each shard's batches, one at a time and in
/// order, by a task of its own. `observe` sees what is read.
///
/// # Errors
/// The first one of any of them. The other writers are dropped where they stand, and roll back. Where it was too much, less is
/// read at once the next time.
pub(crate) async fn drain<W>(
    pool: &Pool,
    generation: Generation,
    reading: &Reading,
    observe: impl FnMut(&Read),
    write: impl Fn(Batch) -> W + Clone + Send + 'static,
) -> Result<(), ProjectError>
where
    W: Future<Output = Result<(), ProjectError>> + Send + 'static,
{
    let mut writers = JoinSet::new();
    let outboxes = Shard::all(generation.shard_count).map(|_| {
        let (outbox, inbox) = mpsc::channel(1);
        writers.spawn(write_all(inbox, write.clone(), Arc::clone(&reading.pace)));
        outbox
    });
    let outboxes: Vec<_> = outboxes.collect();
    let mut result = read_all(pool, generation, reading, observe, &outboxes).await;
    // Writers end when there is no outbox any more.
    drop(outboxes);
    while result.is_ok()
        && let Some(ended) = writers.join_next().await
    {
        // None is aborted before, so it panicked.
        result = ended.unwrap_or_else(|error| resume_unwind(error.into_panic()));
    }
    // None is still at work when somebody reads on.
    writers.shutdown().await;
    result
}

async fn write_all<W>(
    mut inbox: mpsc::Receiver<Batch>,
    write: impl Fn(Batch) -> W,
    pace: Arc<Pace>,
) -> Result<(), ProjectError>
where
    W: Future<Output = Result<(), ProjectError>>,
{
    while let Some(batch) = inbox.recv().await {
        let written = within(write(batch)).await;
        pace.note(&written);
        written?;
    }
    Ok(())
}

async fn read_all(
    pool: &Pool,
    generation: Generation,
    reading: &Reading,
    mut observe: impl FnMut(&Read),
    outboxes: &[mpsc::Sender<Batch>],
) -> Result<(), ProjectError> {
    let client = pool.get().await?;
    let mut reader = Reader::open(&client, generation, reading).await?;
    loop {
        // Room first: nothing more is in memory than what is written and what comes next.
        let Ok(room) = try_join_all(outboxes.iter().map(mpsc::Sender::reserve)).await else {
            // A writer failed, and says why.
            return Ok(());
        };
        let read = within(reader.next(&client)).await.inspect_err(|error| reading.pace.note_error(error))?;
        let Some(read) = read else { return Ok(()) };
        observe(&read);
        for (place, batch) in room.into_iter().zip(read.batches) {
            if !batch.moves.is_empty() {
                place.send(batch);
            }
        }
    }
}

/// Gives up on a database that doesn't answer.
pub(crate) async fn within<T>(
    work: impl Future<Output = Result<T, ProjectError>>,
) -> Result<T, ProjectError> {
    timeout(STEP_TIMEOUT, work).await.unwrap_or(Err(ProjectError::Timeout))
}
