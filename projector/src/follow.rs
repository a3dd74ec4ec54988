//! Following: one generation, kept up with the log.

use std::time::{Duration, Instant};

use metrics::{counter, histogram};
use rand::RngExt as _;
use runtime::database::{Object, Pool, hint};
use runtime::health::Part;
use runtime::retry::{chain, retry_transient};
use schema::Reason;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::batch::Batch;
use crate::horizon::Horizon;
use crate::pipeline::drain;
use crate::read::Reading;
use crate::write::write;
use crate::{Generation, ProjectError, lag, metric, sample};

/// How long a process leaves another one alone that is at the same work.
const STANDBY: Duration = Duration::from_secs(1);

/// How long what somebody must mend is left alone before it is tried again.
const ASIDE: Duration = Duration::from_secs(10);

/// Woken when something was appended.
pub type Wake = watch::Receiver<()>;

/// Keeps one generation up with the log.
pub(crate) struct Follower {
    pub(crate) pool: Pool,
    pub(crate) generation: Generation,
    pub(crate) reading: Reading,
    pub(crate) poll_interval: Duration,
    /// How often a random request is checked; never, where there is none.
    pub(crate) sample_interval: Option<Duration>,
    pub(crate) wake: Wake,
    pub(crate) horizon: Horizon,
    /// From when on it is passed.
    pub(crate) horizon_due: Instant,
    pub(crate) part: Part,
    pub(crate) stop: CancellationToken,
}

/// When to look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// There is more to do.
    AtOnce,
    /// When something is appended.
    WhenWoken,
    /// When the process that does the work may have gone.
    AsStandby,
}

impl Follower {
    /// Runs until it is stopped, or fails for good. What is dropped in the middle rolls back.
    pub(crate) async fn run(&mut self) -> Result<(), ProjectError> {
        let (pool, generation, interval) = (self.pool.clone(), self.generation, self.sample_interval);
        let sample = async {
            match interval {
                Some(interval) => sample::run(&pool, generation, interval).await,
                None => std::future::pending().await,
            }
        };
        let part = self.part.clone();
        let followed = tokio::select! {
            followed = self.follow() => followed,
            never = sample => match never {},
            never = lag::show(&pool, generation.id) => match never {},
        };
        // What fails for good goes on saying why.
        if matches!(followed, Ok(()) | Err(ProjectError::GenerationGone)) {
            part.leave();
        }
        followed
    }

    /// Shows how far behind it is, for as long as another attempt isn't worth while.
    pub(crate) async fn stand_aside(&self) {
        tokio::select! {
            never = lag::show(&self.pool, self.generation.id) => match never {},
            () = tokio::time::sleep(ASIDE) => {}
            () = self.stop.cancelled() => {}
        }
    }

    async fn follow(&mut self) -> Result<(), ProjectError> {
        let stop = self.stop.clone();
        loop {
            // Whatever is appended from here on wakes anew.
            self.wake.mark_unchanged();
            let next = tokio::select! {
                turned = self.turn() => turned?,
                () = stop.cancelled() => return Ok(()),
            };
            let pause = match next {
                Next::AtOnce => continue,
                Next::WhenWoken => self.poll_interval,
                // Two that each won a shard of the same batch mustn't meet again.
                Next::AsStandby => STANDBY.mul_f64(rand::rng().random_range(0.5..1.5)),
            };
            tokio::select! {
                Ok(()) = self.wake.changed(), if next == Next::WhenWoken => {}
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => return Ok(()),
            }
        }
    }

    /// Folds what there is; then what retention took is taken out.
    async fn turn(&mut self) -> Result<Next, ProjectError> {
        let next = retry_transient("project", &self.part, || self.catch_up()).await?;
        if next == Next::WhenWoken && Instant::now() >= self.horizon_due {
            self.pass().await
        } else {
            Ok(next)
        }
    }

    /// Folds what there is, until nothing is left.
    async fn catch_up(&self) -> Result<Next, ProjectError> {
        let (pool, generation, part) = (self.pool.clone(), self.generation, self.part.clone());
        let write = move |batch| project(pool.clone(), generation, part.clone(), batch);
        match drain(&self.pool, self.generation, &self.reading, |_| {}, write).await {
            Ok(()) => Ok(Next::WhenWoken),
            // It isn't needed: another process is at it, and was faster.
            Err(ProjectError::Moved) => Ok(Next::AsStandby),
            // Nothing is out of order, there is only less to be done at once.
            Err(ProjectError::TooLarge) => Ok(Next::AtOnce),
            Err(error) => Err(error),
        }
    }

    /// Takes a chunk of what retention took out. Where that fails, what comes is folded all the same, and it is tried again later:
    /// a row of long ago that can't be read holds up nobody who waits for what is new.
    async fn pass(&mut self) -> Result<Next, ProjectError> {
        match self.horizon.pass(&self.pool, &self.generation).await {
            Ok(true) => Ok(Next::AtOnce),
            Ok(false) => Ok(Next::WhenWoken),
            Err(ProjectError::GenerationGone) => Err(ProjectError::GenerationGone),
            Err(error) => {
                counter!(metric::HORIZON_FAILURES).increment(1);
                let generation = self.generation.id.0;
                warn!(
                    generation,
                    error = chain(&error),
                    "what retention took can't be taken out: trying later"
                );
                // The next chunk is smaller, unless there is none.
                if error.is_too_much() && self.horizon.can_take_less() {
                    return Ok(Next::AtOnce);
                }
                self.horizon_due = Instant::now() + ASIDE;
                Ok(Next::WhenWoken)
            }
        }
    }
}

/// Writes a batch, and tells whoever waits for it.
async fn project(pool: Pool, generation: Generation, part: Part, batch: Batch) -> Result<(), ProjectError> {
    write_batch(pool.clone(), generation, batch).await?;
    part.ready();
    hint(&pool, schema::PROJECTED).await;
    Ok(())
}

pub(crate) async fn write_batch(
    pool: Pool,
    generation: Generation,
    batch: Batch,
) -> Result<(), ProjectError> {
    let started_at = Instant::now();
    let mut client = pool.get().await?;
    let written = write(&mut client, generation.id, &batch).await;
    match &written {
        Ok(()) => {
            let elapsed = started_at.elapsed();
            histogram!(metric::STEP_SECONDS).record(elapsed);
            record(&batch, elapsed);
        }
        // What state the connection is in, nobody knows: don't hand it out again.
        Err(_) => drop(Object::take(client)),
    }
    written
}

fn record(batch: &Batch, elapsed: Duration) {
    let event_count = batch.statuses.len() + batch.quarantined.len();
    if event_count > 0 {
        let of_each = elapsed.as_secs_f64() / event_count as f64;
        histogram!(metric::PROCESS_SECONDS).record_many(of_each, event_count);
    }
    counter!(metric::PROCESSED).increment(batch.statuses.len() as u64);
    counter!(metric::PROCESS_ERRORS).increment(batch.quarantined.len() as u64);
    for quarantined in &batch.quarantined {
        counter!(metric::QUARANTINED, "reason" => quarantined.reason.as_str()).increment(1);
        if quarantined.reason == Reason::RequestIdForm {
            counter!(metric::INVALID_REQUEST_IDS).increment(1);
        }
    }
}
