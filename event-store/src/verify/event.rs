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
    /// Whether the row can be an event at all. Of one that can't, only the offset is given.
    pub is_readable: bool,
}

impl ChainedRecord {
    pub(crate) fn from_row(row: &Row) -> Self {
        let event = Self::try_from_row(row).ok().filter(Self::has_paired_headers);
        event.unwrap_or_else(|| Self {
            id: 0,
            appended_at: DateTime::UNIX_EPOCH,
            record: Record { offset: row.get(1), ..Record::default() },
            mark: None,
            is_readable: false,
        })
    }

    /// Somebody with all rights can write what none of our types can hold: an array of nulls, the end of time.
    fn try_from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        // By position: at hundreds of thousands a second, looking names up is what would take the time.
        Ok(Self {
            id: row.try_get(0)?,
            appended_at: row.try_get(3)?,
            record: Record {
                offset: row.try_get(1)?,
                timestamp_ms: row.try_get(2)?,
                key: row.try_get(4)?,
                value: row.try_get(5)?,
                header_names: row.try_get(6)?,
                header_values: row.try_get(7)?,
            },
            mark: row.try_get(8)?,
            is_readable: true,
        })
    }

    /// The digest covers pairs: what is in one array only could come and go unseen.
    fn has_paired_headers(&self) -> bool {
        let Record { header_names, header_values, .. } = &self.record;
        header_names.as_ref().map(Vec::len) == header_values.as_ref().map(Vec::len)
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
