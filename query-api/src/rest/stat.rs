//! `/stats`: how services did in the last 24 hours.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{RawQuery, State};
use chrono::{TimeDelta, Utc};
use serde::Serialize;

use super::parameters::Parameters;
use crate::error::ApiError;
use crate::queries::stat::{self, ServiceStat};
use crate::queries::{Connection, Snapshot};

/// What was asked for, in a sentence and by service.
#[derive(Debug, Serialize)]
pub(super) struct Stats {
    message: String,
    data: BTreeMap<String, Stat>,
}

/// How a service did.
#[derive(Debug, Serialize)]
pub(super) struct Stat {
    success: i64,
    failure: i64,
    in_progress: i64,
    /// Of those that closed, how many closed well. Left out when none has closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    success_rate: Option<f64>,
}

pub(super) async fn show(
    State(state): State<super::State>,
    RawQuery(query): RawQuery,
) -> Result<Json<Stats>, ApiError> {
    Parameters::parse(query.as_deref()).stat()?;
    let mut connection = Connection::take(&state.pool).await?;
    let snapshot = Snapshot::begin(&mut connection).await?;
    let services = stat::success(&snapshot, Utc::now() - TimeDelta::hours(24)).await?;
    let data: BTreeMap<_, _> =
        services.into_iter().map(|service| (service.service.clone(), service.into())).collect();
    let message = format!("how {} services did with the payloads of the last 24 hours", data.len());
    Ok(Json(Stats { message, data }))
}

impl From<ServiceStat> for Stat {
    fn from(stat: ServiceStat) -> Self {
        let closed = stat.success + stat.failure;
        #[expect(clippy::cast_precision_loss, reason = "there are no so many payloads in a day")]
        let rate = (closed > 0).then(|| stat.success as f64 / closed as f64);
        Self {
            success: stat.success,
            failure: stat.failure,
            in_progress: stat.in_progress,
            success_rate: rate,
        }
    }
}
