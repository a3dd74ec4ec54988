//! Totals: counted only when somebody asks.

use async_graphql::{Context, Object, Result};
use futures_util::FutureExt as _;

use super::error::shown;
use super::reading::Reading;
use crate::queries::payload;

/// How many items a list has in all.
pub(super) enum Total {
    Known(i64),
    Payloads(payload::Filter),
}

/// How many items a list has in all.
#[Object]
impl Total {
    /// How many there are in all, on every page: exact, and counted only where it is asked for.
    async fn total_count(&self, context: &Context<'_>) -> Result<i64> {
        match self {
            Self::Known(count) => Ok(*count),
            Self::Payloads(filter) => {
                let filter = filter.clone();
                let counted = Reading::of(context)
                    .ask(move |snapshot| async move { payload::total(snapshot, &filter).await }.boxed());
                Ok(counted.await.map_err(shown)?)
            }
        }
    }
}
