//! Sampling: a request now and then, folded again from its raw events while everything else goes on.

use std::collections::HashSet;
use std::convert::Infallible;
use std::mem::{Discriminant, discriminant};
use std::time::Duration;

use metrics::counter;
use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use runtime::database::{Object, Pool, Transaction};
use runtime::retry::{Classified as _, Retry, chain};
use schema::{Event, Position, Quarantined, StreamId};
use tokio_postgres::IsolationLevel;
use tracing::error;

use crate::bucket::Range;
use crate::copy_out::CopyOut;
use crate::table::QUARANTINE;
use crate::verify::name_differing;
use crate::{Generation, Mismatch, ProjectError, metric, retired, story};
use projection::decode_event;

/// Bytes of a request's messages up to which it is checked.
const MOST_BYTES: usize = 8 << 20;

/// Looks at random requests of a generation, one each `interval`, for ever. What isn't as the log says is noted in `mismatches`,
/// counted and logged; it is never mended in silence.
pub(crate) async fn run(pool: &Pool, generation: Generation, interval: Duration) -> Infallible {
    let mut troubles = Troubles::default();
    loop {
        tokio::time::sleep(interval).await;
        match sample(pool, generation).await {
            Ok(_) => troubles.clear(),
            Err(error) => {
                counter!(metric::SAMPLE_FAILURES).increment(1);
                if troubles.is_new(&error) {
                    let error = chain(&error);
                    error!(
                        generation = generation.id.0,
                        error, "the read models can't be checked by samples"
                    );
                }
            }
        }
    }
}

/// What kept samples from being checked since the last one that was: the error, and what the database calls it.
#[derive(Default)]
struct Troubles(HashSet<(Discriminant<ProjectError>, Option<String>)>);

