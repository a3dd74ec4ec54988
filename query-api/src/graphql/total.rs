//! Totals: counted only when somebody asks.

use async_graphql::{Context, Object, Result};
use futures_util::FutureExt as _;

use super::error::{no_index, shown};
use super::reading::Reading;
use super::scalar::Long;
use crate::queries::{Appended, payload, quarantine, status};

/// How many items a list has in all.
pub(super) enum Total {
    Known(i64),
    Payloads(payload::Filter),
    PastPayloads(payload::past::Filter, Appended),
    Statuses(status::Filter),
    Quarantine(quarantine::Filter),
}

/// How many items a list has in all.
#[Object]
impl Total {
    /// How many there are in all, on every page: exact, and counted only where it is asked for.
    async fn total_count(&self, context: &Context<'_>) -> Result<Long> {
        let reading = Reading::of(context);
        let counted = match self {
            Self::Known(count) => return Ok(Long(*count)),
            Self::Payloads(filter) => {
                let filter = filter.clone();
                reading.ask(move |at| async move { payload::total(at, &filter).await }.boxed()).await
            }
            Self::PastPayloads(filter, appended) => {
                let (filter, appended) = (filter.clone(), appended.clone());
                let counted = reading.ask(move |at| {
                    async move { payload::past::total(at, (&filter, &appended)).await }.boxed()
                });
                return counted.await.map_err(shown)?.map(Long).ok_or_else(|| no_index("payloads"));
            }
            Self::Statuses(filter) => {
                let filter = filter.clone();
                reading.ask(move |at| async move { status::total(at, &filter).await }.boxed()).await
            }
            Self::Quarantine(filter) => {
                let filter = filter.clone();
                reading.ask(move |at| async move { quarantine::total(at, &filter).await }.boxed()).await
            }
        };
        counted.map(Long).map_err(shown)
    }
}
