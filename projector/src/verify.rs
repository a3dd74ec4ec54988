//! Verifying: are the read models what the log says? Everything is folded again, as one moment has it, and nothing is written.
//!
//! Three steps prove it. The log, decoded, and `statuses` and `quarantine` have the same digests: sums over rows, so that order
//! doesn't matter. The statuses, folded request by request, and the rows of the other tables have the
//! same digests, and so do what they count for and the counts. Only what differs is looked at row by row.

mod counted;
mod counts;
mod folded;
mod log;
mod moment;
mod place;
mod sum;

pub(crate) use self::folded::name_differing;

use std::sync::Arc;
use std::time::Duration;

use projection::Mismatch;
use runtime::database::{Object, Pool, PoolOptions, Role};
use serde::Serialize;

use self::counted::CountSums;
use self::moment::Moment;
use self::sum::Sums;
use crate::bucket::Bucket;
use crate::parallel::for_each;
use crate::progress::Progress;
use crate::{Generation, ProjectError};

/// Findings that are told one by one, of each table and bucket.
const TOLD: usize = 20;

/// What a check of the read models found.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ProjectionCheck {
    /// Which generation.
    pub generation: i32,
    /// Events that were decoded.
    pub events: u64,
    /// Statuses that were folded.
    pub statuses: u64,
    /// Requests that they are of.
    pub requests: u64,
    /// Digests over all rows of each table, in hex: equal for equal read models, whoever made them.
    pub digests: Vec<(&'static str, String)>,
    /// What is wrong; of each kind the first ones.
    pub mismatches: Vec<Mismatch>,
}

/// The connections that a check needs: one that holds the moment, and one a worker. It reads only, as an auditor.
pub fn verify_pool_options(workers: usize) -> PoolOptions {
    PoolOptions {
        application_name: "payload-tracker verify",
        role: Role::Auditor,
        max_size: workers + 1,
        statement_timeout: Duration::ZERO,
        is_read_only: true,
    }
}

/// Folds everything again that a generation has folded, and compares. `workers` connections read at once, all of one moment.
///
/// # Errors
/// When the database fails.
pub async fn verify_projection(
    pool: &Pool,
    generation: Generation,
    workers: usize,
    progress: &Progress,
) -> Result<ProjectionCheck, ProjectError> {
    let mut holder = pool.get().await?;
    let check = check(pool, &mut holder, generation, (workers, progress)).await;
    // It holds a lock, and ends with it.
    drop(Object::take(holder));
    check
}

async fn check(
    pool: &Pool,
    holder: &mut Object,
    generation: Generation,
    (workers, progress): (usize, &Progress),
) -> Result<ProjectionCheck, ProjectError> {
    let (moment, _held) = Moment::hold(holder, generation).await?;
    let mut check = ProjectionCheck { generation: generation.id.0, ..ProjectionCheck::default() };

    let told = log::read(pool, &moment, workers, progress).await?;
    check.events = told.events;

    progress.begin("folding", 0, Bucket::COUNT as u64);
    let (mut totals, mut counted) = (Sums::default(), CountSums::default());
    let fold = |bucket| folded::read(pool.clone(), Arc::clone(&moment), bucket);
    for_each(Bucket::all(), workers, fold, |held| {
        progress.add(1);
        check.statuses += held.statuses;
        check.requests += held.requests;
        totals.add(&held.sums);
        counted.add(&held.counted);
        check.mismatches.extend(held.mismatches);
    })
    .await?;
    check.mismatches.sort_unstable_by(|one, other| (one.table, &one.key).cmp(&(other.table, &other.key)));
    let moment = &*moment;
    totals.quarantine = place::sum_quarantine(pool, moment).await?;
    if (totals.statuses, totals.quarantine) != (told.statuses, told.quarantine) {
        check.mismatches.extend(place::name_differing(pool, moment, progress).await?);
    }

    progress.begin("counting", 0, 0);
    check.mismatches.extend(counts::compare(pool, moment, &counted).await?);
    check.digests = totals.hex();
    Ok(check)
}
