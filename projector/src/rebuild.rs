//! Rebuilding: a new generation, made from the log beside live traffic. Loaded first, folded then, indexed last; each part goes
//! on where it was when it is killed.

mod build;
mod load;
mod lock;
mod shape;

use std::time::Duration;

use runtime::database::{Pool, PoolOptions, Role};
use schema::GenerationId;
use tracing::info;

use self::lock::Lock;
use crate::follow::write_batch;
use crate::horizon::Horizon;
use crate::pipeline::drain;
use crate::progress::Progress;
use crate::read::{Limits, Reading};
use crate::{Generation, ProjectError, Shape, generation};

/// Builds a new generation of read models.
#[derive(Debug)]
pub struct Rebuild<'a> {
    /// Connections as made by [`rebuild_pool_options`].
    pub pool: &'a Pool,
    /// What a new generation is made with. One that a killed rebuild left behind keeps its own.
    pub shape: Shape,
    /// Begin another one, whatever was made before.
    pub is_fresh: bool,
    /// Shows how far it is.
    pub progress: &'a Progress,
}

/// How much is read at once.
const LIMITS: Limits = Limits { events: 20_000, bytes: 8 << 20 };

/// The connections that a rebuild needs. Making an index takes as long as it takes.
pub fn rebuild_pool_options() -> PoolOptions {
    PoolOptions {
        application_name: "payload-tracker rebuild",
        role: Role::Projector,
        max_size: 16,
        statement_timeout: Duration::ZERO,
        is_read_only: false,
    }
}

impl Rebuild<'_> {
    /// Makes a generation, or goes on with the newest one that readers have never seen, until it has caught up with the log. From
    /// then on `project` follows it; readers don't see it before it is activated.
    ///
    /// # Errors
    /// When another rebuild is under way, and when the database fails: run it again, and it goes on where it was.
    pub async fn run(&self) -> Result<Generation, ProjectError> {
        let lock = Lock::take(self.pool).await?;
        tokio::select! {
            built = self.build() => built,
            // What is dropped in the middle rolls back.
            error = lock.lost() => Err(error),
        }
    }

    async fn build(&self) -> Result<Generation, ProjectError> {
        let (generation, mut state) = shape::find_or_create(self.pool, self.shape, self.is_fresh).await?;
        info!(generation = generation.id.0, state = state.as_str(), "building a generation");
        if state == "loading" {
            load::load(self.pool, generation, self.progress).await?;
            state = self.advance(generation.id, &state, "folding").await?;
        }
        if state == "folding" {
            build::fold_all(self.pool, generation, self.progress).await?;
            state = self.advance(generation.id, &state, "indexing").await?;
        }
        if state == "indexing" {
            build::index(self.pool, generation.id, self.progress).await?;
        }
        self.catch_up(generation).await?;
        if state == "indexing" {
            self.advance(generation.id, &state, "following").await?;
        }
        Ok(generation)
    }

    /// Folds what came meanwhile.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn catch_up(&self, generation: Generation) -> Result<(), ProjectError> {
        self.progress.begin("catching up", 0, 0);
        let observe = |read: &crate::read::Read| {
            let events = read.batches.iter().map(|batch| batch.statuses.len() + batch.quarantined.len());
            self.progress.add(events.sum::<usize>() as u64);
        };
        let reading = Reading::all(LIMITS);
        let pool = self.pool.clone();
        let write = move |batch| write_batch(pool.clone(), generation, batch);
        let drain = || drain(self.pool, generation, &reading, observe, write.clone());
        // `project` may be at it too: whoever comes second looks again. What is too much is tried with less at once.
        while let Err(error) = drain().await {
            if !matches!(error, ProjectError::Moved) && !error.is_too_much() {
                return Err(error);
            }
        }
        let horizon = Horizon::default();
        loop {
            match horizon.pass(self.pool, &generation).await {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                // The next one is smaller.
                Err(error) if error.is_too_much() => {}
                Err(error) => return Err(error),
            }
        }
    }

    async fn advance(&self, id: GenerationId, from: &str, state: &str) -> Result<String, ProjectError> {
        generation::set_state(self.pool, id, from, state).await?;
        Ok(state.to_owned())
    }
}
