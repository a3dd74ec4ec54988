//! `/payloads` and `/payloads/{request_id}`.

use std::time::Instant;

use asynk_strim::try_stream_fn;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use schema::{Payload, RequestId, Status};
use serde::Serialize;

use super::body::{send_list, timestamp};
use super::duration::durations;
use super::parameters::{Parameters, Verbosity};
use super::stream::{self, Json};
use crate::error::ApiError;
use crate::queries::payload::{self, Filter, Sort};
use crate::queries::status::{self, Sort as StatusSort};
use crate::queries::{Connection, Snapshot, quarantine};

const SORTS: [(&str, Sort); 6] = [
    ("account", Sort::Account),
    ("org_id", Sort::OrgId),
    ("inventory_id", Sort::InventoryId),
    ("system_id", Sort::SystemId),
    ("created_at", Sort::CreatedAt),
    ("request_id", Sort::RequestId),
];

/// The attributes are the payload's own and so the same in every row: the browser client may sort by them all the same.
const TIMELINE_SORTS: [(&str, StatusSort); 11] = [
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
#[derive(Debug, Serialize)]
pub(super) struct Item {
    id: i64,
    request_id: RequestId,
    account: String,
    org_id: String,
    inventory_id: String,
    system_id: String,
    created_at: String,
}

/// A status of one payload. What isn't known, or isn't asked for, is left out.
#[derive(Debug, Serialize)]
struct TimelineItem {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<i64>,
    service: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<RequestId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inventory_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_msg: Option<String>,
    date: String,
}

pub(super) async fn list(
    State(state): State<super::State>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let started_at = Instant::now();
    let parameters = Parameters::parse(query.as_deref());
    let filter = filter(&parameters)?;
    let order = (parameters.sort(&SORTS)?, parameters.direction()?);
    let page = parameters.page(state.max_page_size)?;
    stream::answer(try_stream_fn(move |mut yielder| async move {
        let mut connection = Connection::take(&state.pool).await?;
        let snapshot = Snapshot::begin(&mut connection).await?;
        let listed = payload::list(&snapshot, &filter, order, page).await?;
        send_list(&mut yielder, listed, started_at, Item::from).await
    }))
    .await
}

pub(super) async fn find(
    State(state): State<super::State>,
    asked: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let Path(asked) = asked.map_err(|_| ApiError::BadRequest("the id is not valid text".to_owned()))?;
    let parameters = Parameters::parse(query.as_deref());
    let order = (parameters.sort(&TIMELINE_SORTS)?, parameters.direction()?);
    let (verbosity, with_parts) = (parameters.verbosity()?, parameters.is_set("parts")?);
    stream::answer(try_stream_fn(move |mut yielder| async move {
        let mut connection = Connection::take(&state.pool).await?;
        let snapshot = Snapshot::begin(&mut connection).await?;
        let payload = get(&snapshot, &asked).await?;
        let durations = durations(&status::spans(&snapshot, &payload.request_id).await?);
        let duration = serde_json::to_string(&durations).expect("texts are written to memory");
        let mut timeline = status::timeline(&snapshot, &payload.request_id, order).await?;
        let mut json = Json::begin(r#"{"data":["#.to_owned());
        while let Some(status) = timeline.next().await? {
            let item = TimelineItem::new(&payload, status, verbosity, with_parts);
            if let Some(chunk) = json.push(&item) {
                yielder.yield_ok(chunk).await;
            }
        }
        yielder.yield_ok(json.end(&format!(r#"],"duration":{duration}}}"#))).await;
        Ok(())
    }))
    .await
}

fn filter(parameters: &Parameters) -> Result<Filter, ApiError> {
    Ok(Filter {
        account: parameters.filter("account")?,
        org_id: parameters.filter("org_id")?,
        inventory_id: parameters.filter("inventory_id")?,
        system_id: parameters.filter("system_id")?,
        request_id: parameters.request_id()?,
        created_at: parameters.window("created_at")?,
        date: parameters.window("date")?,
    })
}

/// The payload that was asked for, in whatever form of its id.
async fn get(snapshot: &Snapshot<'_>, asked: &str) -> Result<Payload, ApiError> {
    let unknown = format!("payload with id: {asked} not found");
    if asked.contains('\0') {
        return Err(ApiError::NotFound(unknown));
    }
    let request_id = RequestId::lookup(asked);
    if let Some(payload) = payload::find(snapshot, &request_id).await? {
        return Ok(payload);
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
