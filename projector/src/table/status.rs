//! `statuses`.

use schema::{Position, Status};
use tokio_postgres::types::Type;

use super::{Column, Table};
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

/// A row that was copied out with all columns, in their order.
pub(crate) fn copied_status(row: &CopiedRow) -> Status {
    Status {
        id: row.get(0),
        date: row.get(1),
        created_at: row.get(2),
        position: Position { offset: row.get(3), stream: row.get(4) },
        request_id: row.get(5),
        part: row.get(6),
        service: row.get(7),
        source: row.get(8),
        status: row.get(9),
        status_msg: row.get(10),
        account: row.get(11),
        org_id: row.get(12),
        inventory_id: row.get(13),
        system_id: row.get(14),
    }
}
