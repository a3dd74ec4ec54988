//! The projection, wired up: step after step, each one transaction.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use metrics::{counter, gauge, histogram};
use runtime::database::{Object, Pool, PoolOptions, Role, is_role_missing};
use runtime::health::Health;
use runtime::retry::retry_transient;
use schema::{Event, Reason, StreamId, VersionError, check_version};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::decode::decode_event;
use crate::horizon;
use crate::read::{Backlog, Limits, list_backlog, list_events};
use crate::write::{Batch, write};
use crate::{Generation, ProjectArgs, ProjectError, find_or_create, metric};

/// Beyond the server's own `statement_timeout`: reached only when the server doesn't answer at all.
const STEP_TIMEOUT: Duration = Duration::from_secs(120);

/// Keeps the active generation of read models up with the event log.
#[derive(Debug)]
pub struct Project {
    /// How it runs.
    pub args: ProjectArgs,
    /// Connections as made by [`pool_options`].
    pub pool: Pool,
}

/// What a step did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Events that became statuses.
    pub statuses: usize,
    /// Events that were quarantined.
    pub quarantined: usize,
    /// Whether the batch was cut short by its bytes.
    pub is_cut_by_bytes: bool,
    /// Whether some of what retention took was taken out of the read models.
    pub has_passed: bool,
}

/// The connections that the projection needs.
pub fn pool_options() -> PoolOptions {
    PoolOptions {
        application_name: "payload-tracker project",
        role: Role::Projector,
        max_size: 2,
        statement_timeout: Duration::from_secs(60),
        is_read_only: false,
    }
}

impl Project {
    /// Runs until `stop`. Outages of the database are waited out.
    ///
    /// # Errors
    /// When somebody must act: a setting is wrong, or the database isn't fit for this build.
    pub async fn run(self, health: Health, stop: CancellationToken) -> Result<(), ProjectError> {
        metric::describe();
        let part = health.part("projection");
        let prepare = || prepare(&self.pool, self.args.request_id_length);
        let generation = tokio::select! {
            prepared = retry_transient("prepare the projection", &part, prepare) => prepared?,
            () = stop.cancelled() => return Ok(()),
        };
        info!(generation = generation.id.0, "projecting");
        let most = Limits { events: self.args.batch_events as usize, bytes: self.args.batch_bytes as usize };
        let mut limits = most;
        while !stop.is_cancelled() {
            let step = || step_within(&self.pool, generation, limits);
            // A step that is dropped in the middle rolls back.
            let step = tokio::select! {
                step = retry_transient("project", &part, step) => step?,
                () = stop.cancelled() => return Ok(()),
            };
            // Big events: ask for fewer of them, so that few are read in vain.
            limits.events = if step.is_cut_by_bytes {
                (limits.events / 2).max(1)
            } else {
                (limits.events * 2).min(most.events)
            };
            if step == Step::default() {
                tokio::select! {
                    () = tokio::time::sleep(self.args.poll_interval()) => {}
                    () = stop.cancelled() => {}
                }
            }
        }
        Ok(())
    }
}

async fn prepare(pool: &Pool, request_id_length: u32) -> Result<Generation, ProjectError> {
    match pool.get().await {
        Ok(client) => check_version(&**client).await?,
        Err(error) if is_role_missing(&error) => return Err(VersionError::Missing.into()),
        Err(error) => return Err(error.into()),
    }
    find_or_create(pool, request_id_length).await
}

/// Folds the next events, at most `batch_events` of them.
///
/// # Errors
/// After any error but [`ProjectError::Moved`], whether the step landed is unknown, and the next one finds out by itself.
pub async fn step(pool: &Pool, generation: Generation, batch_events: usize) -> Result<Step, ProjectError> {
    step_within(pool, generation, Limits { events: batch_events, bytes: usize::MAX }).await
}

async fn step_within(pool: &Pool, generation: Generation, limits: Limits) -> Result<Step, ProjectError> {
    let started_at = Instant::now();
    let mut client = pool.get().await?;
    let taken = timeout(STEP_TIMEOUT, take_step(&mut client, generation, limits)).await;
    let taken = taken.unwrap_or(Err(ProjectError::Timeout));
    match &taken {
        Ok(step) if *step != Step::default() => histogram!(metric::STEP_SECONDS).record(started_at.elapsed()),
        Ok(_) => {}
        // What state the connection is in, nobody knows: don't hand it out again.
        Err(_) => drop(Object::take(client)),
    }
    taken
}

async fn take_step(
    client: &mut Object,
    generation: Generation,
    limits: Limits,
) -> Result<Step, ProjectError> {
    let backlog = list_backlog(client, generation.id).await?;
    gauge!(metric::LAG)
        .set(backlog.iter().map(|stream| stream.end_offset - stream.next_offset).sum::<i64>() as f64);
    if backlog.is_empty() {
        let has_passed = horizon::pass(client, generation.id).await?;
        return Ok(Step { has_passed, ..Step::default() });
    }
    let events = list_events(client, &backlog, limits).await?;
    let bytes: usize = events.iter().map(|event| event.value.as_ref().map_or(0, Vec::len)).sum();
    let is_cut_by_bytes = bytes >= limits.bytes;
    let mut batch = Batch { moves: moves(&backlog, &events, is_cut_by_bytes), ..Batch::default() };
    for event in events {
        match decode_event(event, generation.request_id_rule) {
            Ok(status) => batch.statuses.push(status),
            Err(quarantined) => batch.quarantined.push(quarantined),
        }
    }
    write(client, generation.id, &batch).await?;
    record(&batch);
    Ok(Step {
        statuses: batch.statuses.len(),
        quarantined: batch.quarantined.len(),
        is_cut_by_bytes,
        has_passed: false,
    })
}

/// By stream, from its cursor to after the last of its events in the batch. A stream that has none left has only gaps before its
/// end, unless the batch was cut before it.
fn moves(backlog: &[Backlog], events: &[Event], is_cut: bool) -> Vec<Backlog> {
    let mut ends: HashMap<StreamId, i64> = HashMap::new();
    for Event { position, .. } in events {
        let end_offset = ends.entry(position.stream).or_default();
        *end_offset = (position.offset + 1).max(*end_offset);
    }
    let step = |stream: &Backlog| {
        let end_offset = ends.get(&stream.stream).copied();
        let end_offset = end_offset.or((!is_cut).then_some(stream.end_offset))?;
        Some(Backlog { end_offset, ..*stream })
    };
    backlog.iter().filter_map(step).collect()
}

fn record(batch: &Batch) {
    counter!(metric::PROCESSED).increment(batch.statuses.len() as u64);
    counter!(metric::PROCESS_ERRORS).increment(batch.quarantined.len() as u64);
    for quarantined in &batch.quarantined {
        counter!(metric::QUARANTINED, "reason" => quarantined.reason.as_str()).increment(1);
        if quarantined.reason == Reason::RequestIdForm {
            counter!(metric::INVALID_REQUEST_IDS).increment(1);
        }
    }
}
