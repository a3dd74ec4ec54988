//! Statistics: how it went, by service, kind, organisation and time; and which services there are.

mod bucket;
mod group;
mod seen;

use async_graphql::connection::query;
use async_graphql::{Context, InputObject, Object, Result};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use self::bucket::{StatBucket, StatWidth};
use self::group::{KindStat, Latency, OrganisationStat, OutcomeCounts, ServiceStat};
pub(super) use self::seen::SeenList;
use super::error::{shown, too_many};
use super::page::{Asked, length};
use super::reading::Reading;
use super::scalar::{Long, Time};
use crate::error::{ApiError, QueryError};
use crate::queries::stat::{self, Bounded, Stretches};
use crate::queries::{Bounds, Snapshot, Window};

/// Statistics, and the services that there are.
#[derive(Default)]
pub(super) struct Statistics;

/// A stretch of time.
#[derive(Clone, Copy, InputObject)]
struct Period {
    /// From then on.
    from: Time,
    /// Until just before.
    to: Time,
}

/// How it went in a window of time. Payloads are those that began in it, statuses those that are dated in it. Each field asks the
/// database, and only where it is asked for.
struct Stats(Window);

#[Object]
impl Statistics {
    /// Services that were seen, each of their sources for itself, by name.
    async fn services(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "So many from the beginning: 10 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end.")] last: Option<i32>,
        #[graphql(desc = "Those before this cursor.")] before: Option<String>,
    ) -> Result<SeenList> {
        query(after, before, first, last, |after, before, _, _| async move {
            seen::list(context, Asked { after, before, first, last }).await
        })
        .await
    }

    /// How it went in a window of time.
    async fn stats(&self, #[graphql(desc = "Which time.")] window: Period) -> Result<Stats> {
        let Period { from: Time(from), to: Time(to) } = window;
        if from >= to {
            return Err(shown(ApiError::BadRequest("a window ends after it begins".to_owned())));
        }
        Ok(Stats(Bounds { gte: Some(from), lt: Some(to), ..Bounds::default() }.into()))
    }
}

/// How it went in a window of time. Payloads are those that began in it, statuses those that are dated in it. Each field asks the
/// database, and only where it is asked for.
#[Object]
impl Stats {
    /// Payloads, by outcome.
    async fn payloads(&self, context: &Context<'_>) -> Result<OutcomeCounts> {
        let whole = Stretches::whole(self.0);
        let found = ask(context, move |at| async move { stat::outcomes(at, &whole).await }.boxed()).await?;
        Ok(found.into_iter().map(|(_, outcomes)| outcomes).next().unwrap_or_default().into())
    }

    /// How many statuses are dated in it.
    async fn status_count(&self, context: &Context<'_>) -> Result<Long> {
        let whole = Stretches::whole(self.0);
        let found =
            ask(context, move |at| async move { stat::status_counts(at, &whole).await }.boxed()).await?;
        Ok(Long(found.into_iter().map(|(_, count)| count).sum()))
    }

    /// How long payloads took, from their first status to their last. Of no more than 200,000.
    async fn latency(&self, context: &Context<'_>) -> Result<Option<Latency>> {
        let whole = Stretches::whole(self.0);
        let found = ask(context, move |at| async move { stat::latencies(at, &whole).await }.boxed()).await?;
        Ok(found.into_iter().map(|(_, latency)| latency.into()).next())
    }

    /// Minutes, hours or days of it, the earliest first, also those in which nothing happened. The first and the last hold as much as
    /// the window has of them.
    async fn buckets(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How long each is; else the shortest of which there are no more than may be.")]
        width: Option<StatWidth>,
        #[graphql(
            desc = "How many there may be: 10 unless told otherwise. A window that has more is refused."
        )]
        first: Option<i32>,
    ) -> Result<Vec<StatBucket>> {
        let most = length(context, first).map_err(shown)?;
        let Some(stretches) = Stretches::of(self.0, width.map(Into::into), most) else {
            let message = format!(
                "the window has more than {most}: ask for more of them by first, for longer ones, or for a narrower window"
            );
            return Err(shown(ApiError::BadRequest(message)));
        };
        bucket::list(context, stretches).await
    }

    /// How services did with these payloads, each of their sources for itself; those that failed most first.
    async fn services(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many: 10 unless told otherwise.")] first: Option<i32>,
    ) -> Result<Vec<ServiceStat>> {
        let (window, most) = (self.0, length(context, first).map_err(shown)?);
        let found =
            ask(context, move |at| async move { stat::services(at, window, most).await }.boxed()).await?;
        let timed = if context.look_ahead().field("latency").exists() {
            let names: Vec<_> = found.iter().map(|one| (one.service.clone(), one.source.clone())).collect();
            ask(context, move |at| async move { stat::service_latencies(at, window, &names).await }.boxed())
                .await?
        } else {
            Vec::new()
        };
        Ok(ServiceStat::timed(found, timed))
    }

    /// How many statuses there are of each service, source and status; the most frequent first.
    async fn statuses(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many: 10 unless told otherwise.")] first: Option<i32>,
    ) -> Result<Vec<KindStat>> {
        let (window, most) = (self.0, length(context, first).map_err(shown)?);
        let found =
            ask(context, move |at| async move { stat::kinds(at, window, most).await }.boxed()).await?;
        Ok(found.into_iter().map(KindStat::from).collect())
    }

    /// How it went by organisation; those of which most failed first. Of no more than 200,000 payloads.
    async fn organisations(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many: 10 unless told otherwise.")] first: Option<i32>,
    ) -> Result<Vec<OrganisationStat>> {
        let (window, most) = (self.0, length(context, first).map_err(shown)?);
        let found =
            ask(context, move |at| async move { stat::organisations(at, window, most).await }.boxed());
        Ok(found.await?.into_iter().map(OrganisationStat::from).collect())
    }
}

/// What the snapshot answers, unless it would be of too much.
async fn ask<T, F>(context: &Context<'_>, question: F) -> Result<T>
where
    T: Send + 'static,
    F: for<'s> FnOnce(&'s Snapshot<'s>) -> BoxFuture<'s, std::result::Result<Bounded<T>, QueryError>>
        + Send
        + 'static,
{
    Reading::of(context).ask(question).await.map_err(shown)?.map_err(too_many)
}
