//! The list of services that were seen.

use async_graphql::connection::{Connection, Edge, EmptyFields};
use async_graphql::{Context, Result, SimpleObject};
use futures_util::FutureExt as _;

use super::ask;
use crate::graphql::cursor::{Cursor, NoCursor};
use crate::graphql::error::shown;
use crate::graphql::page::Asked;
use crate::graphql::scalar::{Long, Time};
use crate::queries::service::{self, SeenSlice, ServiceName};
use crate::queries::slice::{Key, Mark, Slice};

/// What its cursors are of.
const LIST: &str = "services";

/// A page of it.
pub(in crate::graphql) type SeenList = Connection<Cursor, ServiceSeen, EmptyFields>;

/// A service that was seen, for one of its sources.
#[derive(SimpleObject)]
pub(in crate::graphql) struct ServiceSeen {
    /// Its name.
    service: String,
    /// The source that it names.
    source: Option<String>,
    /// How many statuses it has sent.
    status_count: Long,
    /// The minute of its earliest status.
    first_seen: Option<Time>,
    /// The minute of its latest status.
    last_seen: Option<Time>,
}

/// The page that is asked for.
pub(super) async fn list(context: &Context<'_>, asked: Asked) -> Result<SeenList> {
    let Slice { after, before, most, is_from_end } = asked.slice(context, LIST, false).map_err(shown)?;
    let slice = SeenSlice { after: name(after)?, before: name(before)?, most, is_from_end };
    let (is_after, is_before) = (slice.after.is_some(), slice.before.is_some());
    let (seen, has_more) =
        ask(context, move |at| async move { service::seen(at, &slice).await }.boxed()).await?;
    let (has_previous, has_next) = if is_from_end { (has_more, is_before) } else { (is_after, has_more) };
    let mut page = Connection::new(has_previous, has_next);
    page.edges = seen.into_iter().map(|one| Edge::new(cursor(&one), one.into())).collect();
    Ok(page)
}

/// Where a service lies in the list: its name and source are its key.
fn cursor(seen: &service::ServiceSeen) -> Cursor {
    let key = serde_json::to_string(&(&seen.service, &seen.source)).expect("texts are JSON");
    Cursor::new(LIST, Mark { key: Key::Text(key), id: 0 })
}

fn name(mark: Option<Mark>) -> Result<Option<ServiceName>> {
    let Some(Mark { key, .. }) = mark else { return Ok(None) };
    let Key::Text(key) = key else { return Err(NoCursor.into()) };
    let (service, source): ServiceName = serde_json::from_str(&key).map_err(|_| NoCursor)?;
    // No text of PostgreSQL holds a NUL.
    if [Some(&service), source.as_ref()].into_iter().flatten().any(|name| name.contains('\0')) {
        return Err(NoCursor.into());
    }
    Ok(Some((service, source)))
}

impl From<service::ServiceSeen> for ServiceSeen {
    fn from(seen: service::ServiceSeen) -> Self {
        let service::ServiceSeen { service, source, status_count, first_seen, last_seen } = seen;
        Self {
            service,
            source,
            status_count: Long(status_count),
            first_seen: first_seen.map(Time),
            last_seen: last_seen.map(Time),
        }
    }
}
