//! `/payloads` and `/payloads/{request_id}`.

use std::collections::BTreeMap;
use std::time::Instant;

use asynk_strim::try_stream_fn;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use schema::{Payload, RequestId, Status};
use serde::Serialize;
use utoipa::ToSchema;

use super::body::{List, send_list, timestamp};
use super::conditional::Conditional;
use super::duration::Durations;
use super::openapi::{IdRefusals, PayloadParameters, Refusals, TimelineParameters};
use super::parameters::{Parameters, Verbosity};
use super::stream::{self, Json};
use crate::access::Viewer;
use crate::error::ApiError;
use crate::queries::payload::{self, Filter, Sort};
use crate::queries::status::{self, Sort as StatusSort};
use crate::queries::{Connection, Direction, Items, Snapshot, quarantine};

pub(super) const SORTS: [(&str, Sort); 6] = [
    ("account", Sort::Account),
    ("org_id", Sort::OrgId),
    ("inventory_id", Sort::InventoryId),
    ("system_id", Sort::SystemId),
    ("created_at", Sort::CreatedAt),
    ("request_id", Sort::RequestId),
];

/// The attributes are the payload's own and so the same in every row: the browser client may sort by them all the same.
pub(super) const TIMELINE_SORTS: [(&str, StatusSort); 11] = [
    ("service", StatusSort::Service),
    ("source", StatusSort::Source),
    ("status", StatusSort::Status),
    ("status_msg", StatusSort::StatusMsg),
    ("date", StatusSort::Date),
    ("created_at", StatusSort::CreatedAt),
    ("request_id", StatusSort::RequestId),
    ("account", StatusSort::RequestId),
    ("org_id", StatusSort::RequestId),
    ("inventory_id", StatusSort::RequestId),
    ("system_id", StatusSort::RequestId),
];

/// A payload in a list. Unknown attributes show as the empty text.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Payload)]
pub(super) struct Item {
    /// A number of its own.
    id: i64,
    /// 32 lower-case hex digits, or as it was sent where it is of another form.
    #[schema(value_type = String)]
    request_id: RequestId,
    /// The account it belongs to.
    account: String,
    /// The organisation it belongs to.
    org_id: String,
    /// The inventory id of its host.
    inventory_id: String,
    /// The system id of its host.
    system_id: String,
    /// The earliest date of its statuses.
    #[schema(format = DateTime)]
    created_at: String,
}

/// One payload, as it is sent.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is never in memory as a whole: this says what it looks like")]
pub(super) struct Timeline {
    /// Its statuses.
    data: Vec<TimelineItem>,
    /// By `service:source`, from the first to the last status of it; `total_time_in_services` is their sum, `total_time` from the
    /// very first to the very last.
    duration: BTreeMap<String, String>,
}

/// A status of one payload. What isn't known, or isn't asked for, is left out.
#[derive(Debug, Serialize, ToSchema)]
struct TimelineItem {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    id: Option<i64>,
    service: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    org_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    request_id: Option<RequestId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    inventory_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    system_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    part: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, nullable = false)]
    created_at: Option<String>,
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    status_msg: Option<String>,
    #[schema(format = DateTime)]
    date: String,
}

/// Payloads
#[utoipa::path(
    get,
    path = "/payloads",
    operation_id = "list_payloads",
    params(PayloadParameters),
    responses(
        (status = 200, description = "A page of them", body = List<Item>, example = json!({
            "count": 1, "elapsed": 0.002, "data": [{
                "id": 1, "request_id": "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "account": "", "org_id": "77",
                "inventory_id": "", "system_id": "", "created_at": "2026-08-22T04:17:03.219543Z"}]})),
        (status = 304, description = "Nothing was folded since the answer that `If-None-Match` names"),
        Refusals
    )
)]
pub(super) async fn list(
    State(state): State<super::State>,
    viewer: Viewer,
    conditional: Conditional,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let started_at = Instant::now();
    let parameters = Parameters::parse(query.as_deref());
    let filter = filter(&parameters)?;
    let order = (parameters.sort(&SORTS)?, parameters.direction()?);
    let page = parameters.page(state.max_page_size)?;
    let question = conditional.asked.clone();
    stream::answer(
        &conditional,
        state.answer_timeout,
        try_stream_fn(move |mut yielder| async move {
            let mut connection = Connection::take(&state.pool).await?;
            let snapshot = Snapshot::begin(&mut connection, viewer).await?;
            yielder.yield_ok(snapshot.tag(&question).into()).await;
            let listed = payload::list(&snapshot, &filter, order, page).await?;
            send_list(&mut yielder, listed, started_at, Item::from).await
        }),
    )
    .await
}

