//! `/statuses`.

use std::time::Instant;

use asynk_strim::try_stream_fn;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use schema::{RequestId, Status};
use serde::Serialize;
use utoipa::ToSchema;

use super::body::{CUT, List, cut, send_list, timestamp};
use super::conditional::Conditional;
use super::openapi::{Refusals, StatusParameters};
use super::parameters::Parameters;
use super::stream;
use crate::access::Viewer;
use crate::error::ApiError;
use crate::queries::status::{self, Filter, Messages, Sort};
use crate::queries::{Connection, Snapshot};

pub(super) const SORTS: [(&str, Sort); 7] = [
    ("service", Sort::Service),
    ("source", Sort::Source),
    ("request_id", Sort::RequestId),
    ("status", Sort::Status),
    ("status_msg", Sort::StatusMsg),
    ("date", Sort::Date),
    ("created_at", Sort::CreatedAt),
];

/// A status in a list. What isn't known is left out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Status)]
pub(super) struct Item {
    /// Unique among all statuses.
    id: String,
    /// The payload it belongs to.
    #[schema(value_type = String)]
    request_id: RequestId,
    /// Who says so.
    service: String,
    /// For which of its sources.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    source: Option<String>,
    /// What happened.
    status: String,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    status_msg: Option<String>,
    /// When it happened, as the service says.
    #[schema(format = DateTime)]
    date: String,
    /// When it was recorded.
    #[schema(format = DateTime)]
    created_at: String,
}

/// Statuses
#[utoipa::path(
    get,
    path = "/statuses",
    operation_id = "list_statuses",
    params(StatusParameters),
    responses(
        (status = 200, description = "A page of them", body = List<Item>, example = json!({
            "count": 1, "elapsed": 0.002, "data": [{
                "id": "7", "request_id": "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "service": "puptoo", "source": "inventory",
                "status": "success", "status_msg": "done", "date": "2026-08-22T04:17:03.219543Z",
                "created_at": "2026-08-22T04:17:04Z"}]})),
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
    let (page, is_full) = (parameters.page(state.max_page_size)?, parameters.is_set("full")?);
    let messages = if is_full { Messages::Whole } else { Messages::First(CUT) };
    let question = conditional.asked.clone();
    stream::answer(
        &conditional,
        state.answer_timeout,
        try_stream_fn(move |mut yielder| async move {
            let mut connection = Connection::take(&state.pool).await?;
            let snapshot = Snapshot::begin(&mut connection, viewer).await?;
            yielder.yield_ok(snapshot.tag(&question).into()).await;
            let listed = status::list(&snapshot, &filter, order, page, messages).await?;
            send_list(&mut yielder, listed, started_at, |status| Item::new(status, is_full)).await
        }),
    )
    .await
}

fn filter(parameters: &Parameters) -> Result<Filter, ApiError> {
    Ok(Filter {
        service: parameters.label("service")?.into(),
        source: parameters.label("source")?.into(),
        status: parameters.label("status")?.into(),
        status_msg: parameters.filter("status_msg")?.into(),
        request_id: parameters.request_id()?.into(),
        account: parameters.filter("account")?.into(),
        org_id: parameters.filter("org_id")?.into(),
        inventory_id: parameters.filter("inventory_id")?.into(),
        system_id: parameters.filter("system_id")?.into(),
        date: parameters.window("date")?,
        created_at: parameters.window("created_at")?,
        appended: None,
    })
}

impl Item {
    fn new(status: Status, is_full: bool) -> Self {
        Self {
            id: status.id.to_string(),
            request_id: status.request_id,
            service: status.service,
            source: status.source,
            status: status.status,
            status_msg: status.status_msg.map(|text| if is_full { text } else { cut(text) }),
            date: timestamp(status.date),
            created_at: timestamp(status.created_at),
        }
    }
}
