//! Steps: one turn of what a follower does over and over.

use runtime::database::Pool;

use crate::follow::write_batch;
use crate::horizon::Horizon;
use crate::pipeline::drain;
use crate::read::{Limits, Read, Reading};
use crate::{Generation, ProjectError};

/// What a step did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Events that became statuses.
    pub statuses: usize,
    /// Events that were quarantined.
    pub quarantined: usize,
    /// Whether some of what retention took was taken out of the read models.
    pub has_passed: bool,
}

/// Folds the next events, at most about `batch_events` of them; where there are none, what retention took leaves. What is too
/// much for it stays too much: only a follower learns from one to the next.
///
/// # Errors
/// After any error but [`ProjectError::Moved`], whether the step landed is unknown, and the next one finds out by itself.
pub async fn step(pool: &Pool, generation: Generation, batch_events: usize) -> Result<Step, ProjectError> {
    let limits = Limits { events: batch_events, bytes: usize::MAX };
    let reading = Reading { turns: 1, ..Reading::all(limits) };
    let mut step = None;
    let observe = |read: &Read| step = Some(Step::of(read));
    let writing = pool.clone();
    let write = move |batch| write_batch(writing.clone(), generation, batch);
    drain(pool, generation, &reading, observe, write).await?;
    match step {
        Some(step) => Ok(step),
        None => Ok(Step { has_passed: Horizon::default().pass(pool, &generation).await?, ..Step::default() }),
    }
}

impl Step {
    fn of(read: &Read) -> Self {
        Self {
            statuses: read.batches.iter().map(|batch| batch.statuses.len()).sum(),
            quarantined: read.batches.iter().map(|batch| batch.quarantined.len()).sum(),
            has_passed: false,
        }
    }
}
