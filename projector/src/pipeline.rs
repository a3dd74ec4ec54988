//! The pipeline: one reader deals out what it reads to a writer a shard, each a batch behind.

use std::time::Duration;

use futures_util::future::try_join_all;
use runtime::database::Pool;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::batch::Batch;
use crate::read::{Read, Reader, Reading};
use crate::{Generation, ProjectError};

/// Beyond the server's own `statement_timeout`: reached only when the server doesn't answer at all.
const STEP_TIMEOUT: Duration = Duration::from_secs(120);

/// Reads the log for a generation until nothing is left, and has `write` called for each shard's batches, one at a time and in
/// order. `observe` sees what is read.
///
/// # Errors
/// The first one of any of them. The other writers are dropped where they stand, and roll back. Where it was too much, less is
/// read at once the next time.
pub(crate) async fn drain<W>(
    pool: &Pool,
    generation: Generation,
    reading: &Reading,
    mut observe: impl FnMut(&Read),
    write: impl Fn(Batch) -> W,
) -> Result<(), ProjectError>
where
    W: Future<Output = Result<(), ProjectError>>,
{
    let client = pool.get().await?;
    let mut reader = Reader::open(&client, generation, reading).await?;
    let (write, pace) = (&write, &reading.pace);
    let (outboxes, writers): (Vec<_>, Vec<_>) = (0..generation.shard_count)
        .map(|_| {
            let (outbox, mut inbox) = mpsc::channel(1);
            let writer = async move {
                while let Some(batch) = inbox.recv().await {
                    let written = within(write(batch)).await;
                    pace.note(&written);
                    written?;
                }
                Ok::<(), ProjectError>(())
            };
            (outbox, writer)
        })
        .unzip();
    let read_all = async {
        // Writers end when there is no outbox any more.
        let outboxes = outboxes;
        while let Some(read) =
            within(reader.next(&client)).await.inspect_err(|error| pace.note_error(error))?
        {
            observe(&read);
            for (outbox, batch) in outboxes.iter().zip(read.batches) {
                if !batch.moves.is_empty() && outbox.send(batch).await.is_err() {
                    // Its writer failed, and says why.
                    return Ok(());
                }
            }
        }
        Ok(())
    };
    tokio::try_join!(read_all, try_join_all(writers))?;
    Ok(())
}

/// Gives up on a database that doesn't answer.
pub(crate) async fn within<T>(
    work: impl Future<Output = Result<T, ProjectError>>,
) -> Result<T, ProjectError> {
    timeout(STEP_TIMEOUT, work).await.unwrap_or(Err(ProjectError::Timeout))
}
