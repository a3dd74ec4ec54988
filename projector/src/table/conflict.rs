//! `conflicts`.

use schema::{Conflict, NameId};
use tokio_postgres::types::Type;

use super::{Column, Table};

pub(crate) static CONFLICTS: Table<Conflict> = Table {
    name: "conflicts",
    key: &["request_id", "attribute", "value_id"],
    columns: &[
        Column::new("request_id", Type::TEXT, |conflict| (&conflict.request_id).into()),
        Column::new("attribute", Type::TEXT, |conflict| conflict.attribute.as_str().into()),
        Column::new("value_id", Type::UUID, |conflict| NameId::of(&[Some(&conflict.value)]).into()),
        Column::new("value", Type::TEXT, |conflict| (&conflict.value).into()),
        Column::new("date", Type::TIMESTAMPTZ, |conflict| conflict.claim.date.into()),
        Column::new("stream_id", Type::INT4, |conflict| conflict.claim.stream.0.into()),
        Column::new("record_offset", Type::INT8, |conflict| conflict.claim.offset.into()),
    ],
    // A writer doesn't know what had lost before.
    replaces: Some(
        "(excluded.date, excluded.stream_id, excluded.record_offset)
            > (conflicts.date, conflicts.stream_id, conflicts.record_offset)",
    ),
};