/// The statuses of one payload, and how long it took
#[utoipa::path(
    get,
    path = "/payloads/{request_id}",
    operation_id = "find_payload",
    params(
        ("request_id" = String, Path, description = "The payload's id, in any of its forms", example = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"),
        TimelineParameters
    ),
    responses(
        (status = 200, description = "All of them", body = Timeline, example = json!({
            "data": [{
                "id": 1, "service": "puptoo", "source": "inventory", "org_id": "77",
                "request_id": "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "created_at": "2026-08-22T04:17:04Z",
                "status": "success", "date": "2026-08-22T04:17:03.219543Z"}],
            "duration": {
                "puptoo:inventory": "00:00:00.000000", "total_time": "00:00:00.000000",
                "total_time_in_services": "00:00:00.000000"}})),
        (status = 304, description = "Nothing was folded since the answer that `If-None-Match` names"),
        IdRefusals
    )
)]
pub(super) async fn find(
    State(state): State<super::State>,
    viewer: Viewer,
    conditional: Conditional,
    asked: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let Path(asked) = asked.map_err(|_| ApiError::BadRequest("the id is not valid text".to_owned()))?;
    let parameters = Parameters::parse(query.as_deref());
    let order = (parameters.sort(&TIMELINE_SORTS)?, parameters.direction()?);
    let (verbosity, with_parts) = (parameters.verbosity()?, parameters.is_set("parts")?);
    let question = conditional.asked.clone();
    stream::answer(
        &conditional,
        state.answer_timeout,
        try_stream_fn(move |mut yielder| async move {
            let mut connection = Connection::take(&state.pool).await?;
            let snapshot = Snapshot::begin(&mut connection, viewer).await?;
            yielder.yield_ok(snapshot.tag(&question).into()).await;
            let (payload, mut timeline) = get(&snapshot, &asked, order).await?;
            let mut durations = Durations::default();
            let mut json = Json::begin(r#"{"data":["#.to_owned());
            while let Some(status) = timeline.next().await? {
                durations.add(&status);
                let item = TimelineItem::new(&payload, status, verbosity, with_parts);
                if let Some(chunk) = json.push(&item) {
                    yielder.yield_ok(chunk).await;
                }
            }
            let durations = serde_json::to_string(&durations.show()).expect("texts are written to memory");
            yielder.yield_ok(json.end(&format!(r#"],"duration":{durations}}}"#))).await;
            Ok(())
        }),
    )
    .await
}

fn filter(parameters: &Parameters) -> Result<Filter, ApiError> {
    Ok(Filter {
        account: parameters.filter("account")?.into(),
        org_id: parameters.filter("org_id")?.into(),
        inventory_id: parameters.filter("inventory_id")?.into(),
        system_id: parameters.filter("system_id")?.into(),
        request_id: parameters.request_id()?.into(),
        created_at: parameters.window("created_at")?,
        date: parameters.window("date")?,
        ..Filter::default()
    })
}

/// The payload that was asked for, in whatever form of its id, and its statuses.
async fn get<'a>(
    snapshot: &'a Snapshot<'_>,
    asked: &str,
    order: (StatusSort, Direction),
) -> Result<(Payload, Items<'a, Status>), ApiError> {
    let unknown = format!("payload with id: {asked} not found");
    if asked.contains('\0') {
        return Err(ApiError::NotFound(unknown));
    }
    let request_id = RequestId::lookup(asked);
    if let Some(found) = status::timeline(snapshot, &request_id, order).await? {
        return Ok(found);
    }
    Err(ApiError::NotFound(match quarantine::count(snapshot, &request_id).await? {
        0 => unknown,
        count => {
            format!("{unknown}: all {count} messages of it are quarantined, for they could not be decoded")
        }
    }))
}

impl From<Payload> for Item {
    fn from(payload: Payload) -> Self {
        Self {
            id: payload.id,
            request_id: payload.request_id,
            account: payload.account.unwrap_or_default(),
            org_id: payload.org_id.unwrap_or_default(),
            inventory_id: payload.inventory_id.unwrap_or_default(),
            system_id: payload.system_id.unwrap_or_default(),
            created_at: timestamp(payload.created_at),
        }
    }
}

impl TimelineItem {
    fn new(payload: &Payload, status: Status, verbosity: Verbosity, with_parts: bool) -> Self {
        let (is_all, is_brief) = (verbosity == Verbosity::All, verbosity != Verbosity::Least);
        let attribute = |value: &Option<String>, is_shown: bool| value.clone().filter(|_| is_shown);
        Self {
            id: is_all.then_some(payload.id),
            service: status.service,
            source: status.source.filter(|_| is_all),
            account: attribute(&payload.account, is_all),
            org_id: attribute(&payload.org_id, is_all),
            request_id: is_all.then(|| payload.request_id.clone()),
            inventory_id: attribute(&payload.inventory_id, is_brief),
            system_id: attribute(&payload.system_id, is_all),
            part: status.part.filter(|_| is_all && with_parts),
            created_at: is_all.then(|| timestamp(status.created_at)),
            status: status.status,
            status_msg: status.status_msg.filter(|_| is_brief),
            date: timestamp(status.date),
        }
    }
}