impl Troubles {
    /// Whether to tell of an error. An outage is told by whoever must work through it, and all else once.
    fn is_new(&mut self, error: &ProjectError) -> bool {
        let state = match error {
            ProjectError::Database(error) => error.code().map(|state| state.code().to_owned()),
            _ => None,
        };
        error.retry() == Retry::Never && self.0.insert((discriminant(error), state))
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}

/// Checks one random event, and the request that it is of. Gives what is wrong.
///
/// # Errors
/// When the database fails.
pub async fn sample(pool: &Pool, generation: Generation) -> Result<Vec<Mismatch>, ProjectError> {
    let mut client = pool.get().await?;
    let (event, found) = look(&mut client, generation, None).await?;
    if event.is_some() {
        counter!(metric::SAMPLES).increment(1);
    }
    if found.is_empty() {
        return Ok(found);
    }
    // A day may have been taken away, or its events moved, while that was looked at: what is wrong stays wrong.
    let (_, mismatches) = look(&mut client, generation, event).await?;
    for mismatch in &mismatches {
        note(&client, generation, mismatch).await?;
    }
    Ok(mismatches)
}

/// Looks at an event, at a random one where none is given. Gives it, and what is wrong.
async fn look(
    client: &mut Object,
    generation: Generation,
    event: Option<Event>,
) -> Result<(Option<Event>, Vec<Mismatch>), ProjectError> {
    let transaction: Transaction<'_> = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await?;
    if retired::is_pending(&*transaction, generation.id).await? {
        return Ok((None, Vec::new()));
    }
    let event = match event {
        Some(event) => Some(event),
        None => pick(&transaction, generation).await?,
    };
    let Some(event) = event else { return Ok((None, Vec::new())) };
    let mismatches = check(&transaction, generation, &event).await?;
    transaction.commit().await?;
    Ok((Some(event), mismatches))
}

async fn note(client: &Object, generation: Generation, mismatch: &Mismatch) -> Result<(), ProjectError> {
    counter!(metric::MISMATCHES).increment(1);
    error!(
        generation = generation.id.0,
        table = mismatch.table,
        key = mismatch.key,
        what = mismatch.what,
        "the read models aren't what the log says; rebuild them, and find out why"
    );
    let sql = "-- sample::note
        insert into mismatches (generation_id, row_key, what) values ($1, $2, $3) on conflict do nothing";
    let what = format!("{}: {}", mismatch.table, mismatch.what);
    client.execute(sql, &[&generation.id, &mismatch.key, &what]).await?;
    Ok(())
}

/// A random event that the generation has folded: any stream, any offset.
async fn pick(transaction: &Transaction<'_>, generation: Generation) -> Result<Option<Event>, ProjectError> {
    let rows = transaction
        .query(
            "-- sample::list_streams
            select stream_id, kept.from_offset as first_offset, min(cursors.next_offset) as next_offset
            from cursors
            join streams on streams.id = stream_id
            cross join lateral (
                select coalesce(max(to_offset), first_offset) as from_offset from retired_ranges
                where retired_ranges.stream_id = streams.id
            ) as kept
            where generation_id = $1
            group by stream_id, kept.from_offset
            having count(*) = $2 and min(cursors.next_offset) > kept.from_offset",
            &[&generation.id, &i64::from(generation.shard_count)],
        )
        .await?;
    let Some(row) = rows.choose(&mut rand::rng()) else { return Ok(None) };
    let (from, to): (i64, i64) = (row.get("first_offset"), row.get("next_offset"));
    let offset = rand::rng().random_range(from..to);
    let event = transaction
        .query_opt(
            "-- sample::pick
            select id, stream_id, record_offset, appended_at, value from events
            where stream_id = $1 and record_offset >= $2 and record_offset < $3
            order by record_offset limit 1",
            &[&row.get::<_, StreamId>("stream_id"), &offset, &to],
        )
        .await?;
    Ok(event.as_ref().map(Event::from_row))
}

async fn check(
    transaction: &Transaction<'_>,
    generation: Generation,
    event: &Event,
) -> Result<Vec<Mismatch>, ProjectError> {
    let position = event.position;
    let decoded = decode_event(event, generation.request_id_rule);
    let mut mismatches = check_quarantine(transaction, generation, position, decoded.as_ref().err()).await?;
    let Ok(status) = decoded else { return Ok(mismatches) };
    if story::size(transaction, &generation, &status.request_id).await? > MOST_BYTES {
        return Ok(mismatches);
    }
    let story = match story::read(transaction, &generation, &status.request_id, MOST_BYTES).await {
        // It would take more memory than all else. `verify projection` reads it row by row.
        Err(ProjectError::TooLong(..)) => return Ok(mismatches),
        Err(ProjectError::Damaged(damage)) => {
            mismatches.push(damage);
            return Ok(mismatches);
        }
        read => read?,
    };
    mismatches.extend(story.mismatches);
    if !story.told.iter().any(|told| told.status == status) {
        mismatches.push(Mismatch::of_status(&status, "is missing"));
    }
    let range = Range::of(&status.request_id);
    mismatches.extend(name_differing(transaction, generation.id, &range).await?);
    Ok(mismatches)
}

/// Compares what is in `quarantine` of an event with what should be.
async fn check_quarantine(
    transaction: &Transaction<'_>,
    generation: Generation,
    Position { stream, offset }: Position,
    expected: Option<&Quarantined>,
) -> Result<Vec<Mismatch>, ProjectError> {
    let query = format!(
        "select {} from {}.quarantine where stream_id = {} and record_offset = {offset}",
        QUARANTINE.names(),
        generation.id.schema(),
        stream.0
    );
    let mut rows =
        CopyOut::start(transaction, "sample::check_quarantine", &query, &QUARANTINE.kinds()).await?;
    let mut held = Vec::new();
    while let Some(row) = rows.next().await? {
        held.push(row);
    }
    let what = match (expected, held.as_slice()) {
        (None, []) => return Ok(Vec::new()),
        (None, _) => "can be decoded".to_owned(),
        (Some(_), []) => "is missing".to_owned(),
        (Some(expected), [row, ..]) => match QUARANTINE.list_differing(expected, row) {
            columns if columns.is_empty() => return Ok(Vec::new()),
            columns => format!("the event says otherwise: {columns}"),
        },
    };
    let key = format!("stream {} offset {offset}", stream.0);
    Ok(vec![Mismatch { table: QUARANTINE.name, key, what }])
}

#[cfg(test)]
mod tests {
    use super::*;

    // Seen to fail with errors told each time, and with outages told.
    #[test]
    fn what_nobody_waits_out_is_told_once_until_a_sample_succeeds() {
        let mut troubles = Troubles::default();
        let mut told = |error: &ProjectError| troubles.is_new(error);
        assert!(![ProjectError::Timeout, ProjectError::Moved].iter().any(&mut told));
        let lasting =
            [ProjectError::GenerationGone, ProjectError::NoGeneration, ProjectError::GenerationGone];
        assert_eq!(lasting.each_ref().map(told), [true, true, false]);
        troubles.clear();
        assert!(troubles.is_new(&ProjectError::GenerationGone));
    }
}
