//! `statuses`.

use postgres_types::FromSql;
use schema::{Position, Status};
use tokio_postgres::types::Type;

use super::{Column, Table};
use crate::Mismatch;
use crate::copy_out::CopiedRow;

pub(crate) static STATUSES: Table<Status> = Table {
    name: "statuses",
    key: &["request_id", "stream_id", "record_offset"],
    columns: &[
        Column::new("id", Type::INT8, |status| status.id.into()),
        Column::new("date", Type::TIMESTAMPTZ, |status| status.date.into()),
        Column::new("created_at", Type::TIMESTAMPTZ, |status| status.created_at.into()),
        Column::new("record_offset", Type::INT8, |status| status.position.offset.into()),
        Column::new("stream_id", Type::INT4, |status| status.position.stream.0.into()),
        Column::new("request_id", Type::TEXT, |status| (&status.request_id).into()),
        Column::new("part", Type::TEXT, |status| status.part.as_ref().into()),
        Column::new("service", Type::TEXT, |status| (&status.service).into()),
        Column::new("source", Type::TEXT, |status| status.source.as_ref().into()),
        Column::new("status", Type::TEXT, |status| (&status.status).into()),
        Column::new("status_msg", Type::TEXT, |status| status.status_msg.as_ref().into()),
        Column::new("account", Type::TEXT, |status| status.account.as_ref().into()),
        Column::new("org_id", Type::TEXT, |status| status.org_id.as_ref().into()),
        Column::new("inventory_id", Type::TEXT, |status| status.inventory_id.as_ref().into()),
        Column::new("system_id", Type::TEXT, |status| status.system_id.as_ref().into()),
    ],
    replaces: None,
};

/// A row that was copied out with all columns of the list.
///
/// # Errors
/// Where a column is damaged: which.
pub(crate) fn copied_status(row: &CopiedRow) -> Result<Status, Mismatch> {
    read(row).map_err(|column| {
        let text = |at: usize| STATUSES.columns[at].stored(row, at).to_string();
        let (stream, offset) = (text(const { place("stream_id") }), text(const { place("record_offset") }));
        Mismatch {
            table: STATUSES.name,
            key: format!("{} at stream {stream} offset {offset}", text(const { place("request_id") })),
            what: format!("can't be read: {column}"),
        }
    })
}

fn read(row: &CopiedRow) -> Result<Status, &'static str> {
    Ok(Status {
        id: get(row, const { place("id") })?,
        position: Position {
            stream: get(row, const { place("stream_id") })?,
            offset: get(row, const { place("record_offset") })?,
        },
        request_id: get(row, const { place("request_id") })?,
        part: get(row, const { place("part") })?,
        service: get(row, const { place("service") })?,
        source: get(row, const { place("source") })?,
        status: get(row, const { place("status") })?,
        status_msg: get(row, const { place("status_msg") })?,
        account: get(row, const { place("account") })?,
        org_id: get(row, const { place("org_id") })?,
        inventory_id: get(row, const { place("inventory_id") })?,
        system_id: get(row, const { place("system_id") })?,
        date: get(row, const { place("date") })?,
        created_at: get(row, const { place("created_at") })?,
    })
}

/// The value of a column, or its name.
fn get<'a, T: FromSql<'a>>(row: &'a CopiedRow, at: usize) -> Result<T, &'static str> {
    row.get(at).map_err(|_| STATUSES.columns[at].name)
}

/// Where the list has a column. Looked up when this is compiled, which fails where there is none.
const fn place(name: &str) -> usize {
    let mut at = 0;
    while !is_same(STATUSES.columns[at].name.as_bytes(), name.as_bytes()) {
        at += 1;
    }
    at
}

const fn is_same(one: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}
