//! Switching: which generation readers see.

use std::time::{Duration, Instant};

use runtime::database::{Pool, Transaction};
use schema::{GenerationId, PROJECTION_VERSION};
use tracing::info;

use super::lock_active;
use crate::{ProjectError, retired};

/// What readers may be shown in the place of what they see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// What was compared and tells the same; and what they saw before.
    ToTheSame,
    /// Whatever it tells, compared or not.
    ToDifferences,
}

/// What became of an attempt to switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// Readers see it.
    Done,
    /// It has so many events less than the one that readers see: they would see time go back.
    Behind(i64),
    /// It holds something of what retention took: they would see that come back.
    BehindHorizon,
}

/// Shows a generation to readers: one row is written. The one they saw is the one to go back to.
///
/// Not before it has folded all that the other one has, and (unless differences are consented to) has left all that retention took:
/// meanwhile that one is held still, for as long as this takes.
///
/// # Errors
/// When it isn't there, isn't complete, is of a version that this build can't speak for, or isn't what was consented to.
pub async fn activate(pool: &Pool, id: GenerationId, consent: Consent) -> Result<Switch, ProjectError> {
    let mut client = pool.get().await?;
    let transaction = client.transaction().await?;
    lock_active(&transaction).await?;
    let is_accepted = check(&transaction, id, consent).await?;
    hold_active(&transaction).await?;
    let behind = count_behind(&transaction, id).await?;
    if behind > 0 {
        return Ok(Switch::Behind(behind));
    }
    // Whatever the other one has left: how far it has come within a range, nobody knows.
    if consent == Consent::ToTheSame && retired::is_pending(&*transaction, id).await? {
        return Ok(Switch::BehindHorizon);
    }
    note_activated(&transaction, id, is_accepted).await?;
    transaction
        .execute(
            "-- switch::activate
            insert into active_generation as active (generation_id) values ($1)
            on conflict (is_only) do update set
                generation_id = excluded.generation_id, previous_id = active.generation_id, activated_at = now()
            where active.generation_id <> excluded.generation_id",
            &[&id],
        )
        .await?;
    transaction.commit().await?;
    info!(generation = id.0, "activated");
    Ok(Switch::Done)
}

/// Whether a generation may be shown. Gives whether it takes the consent to differences.
async fn check(
    transaction: &Transaction<'_>,
    id: GenerationId,
    consent: Consent,
) -> Result<bool, ProjectError> {
    let row = transaction
        .query_opt(
            "-- switch::check
            select projection_version, state, active.generation_id as active_id,
                   active.generation_id = id or active.previous_id is not distinct from id as was_seen,
                   case when compared_with = active.generation_id then is_same end as is_same
            from generations left join active_generation as active on true
            where id = $1",
            &[&id],
        )
        .await?
        .ok_or(ProjectError::Unfit(id, "isn't there: `payload-tracker generations` lists them"))?;
    if row.get::<_, i32>("projection_version") != PROJECTION_VERSION {
        return Err(ProjectError::Unfit(id, "was made by another version: activate it with that one"));
    }
    if row.get::<_, &str>("state") != "following" {
        return Err(ProjectError::Unfit(id, "isn't complete: run `payload-tracker rebuild`"));
    }
    // There is nothing to compare the very first one with.
    let Some(active) = row.get::<_, Option<GenerationId>>("active_id") else { return Ok(false) };
    let is_same: Option<bool> = row.get("is_same");
    match (consent, is_same) {
        _ if row.get("was_seen") => Ok(false),
        (_, Some(true)) => Ok(false),
        (Consent::ToDifferences, _) => Ok(true),
        (Consent::ToTheSame, Some(false)) => Err(ProjectError::Differs(id, active)),
        (Consent::ToTheSame, None) => Err(ProjectError::NotCompared(id, active)),
    }
}

/// Notes that readers see a generation, and whether that took somebody's consent.
pub(super) async fn note_activated(
    transaction: &Transaction<'_>,
    id: GenerationId,
    is_accepted: bool,
) -> Result<(), ProjectError> {
    let sql = "-- switch::note_activated
        update generations set activated_at = coalesce(activated_at, now()),
            accepted_at = case when $2 then now() else accepted_at end
        where id = $1";
    match transaction.execute(sql, &[&id, &is_accepted]).await? {
        0 => Err(ProjectError::GenerationGone),
        _ => Ok(()),
    }
}

/// Tries to activate a generation that is being followed until it is no longer behind, at most so long.
///
/// # Errors
/// As those of [`activate`].
pub async fn activate_within(
    pool: &Pool,
    id: GenerationId,
    consent: Consent,
    patience: Duration,
) -> Result<Switch, ProjectError> {
    let started_at = Instant::now();
    loop {
        let switch = activate(pool, id, consent).await?;
        if switch == Switch::Done || started_at.elapsed() >= patience {
            return Ok(switch);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The generation that readers saw before, which has been kept up with the log.
///
/// # Errors
/// When there is none.
pub async fn previous_generation(pool: &Pool) -> Result<GenerationId, ProjectError> {
    let sql = "select previous_id from active_generation where previous_id is not null";
    let row = pool.get().await?.query_opt(sql, &[]).await?;
    Ok(row.ok_or(ProjectError::NoPrevious)?.get("previous_id"))
}

/// Holds the generation that readers see still until the end of the transaction: its writers wait.
async fn hold_active(transaction: &Transaction<'_>) -> Result<(), ProjectError> {
    let sql = "-- switch::hold
        select pg_advisory_xact_lock(id, shard) from (
            select id, shard from generations join active_generation on generation_id = id
            cross join generate_series(0, shard_count - 1) as each(shard)
            order by shard
        ) as shards";
    transaction.query(sql, &[]).await?;
    Ok(())
}

/// How many events the one that readers see has folded and this one hasn't.
async fn count_behind(transaction: &Transaction<'_>, id: GenerationId) -> Result<i64, ProjectError> {
    let row = transaction
        .query_one(
            "-- switch::count_behind
            select coalesce(sum(greatest(ahead.next_offset - own.next_offset, 0)), 0)::bigint as behind
            from freshness as own
            join (
                select stream_id, max(next_offset) as next_offset
                from cursors join active_generation using (generation_id) group by stream_id
            ) as ahead using (stream_id)
            where own.generation_id = $1",
            &[&id],
        )
        .await?;
    Ok(row.get("behind"))
}
