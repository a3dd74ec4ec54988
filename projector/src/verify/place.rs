//! Naming what is wrong with `statuses` and `quarantine`: their rows beside what the log says, place by place. No more than a stretch
//! of a stream is in memory, however long the log is and however much of it differs.

use std::collections::HashMap;

use runtime::database::Pool;
use schema::{Position, Status, StreamId};
use tokio_postgres::types::Type;

use super::log::{Stretch, decode, stretches};
use super::moment::Moment;
use super::{Mismatch, TOLD};
use crate::ProjectError;
use crate::copy_out::{CopiedRow, CopyOut};
use crate::progress::Progress;
use crate::table::{QUARANTINE, STATUSES, Table, copied_status};

/// The digests of what a stretch of the log says, by offset.
type Said = HashMap<i64, u128>;

/// A place of the log at which a table holds something else.
struct Wrong {
    position: Position,
    /// Whether the log says anything there that belongs to the table.
    is_said: bool,
    /// What the table holds, if anything.
    row: Option<CopiedRow>,
}

/// What is wrong, the first of it.
#[derive(Default)]
struct Found {
    statuses: Vec<Mismatch>,
    quarantine: Vec<Mismatch>,
}

/// The sum over the rows of `quarantine`.
pub(super) async fn sum_quarantine(pool: &Pool, moment: &Moment) -> Result<u128, ProjectError> {
    let mut client = pool.get().await?;
    let transaction = moment.join(&mut client).await?;
    let query = format!("select {} from {}.quarantine", QUARANTINE.names(), moment.generation.id.schema());
    let mut rows = CopyOut::start(&transaction, "place::sum_quarantine", &query, &QUARANTINE.kinds()).await?;
    let mut sum: u128 = 0;
    while let Some(row) = rows.next().await? {
        sum = sum.wrapping_add(QUARANTINE.digest_stored(&row));
    }
    Ok(sum)
}

/// Names what differs.
pub(super) async fn name_differing(
    pool: &Pool,
    moment: &Moment,
    progress: &Progress,
) -> Result<Vec<Mismatch>, ProjectError> {
    let (stretches, mut found) = (stretches(moment), Found::default());
    progress.begin("naming what differs", 0, stretches.len() as u64);
    for stretch in stretches {
        let (mut statuses, mut quarantined) = (Said::new(), Said::new());
        decode(pool, moment, stretch, |decoded| {
            match decoded {
                Ok(status) => statuses.insert(status.position.offset, STATUSES.digest(&status)),
                Err(one) => quarantined.insert(one.position.offset, QUARANTINE.digest(&one)),
            };
        })
        .await?;
        let (stream, within) = (stretch.0, within(stretch));
        found.add_statuses(pool, moment, &within, (stream, statuses)).await?;
        found.add_quarantine(pool, moment, &within, (stream, quarantined)).await?;
        progress.add(1);
    }
    // Where nothing is folded, nothing is to be held.
    let folded = moment.streams.iter().map(|(stream, one)| (*stream, one.first_offset, one.end_offset()));
    let elsewhere =
        folded.fold("true".to_owned(), |elsewhere, one| format!("{elsewhere} and not ({})", within(one)));
    let nothing = || (StreamId(0), Said::new());
    found.add_statuses(pool, moment, &elsewhere, nothing()).await?;
    found.add_quarantine(pool, moment, &elsewhere, nothing()).await?;
    Ok([found.statuses, found.quarantine].concat())
}

fn within((stream, from, to): Stretch) -> String {
    format!("stream_id = {} and record_offset >= {from} and record_offset < {to}", stream.0)
}

impl Found {
    async fn add_statuses(
        &mut self,
        pool: &Pool,
        moment: &Moment,
        condition: &str,
        said: (StreamId, Said),
    ) -> Result<(), ProjectError> {
        for wrong in list_wrong(pool, moment, &STATUSES, condition, said).await? {
            let held = match wrong.row.as_ref().map(copied_status) {
                // Folding names it.
                Some(Err(_)) => continue,
                held => held.and_then(Result::ok),
            };
            let said = if wrong.is_said { decode_one(pool, moment, wrong.position).await? } else { None };
            let mismatch = match (said, held, &wrong.row) {
                (Some(said), Some(_), Some(row)) => {
                    let columns = STATUSES.list_differing(&said, row);
                    Mismatch::of_status(&said, format!("the event says otherwise: {columns}"))
                }
                (Some(said), ..) => Mismatch::of_status(&said, "is missing"),
                (None, Some(held), _) => Mismatch::of_status(&held, "no event of the log says this"),
                (None, None, _) => continue,
            };
            if self.statuses.len() < TOLD {
                self.statuses.push(mismatch);
            }
        }
        Ok(())
    }

    async fn add_quarantine(
        &mut self,
        pool: &Pool,
        moment: &Moment,
        condition: &str,
        said: (StreamId, Said),
    ) -> Result<(), ProjectError> {
        for wrong in list_wrong(pool, moment, &QUARANTINE, condition, said).await? {
            let what = match (wrong.is_said, wrong.row) {
                (true, Some(_)) => "the event says otherwise",
                (true, None) => "is missing",
                (false, _) => "can be decoded, is there twice, or isn't in the log",
            };
            let Position { stream, offset } = wrong.position;
            let key = format!("stream {} offset {offset}", stream.0);
            if self.quarantine.len() < TOLD {
                self.quarantine.push(Mismatch { table: QUARANTINE.name, key, what: what.to_owned() });
            }
        }
        Ok(())
    }
}

/// What the event at a place says.
async fn decode_one(
    pool: &Pool,
    moment: &Moment,
    Position { stream, offset }: Position,
) -> Result<Option<Status>, ProjectError> {
    let mut said = None;
    decode(pool, moment, (stream, offset, offset + 1), |decoded| said = decoded.ok()).await?;
    Ok(said)
}

/// Where the rows of a condition aren't what is said there, the first of it.
async fn list_wrong<R>(
    pool: &Pool,
    moment: &Moment,
    table: &Table<R>,
    condition: &str,
    (stream, mut said): (StreamId, Said),
) -> Result<Vec<Wrong>, ProjectError> {
    let mut client = pool.get().await?;
    let transaction = moment.join(&mut client).await?;
    let (names, schema) = (table.names(), moment.generation.id.schema());
    let query =
        format!("select {names}, stream_id, record_offset from {schema}.{} where {condition}", table.name);
    let place = table.columns.len();
    let kinds = [table.kinds(), vec![Type::INT4, Type::INT8]].concat();
    let mut rows = CopyOut::start(&transaction, "place::list_wrong", &query, &kinds).await?;
    let mut list = Vec::new();
    while let Some(row) = rows.next().await? {
        let position = Position { stream: row.get(place)?, offset: row.get(place + 1)? };
        let digest = said.remove(&position.offset);
        if digest != Some(table.digest_stored(&row)) && list.len() < TOLD {
            list.push(Wrong { position, is_said: digest.is_some(), row: Some(row) });
        }
    }
    let mut missing: Vec<i64> = said.into_keys().collect();
    missing.sort_unstable();
    let missing = missing.into_iter().map(|offset| Position { stream, offset });
    list.extend(missing.take(TOLD).map(|position| Wrong { position, is_said: true, row: None }));
    Ok(list)
}
