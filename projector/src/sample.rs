//! Sampling: a request now and then, folded again from its raw events while everything else goes on.

use std::convert::Infallible;
use std::time::Duration;

use metrics::counter;
use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use runtime::database::{Object, Pool, Transaction};
use schema::{Event, StreamId};
use tokio_postgres::IsolationLevel;
use tracing::{debug, error};

use crate::bucket::Range;
use crate::decode::decode_event;
use crate::verify::name_differing;
use crate::{Generation, Mismatch, ProjectError, horizon, metric, story};

/// Bytes of a request's messages up to which it is checked.
const MOST_BYTES: usize = 8 << 20;

/// Looks at random requests of a generation, one each `interval`, for ever. What isn't as the log says is noted in `mismatches`,
/// counted and logged; it is never mended in silence.
pub(crate) async fn run(pool: &Pool, generation: Generation, interval: Duration) -> Infallible {
    loop {
        tokio::time::sleep(interval).await;
        if let Err(error) = sample(pool, generation).await {
            // An outage is told by whoever must work through it.
            debug!(error = %error, "a sample of the read models could not be checked");
        }
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
    if horizon::is_pending(&*transaction, generation.id).await? {
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
        insert into mismatches (generation_id, row_key, what)
        select $1, $2, $3 where not exists (
            select from mismatches where generation_id = $1 and row_key = $2 and what = $3)";
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
    let Ok(status) = decode_event(event, generation.request_id_rule) else {
        let sql = format!(
            "-- sample::find_quarantined
            select from {}.quarantine where stream_id = $1 and record_offset = $2",
            generation.id.schema()
        );
        let found = transaction.query_opt(&sql, &[&position.stream, &position.offset]).await?;
        let missing = Mismatch {
            table: "quarantine",
            key: format!("stream {} offset {}", position.stream.0, position.offset),
            what: "is missing".to_owned(),
        };
        return Ok(found.is_none().then_some(missing).into_iter().collect());
    };
    if story::size(transaction, &generation, &status.request_id).await? > MOST_BYTES {
        return Ok(Vec::new());
    }
    let story = match story::read(transaction, &generation, &status.request_id, MOST_BYTES).await {
        // It would take more memory than all else. `verify projection` reads it row by row.
        Err(ProjectError::TooLong(..)) => return Ok(Vec::new()),
        Err(ProjectError::Damaged(damage)) => return Ok(vec![damage]),
        read => read?,
    };
    let mut mismatches = story.mismatches;
    if !story.told.iter().any(|told| told.status == status) {
        mismatches.push(Mismatch::of_status(&status, "is missing"));
    }
    let range = Range::of(&status.request_id);
    mismatches.extend(name_differing(transaction, generation.id, &range).await?);
    Ok(mismatches)
}
