//! `services`.

use schema::{Claim, Service};
use tokio_postgres::types::Type;

use super::{Column, Table};

pub(crate) static SERVICES: Table<Service> = Table {
    name: "services",
    key: &["request_id", "service_id"],
    columns: &[
        Column::new("request_id", Type::TEXT, |service| (&service.request_id).into()),
        Column::new("service_id", Type::UUID, |one| Service::id(&one.service, one.source.as_deref()).into()),
        Column::new("service", Type::TEXT, |service| (&service.service).into()),
        Column::new("source", Type::TEXT, |service| service.source.as_ref().into()),
        Column::new("state", Type::TEXT, |service| service.state().as_str().into()),
        Column::new("first_date", Type::TIMESTAMPTZ, |service| service.first_date.into()),
        Column::new("last_date", Type::TIMESTAMPTZ, |service| service.last_date.into()),
        Column::new("status_count", Type::INT8, |service| service.status_count.into()),
        Column::new("bad_closings", Type::INT8, |service| service.bad_closings.into()),
        Column::new("own_state", Type::TEXT, |service| service.own.state.as_str().into()),
        Column::new("own_count", Type::INT8, |service| service.own.status_count.into()),
        Column::new("own_bad_closings", Type::INT8, |service| service.own.bad_closings.into()),
        Column::new("own_closing_status", Type::TEXT, |service| {
            service.own.closing.as_ref().map(|closing| &closing.status).into()
        }),
        Column::new("own_closing_date", Type::TIMESTAMPTZ, |service| {
            closing(service).map(|one| one.date).into()
        }),
        Column::new("own_closing_stream_id", Type::INT4, |service| {
            closing(service).map(|claim| claim.stream.0).into()
        }),
        Column::new("own_closing_offset", Type::INT8, |service| {
            closing(service).map(|one| one.offset).into()
        }),
        Column::new("part_count", Type::INT4, |service| service.parts.count.into()),
        Column::new("open_parts", Type::INT4, |service| service.parts.open.into()),
        Column::new("bad_parts", Type::INT4, |service| service.parts.bad.into()),
        Column::new("recovered_parts", Type::INT4, |service| service.parts.recovered.into()),
    ],
    replaces: None,
};

fn closing(service: &Service) -> Option<Claim> {
    service.own.closing.as_ref().map(|closing| closing.claim)
}
