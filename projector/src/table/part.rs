//! `parts`.

use schema::{Claim, Part};
use tokio_postgres::types::Type;

use super::{Column, Table};

pub(crate) static PARTS: Table<Part> = Table {
    name: "parts",
    key: &["request_id", "service_id", "part_id"],
    columns: &[
        Column::new("request_id", Type::TEXT, |part| (&part.request_id).into()),
        Column::new("service_id", Type::UUID, |part| part.service_id.into()),
        Column::new("part_id", Type::UUID, |part| Part::id(&part.part).into()),
        Column::new("part", Type::TEXT, |part| (&part.part).into()),
        Column::new("state", Type::TEXT, |part| part.unit.state.as_str().into()),
        Column::new("status_count", Type::INT8, |part| part.unit.status_count.into()),
        Column::new("bad_closings", Type::INT8, |part| part.unit.bad_closings.into()),
        Column::new("closing_status", Type::TEXT, |part| {
            part.unit.closing.as_ref().map(|closing| &closing.status).into()
        }),
        Column::new("closing_date", Type::TIMESTAMPTZ, |part| closing(part).map(|claim| claim.date).into()),
        Column::new("closing_stream_id", Type::INT4, |part| closing(part).map(|claim| claim.stream.0).into()),
        Column::new("closing_offset", Type::INT8, |part| closing(part).map(|claim| claim.offset).into()),
    ],
    replaces: None,
};

fn closing(part: &Part) -> Option<Claim> {
    part.unit.closing.as_ref().map(|closing| closing.claim)
}
