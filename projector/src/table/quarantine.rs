//! `quarantine`.

use schema::Quarantined;
use tokio_postgres::types::Type;

use super::{Column, Table};

pub(crate) static QUARANTINE: Table<Quarantined> = Table {
    name: "quarantine",
    key: &["stream_id", "record_offset"],
    columns: &[
        Column::new("stream_id", Type::INT4, |row| row.position.stream.0.into()),
        Column::new("record_offset", Type::INT8, |row| row.position.offset.into()),
        Column::new("id", Type::INT8, |row| row.id.into()),
        Column::new("reason", Type::TEXT, |row| row.reason.as_str().into()),
        Column::new("detail", Type::TEXT, |row| (&row.detail).into()),
        Column::new("request_id", Type::TEXT, |row| row.request_id.as_ref().into()),
        Column::new("service", Type::TEXT, |row| row.service.as_ref().into()),
        Column::new("created_at", Type::TIMESTAMPTZ, |row| row.created_at.into()),
    ],
    replaces: None,
};
