//! Events as they are read to be verified or archived.

use chrono::{DateTime, Utc};
use futures_util::{Stream, TryStreamExt as _};
use runtime::database::Object;
use schema::StreamId;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::Record;

/// A record, and what its row says beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct ChainedRecord {
    /// The name for people.
    pub id: i64,
    /// When it was appended.
    pub appended_at: DateTime<Utc>,
    /// The record.
    pub record: Record,
    /// The first bytes of the chain's head after it.
    pub mark: Option<Vec<u8>>,
}

impl ChainedRecord {
    pub(crate) fn from_row(row: &Row) -> Self {
        // By position: at hundreds of thousands a second, looking names up is what would take the time.
        Self {
            id: row.get(0),
            appended_at: row.get(3),
            record: Record {
                offset: row.get(1),
                timestamp_ms: row.get(2),
                key: row.get(4),
                value: row.get(5),
                header_names: row.get(6),
                header_values: row.get(7),
            },
            mark: row.get(8),
        }
    }
}

/// The events of a stream from one offset to before another, in order.
pub(super) async fn read(
    client: &Object,
    stream: StreamId,
    from_offset: i64,
    to_offset: i64,
) -> Result<impl Stream<Item = Result<ChainedRecord, tokio_postgres::Error>> + use<>, tokio_postgres::Error> {
    read_table(client, "events", stream, from_offset, to_offset).await
}

/// Those of them that are in one table: the log, or a day of it.
pub(crate) async fn read_table(
    client: &Object,
    table: &str,
    stream: StreamId,
    from_offset: i64,
    to_offset: i64,
) -> Result<impl Stream<Item = Result<ChainedRecord, tokio_postgres::Error>> + use<>, tokio_postgres::Error> {
    let sql = format!(
        "-- event::read_table
        select id, record_offset, timestamp_ms, appended_at, key, value, header_names, header_values, chain_mark
        from {table}
        where stream_id = $1 and record_offset >= $2 and record_offset < $3
        order by record_offset"
    );
    let statement = client.prepare_cached(&sql).await?;
    let parameters: [&(dyn ToSql + Sync); 3] = [&stream, &from_offset, &to_offset];
    let rows = client.query_raw(&statement, parameters).await?;
    Ok(rows.map_ok(|row| ChainedRecord::from_row(&row)))
}
