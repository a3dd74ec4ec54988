//! The projection, wired up: every generation of this version is kept up with the log.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use runtime::database::{Pool, PoolOptions, Role, is_role_missing};
use runtime::health::Health;
use runtime::retry::{chain, retry_transient};
use schema::{GenerationId, VersionError, check_version};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::follow::{Follower, Wake};
use crate::generation::{Shape, find_or_create, list_following};
use crate::horizon::Horizon;
use crate::read::Reading;
use crate::{Generation, ProjectArgs, ProjectError, metric};

/// How often to look for generations that came or went.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);

/// Keeps the generations of read models up with the event log.
#[derive(Debug)]
pub struct Project {
    /// How it runs.
    pub args: ProjectArgs,
    /// Connections as made by [`pool_options`].
    pub pool: Pool,
    /// Woken when something was appended; what wakes nobody is found by looking.
    pub wake: Wake,
}

/// The connections that the projection needs: of each generation that is followed a reader and a writer a shard, one for samples, and one for its lag.
pub fn pool_options() -> PoolOptions {
    PoolOptions {
        application_name: "payload-tracker project",
        role: Role::Projector,
        max_size: 40,
        statement_timeout: Duration::from_secs(60),
        is_read_only: false,
    }
}

impl Project {
    /// Runs until `stop`. Outages of the database are waited out.
    ///
    /// # Errors
    /// When somebody must act: a setting is wrong, the database isn't fit for this build, or no generation can be kept up.
    pub async fn run(self, health: Health, stop: CancellationToken) -> Result<(), ProjectError> {
        metric::describe();
        let part = health.part("projection");
        let prepare = || prepare(&self.pool, self.args.shape.into());
        tokio::select! {
            prepared = retry_transient("prepare the projection", &part, prepare) => drop(prepared?),
            () = stop.cancelled() => return Ok(()),
        };
        let listing = health.part("generations");
        let mut followers = Followers::default();
        while !stop.is_cancelled() {
            let list = || list_following(&self.pool);
            tokio::select! {
                listed = retry_transient("list the generations", &listing, list) => {
                    followers.keep(listed?, |generation| self.follower(generation, &health, &stop));
                }
                () = stop.cancelled() => break,
            }
            tokio::select! {
                waited = followers.wait(LOOK_INTERVAL) => waited?,
                () = stop.cancelled() => {}
            }
        }
        followers.finish().await
    }

    fn follower(&self, generation: Generation, health: &Health, stop: &CancellationToken) -> Follower {
        info!(generation = generation.id.0, shards = generation.shard_count, "projecting");
        Follower {
            pool: self.pool.clone(),
            generation,
            reading: Reading::all(self.args.limits()),
            poll_interval: self.args.poll_interval(),
            sample_interval: self.args.sample_interval(),
            wake: self.wake.clone(),
            horizon: Horizon::default(),
            horizon_due: Instant::now(),
            part: health.part(format!("generation {}", generation.id)),
            stop: stop.child_token(),
        }
    }
}

/// The generations that are being followed.
#[derive(Default)]
struct Followers {
    tasks: JoinSet<(Follower, Result<(), ProjectError>)>,
    /// Those that failed for good, until they are tried again.
    aside: JoinSet<Follower>,
    stops: HashMap<GenerationId, CancellationToken>,
}

impl Followers {
    /// Follows those that are new and lets go of those that went.
    fn keep(&mut self, generations: Vec<Generation>, follower: impl Fn(Generation) -> Follower) {
        self.stops.retain(|id, stop| {
            let is_kept = generations.iter().any(|generation| generation.id == *id);
            if !is_kept {
                stop.cancel();
            }
            is_kept
        });
        for generation in generations {
            if self.stops.contains_key(&generation.id) {
                continue;
            }
            let follower = follower(generation);
            self.stops.insert(generation.id, follower.stop.clone());
            self.start(follower);
        }
    }

    fn start(&mut self, mut follower: Follower) {
        self.tasks.spawn(async move {
            let followed = follower.run().await;
            (follower, followed)
        });
    }

    /// Waits so long, or until one ends or has stood aside for long enough.
    async fn wait(&mut self, long: Duration) -> Result<(), ProjectError> {
        tokio::select! {
            Some(ended) = self.tasks.join_next() => self.settle(unwrap(ended)),
            Some(rested) = self.aside.join_next() => {
                self.start(unwrap(rested));
                Ok(())
            }
            () = tokio::time::sleep(long) => Ok(()),
        }
    }

    async fn finish(mut self) -> Result<(), ProjectError> {
        while let Some(ended) = self.tasks.join_next().await {
            self.settle(unwrap(ended))?;
        }
        Ok(())
    }

    /// That a generation is gone was somebody's wish. One that fails for good must not hold up those that do well; where there are
    /// none, whoever runs the process is to know.
    fn settle(
        &mut self,
        (follower, followed): (Follower, Result<(), ProjectError>),
    ) -> Result<(), ProjectError> {
        let id = follower.generation.id;
        match followed {
            Ok(()) | Err(ProjectError::GenerationGone) => {
                self.stops.remove(&id);
                Ok(())
            }
            Err(error) if self.tasks.is_empty() => Err(error),
            Err(error) => {
                let error = chain(&error);
                error!(generation = id.0, error, "a generation can't be kept up with the log; others are");
                self.aside.spawn(async move {
                    follower.stand_aside().await;
                    follower
                });
                Ok(())
            }
        }
    }
}

/// None is aborted, so one that didn't end panicked.
fn unwrap<T>(ended: Result<T, JoinError>) -> T {
    ended.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

async fn prepare(pool: &Pool, shape: Shape) -> Result<Generation, ProjectError> {
    match pool.get().await {
        Ok(client) => check_version(&**client).await?,
        Err(error) if is_role_missing(&error) => return Err(VersionError::Missing.into()),
        Err(error) => return Err(error.into()),
    }
    find_or_create(pool, shape).await
}
