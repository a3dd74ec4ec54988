//! `/stats`: how services did in the last 24 hours.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{RawQuery, State};
use chrono::{TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::openapi::{Refusals, StatParameters};
use super::parameters::Parameters;
use crate::access::Viewer;
use crate::error::ApiError;
use crate::queries::stat::{self, Outcomes, ServiceStat};
use crate::queries::{Bounds, Connection, Snapshot};

/// What was asked for, in a sentence and by service.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Stats {
    /// What it is, in a sentence.
    message: String,
    /// By the name of the service.
    data: BTreeMap<String, Stat>,
}

/// How a service did.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Stat {
    /// Payloads that it closed well.
    success: i64,
    /// Payloads that it closed badly.
    failure: i64,
    /// Payloads that it hasn't closed.
    in_progress: i64,
    /// Of those that closed, how many closed well. Left out when none has closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    success_rate: Option<f64>,
}

/// How services did
///
/// With the payloads that were created in the last 24 hours.
#[utoipa::path(
    get,
    path = "/stats",
    operation_id = "list_stats",
    params(StatParameters),
    responses(
        (status = 200, description = "By service", body = Stats, example = json!({
            "message": "how 1 services did with the payloads of the last 24 hours",
            "data": {"puptoo": {"success": 3, "failure": 1, "in_progress": 2, "success_rate": 0.75}}})),
        Refusals
    )
)]
pub(super) async fn show(
    State(state): State<super::State>,
    viewer: Viewer,
    RawQuery(query): RawQuery,
) -> Result<Json<Stats>, ApiError> {
    Parameters::parse(query.as_deref()).stat()?;
    let mut connection = Connection::take(&state.pool).await?;
    let snapshot = Snapshot::begin(&mut connection, viewer).await?;
    let since = Bounds { gte: Some(Utc::now() - TimeDelta::hours(24)), ..Bounds::default() };
    // A tenant's are summed up row by row, and an answer that never comes would say less.
    let services = stat::success(&snapshot, since.into()).await?.map_err(|too_many| {
        ApiError::BadRequest(format!(
            "the organisation has {too_many} of the last 24 hours, and no statistics are made of so many"
        ))
    })?;
    let data: BTreeMap<_, _> =
        services.into_iter().map(|service| (service.service.clone(), service.into())).collect();
    let message = format!("how {} services did with the payloads of the last 24 hours", data.len());
    Ok(Json(Stats { message, data }))
}

impl From<ServiceStat> for Stat {
    fn from(stat: ServiceStat) -> Self {
        let Outcomes { success, failure, in_progress } = stat.outcomes;
        Self { success, failure, in_progress, success_rate: stat.outcomes.success_rate() }
    }
}
