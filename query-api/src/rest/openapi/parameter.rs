//! What each route can be asked, from the same tables that say what it answers.

use serde_json::json;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, SchemaFormat};
use utoipa::openapi::{ObjectBuilder, Required, Type};

use crate::rest::{payload, status};

const EXACT: &str = "Only those that have exactly this.";
const LABEL: &str = "Only those that have this, in any case.";
/// 32 hex digits, or the dashed 36.
const UUID: &str =
    "^([0-9A-Fa-f]{32}|[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12})$";
/// By default: a deployment may set another.
const MAX_PAGE_SIZE: u32 = 10_000;
const ID: &str = "Only that payload's, by any form of its id.";

/// Of `/payloads`.
pub(in crate::rest) struct PayloadParameters;
/// Of `/payloads/{request_id}`.
pub(in crate::rest) struct TimelineParameters;
/// The id in the path of links.
pub(in crate::rest) struct UuidParameter;
/// Of `/payloads/{request_id}/kibanaLink`.
pub(in crate::rest) struct KibanaParameters;
/// Of `/statuses`.
pub(in crate::rest) struct StatusParameters;
/// Of `/stats`.
pub(in crate::rest) struct StatParameters;

type Provider = Option<ParameterIn>;

impl IntoParams for PayloadParameters {
    fn into_params(_: impl Fn() -> Provider) -> Vec<Parameter> {
        let filters = ["account", "org_id", "inventory_id", "system_id"].map(|name| text(name, EXACT));
        [page(), order(&payload::SORTS, "created_at"), filters.into(), vec![text("request_id", ID)]]
            .into_iter()
            .chain([window("created_at", "were created"), window("date", "have a status")])
            .flatten()
            .collect()
    }
}

impl IntoParams for StatusParameters {
    fn into_params(_: impl Fn() -> Provider) -> Vec<Parameter> {
        let labels = ["service", "source", "status"].map(|name| text(name, LABEL));
        let filters =
            ["status_msg", "account", "org_id", "inventory_id", "system_id"].map(|name| text(name, EXACT));
        let full = switch("full", "Whole messages, where else they are cut after 4,096 bytes.");
        [
            page(),
            order(&status::SORTS, "date"),
            labels.into(),
            filters.into(),
            vec![text("request_id", ID), full],
        ]
        .into_iter()
        .chain([window("date", "happened"), window("created_at", "were recorded")])
        .flatten()
        .collect()
    }
}

impl IntoParams for TimelineParameters {
    fn into_params(_: impl Fn() -> Provider) -> Vec<Parameter> {
        let verbosity = ObjectBuilder::new().schema_type(Type::Integer).enum_values(Some([0, 1, 2]));
        let said = "0: all fields. 1: service, status, inventory_id, date and status_msg. 2: service, status and date.";
        let others = [
            query("verbosity", verbosity.default(Some(json!(0))), said),
            switch("parts", "With the part of the upload that each status is about."),
        ];
        [order(&payload::TIMELINE_SORTS, "date"), others.into()].concat()
    }
}

impl IntoParams for UuidParameter {
    fn into_params(_: impl Fn() -> Provider) -> Vec<Parameter> {
        let uuid = ObjectBuilder::new().schema_type(Type::String).pattern(Some(UUID));
        let id = ParameterBuilder::new()
            .name("request_id")
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .description(Some("The payload's id, a UUID"))
            .schema(Some(uuid.build()))
            .example(Some(json!("0a1b2c3d4e5f60718293a4b5c6d7e8f9")));
        vec![id.build()]
    }
}

impl IntoParams for KibanaParameters {
    fn into_params(_: impl Fn() -> Provider) -> Vec<Parameter> {
        vec![text("service", "Only the logs of this service.")]
    }
}

impl IntoParams for StatParameters {
    fn into_params(_: impl Fn() -> Provider) -> Vec<Parameter> {
        let one = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["SuccessRate"]));
        vec![query("stat", one, "Which one. There is one.")]
    }
}

fn page() -> Vec<Parameter> {
    let number = |least: i32, most: u32, default: i32| {
        let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(least));
        number.maximum(Some(most)).default(Some(json!(default)))
    };
    vec![
        query("page", number(0, u32::MAX, 0), "Which page."),
        query(
            "page_size",
            number(1, MAX_PAGE_SIZE, 10),
            "How many a page holds: up to MAX_PAGE_SIZE, 10,000 by default.",
        ),
    ]
}

fn order<T>(sorts: &[(&str, T)], default: &str) -> Vec<Parameter> {
    let one_of = |names: Vec<&str>, default: &str| {
        let names = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names));
        names.default(Some(json!(default)))
    };
    let names = sorts.iter().map(|(name, _)| *name).collect();
    vec![
        query("sort_by", one_of(names, default), "By what. Ties are broken by id."),
        query("sort_dir", one_of(vec!["asc", "desc"], "desc"), "Which end comes first."),
    ]
}

fn window(name: &str, did: &str) -> Vec<Parameter> {
    let bound = |(suffix, when): (&str, &str)| {
        let time = ObjectBuilder::new().schema_type(Type::String);
        let time = time.format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
        query(&format!("{name}_{suffix}"), time, &format!("Only those that {did} {when}."))
    };
    [("lt", "before"), ("lte", "then or before"), ("gt", "after"), ("gte", "then or after")].map(bound).into()
}

fn text(name: &str, said: &str) -> Parameter {
    query(name, ObjectBuilder::new().schema_type(Type::String), said)
}

fn switch(name: &str, said: &str) -> Parameter {
    let switch = ObjectBuilder::new().schema_type(Type::Boolean).default(Some(json!(false)));
    query(name, switch, said)
}

fn query(name: &str, schema: ObjectBuilder, said: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(said))
        .schema(Some(schema.build()))
        .build()
}
