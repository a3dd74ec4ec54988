//! `payloads`.

use schema::{Claim, Failure, Payload};
use tokio_postgres::types::Type;

use super::{Column, Table, Value};

pub(crate) static PAYLOADS: Table<Payload> = Table {
    name: "payloads",
    key: &["request_id"],
    columns: &[
        Column::new("request_id", Type::TEXT, |payload| (&payload.request_id).into()),
        Column::new("id", Type::INT8, |payload| payload.id.into()),
        Column::new("account", Type::TEXT, |payload| payload.account.as_ref().into()),
        Column::new("org_id", Type::TEXT, |payload| payload.org_id.as_ref().into()),
        Column::new("inventory_id", Type::TEXT, |payload| payload.inventory_id.as_ref().into()),
        Column::new("system_id", Type::TEXT, |payload| payload.system_id.as_ref().into()),
        Column::new("claims", Type::JSONB, |payload| Value::Claims(&payload.claims)),
        Column::new("has_conflicts", Type::BOOL, |payload| Value::Bool(payload.has_conflicts)),
        Column::new("created_at", Type::TIMESTAMPTZ, |payload| payload.created_at.into()),
        Column::new("last_date", Type::TIMESTAMPTZ, |payload| payload.latest.claim.date.into()),
        Column::new("latest_stream_id", Type::INT4, |payload| payload.latest.claim.stream.0.into()),
        Column::new("latest_offset", Type::INT8, |payload| payload.latest.claim.offset.into()),
        Column::new("latest_service", Type::TEXT, |payload| (&payload.latest.service).into()),
        Column::new("latest_source", Type::TEXT, |payload| payload.latest.source.as_ref().into()),
        Column::new("latest_status", Type::TEXT, |payload| (&payload.latest.status).into()),
        Column::new("status_count", Type::INT8, |payload| payload.status_count.into()),
        Column::new("outcome", Type::TEXT, |payload| payload.outcome().as_str().into()),
        Column::new("service_count", Type::INT4, |payload| payload.tally.services.into()),
        Column::new("open_services", Type::INT4, |payload| payload.tally.open.into()),
        Column::new("bad_services", Type::INT4, |payload| payload.tally.bad.into()),
        Column::new("bad_closings", Type::INT8, |payload| payload.tally.bad_closings.into()),
        Column::new("recovered_parts", Type::INT8, |payload| payload.tally.recovered_parts.into()),
        Column::new("failed_date", Type::TIMESTAMPTZ, |payload| {
            failed(payload).map(|claim| claim.date).into()
        }),
        Column::new("failed_stream_id", Type::INT4, |payload| {
            failed(payload).map(|claim| claim.stream.0).into()
        }),
        Column::new("failed_offset", Type::INT8, |payload| failed(payload).map(|claim| claim.offset).into()),
        Column::new("failed_service", Type::TEXT, |payload| failure(payload, |one| (&one.service).into())),
        Column::new("failed_source", Type::TEXT, |payload| {
            failure(payload, |one| one.source.as_ref().into())
        }),
        Column::new("failed_part", Type::TEXT, |payload| failure(payload, |one| one.part.as_ref().into())),
        Column::new("failed_status", Type::TEXT, |payload| {
            failure(payload, |one| (&one.closing.status).into())
        }),
    ],
    replaces: None,
};

fn failed(payload: &Payload) -> Option<Claim> {
    payload.failure.as_ref().map(|failure| failure.closing.claim)
}

fn failure<'a>(payload: &'a Payload, value: impl Fn(&'a Failure) -> Value<'a>) -> Value<'a> {
    payload.failure.as_ref().map_or(Value::Null, value)
}
