//! Views, as the tables hold them: what a batch of statuses can change, loaded, folded and stored.

use std::collections::{HashMap, HashSet};

use runtime::database::Transaction;
use schema::{
    Claim, Closing, Failure, NameId, Part, Position, RequestId, Service, Status, Unreadable, column,
};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::allowance::Allowance;
use super::known::Known;
use super::{conflict, part, payload, service};
use crate::ProjectError;
use crate::count::Counts;
use crate::table::{PARTS, PAYLOADS, SERVICES, Table};
use projection::{View, part_of};

type Views = HashMap<RequestId, View>;

/// All that the statuses can change.
pub(super) async fn load(transaction: &Transaction<'_>, statuses: &[Status]) -> Result<Views, ProjectError> {
    let ids: HashSet<&RequestId> = statuses.iter().map(|status| &status.request_id).collect();
    let mut views: Views = HashMap::with_capacity(ids.len());
    let allowance = &mut Allowance::of(statuses.len());
    let known = payload::list(transaction, allowance, &ids.into_iter().collect::<Vec<_>>()).await?;
    for payload in known {
        let view = views.entry(payload.request_id.clone()).or_default();
        view.payload = Some(payload);
    }
    // What isn't known has no services and no parts either.
    let known = || statuses.iter().filter(|status| views.contains_key(&status.request_id));
    let services: HashSet<_> = known().map(|status| (&status.request_id, service_id(status))).collect();
    let parts: HashSet<_> = known()
        .filter_map(|status| Some((&status.request_id, service_id(status), Part::id(part_of(status)?))))
        .collect();
    let services = service::list(transaction, allowance, &services.into_iter().collect::<Vec<_>>()).await?;
    let parts = part::list(transaction, allowance, &parts.into_iter().collect::<Vec<_>>()).await?;
    for service in services {
        let id = Service::id(&service.service, service.source.as_deref());
        views.entry(service.request_id.clone()).or_default().services.insert(id, service);
    }
    for part in parts {
        let id = (part.service_id, Part::id(&part.part));
        views.entry(part.request_id.clone()).or_default().parts.insert(id, part);
    }
    find_elsewhere(transaction, allowance, &mut views).await?;
    Ok(views)
}

fn service_id(status: &Status) -> NameId {
    Service::id(&status.service, status.source.as_deref())
}

/// The first failure outside of each view. Where the payload's own lies outside, that is it: it was the first of all.
async fn find_elsewhere(
    transaction: &Transaction<'_>,
    allowance: &mut Allowance,
    views: &mut Views,
) -> Result<(), ProjectError> {
    let mut unknown = Vec::new();
    for (request_id, view) in views.iter_mut() {
        let Some(failure) = view.payload.as_ref().and_then(|payload| payload.failure.clone()) else {
            continue;
        };
        if view.failures().any(|one| one == failure) {
            unknown.push(request_id.clone());
        } else {
            view.elsewhere = Some(failure);
        }
    }
    for (request_id, failure) in first_failures(transaction, allowance, &unknown, views).await? {
        views.entry(request_id).or_default().elsewhere = Some(failure);
    }
    Ok(())
}

async fn first_failures(
    transaction: &Transaction<'_>,
    allowance: &mut Allowance,
    request_ids: &[RequestId],
    views: &Views,
) -> Result<Vec<(RequestId, Failure)>, ProjectError> {
    if request_ids.is_empty() {
        return Ok(Vec::new());
    }
    let views = || request_ids.iter().filter_map(|id| Some((id, views.get(id)?)));
    let services: Vec<(&RequestId, NameId)> =
        views().flat_map(|(id, view)| view.services.keys().map(move |key| (id, *key))).collect();
    let parts: Vec<(&RequestId, NameId, NameId)> =
        views().flat_map(|(id, view)| view.parts.keys().map(move |key| (id, key.0, key.1))).collect();
    let statement = transaction
        .prepare_cached(
            "-- view::first_failures
            with seen_services as materialized (
                select * from unnest($2::text[], $3::uuid[]) as seen(request_id, service_id)),
            seen_parts as materialized (
                select * from unnest($4::text[], $5::uuid[], $6::uuid[]) as seen(request_id, service_id, part_id))
            select distinct on (request_id) request_id, failure.*
            from unnest($1::text[]) as wanted(request_id)
            cross join lateral (
                (select own_closing_date as date, own_closing_stream_id as stream_id,
                        own_closing_offset as record_offset, own_closing_status as status, service, source,
                        null::text as part
                from services
                where services.request_id = wanted.request_id and own_state = 'bad'
                    and (services.request_id, service_id) not in (select * from seen_services)
                order by 1, 2, 3
                limit 1)
                union all
                (select closing_date, closing_stream_id, closing_offset, closing_status, service, source, part
                from (
                    select request_id, service_id, part, closing_date, closing_stream_id, closing_offset, closing_status
                    from parts
                    where parts.request_id = wanted.request_id and state = 'bad'
                        and (parts.request_id, service_id, part_id) not in (select * from seen_parts)
                    order by closing_date, closing_stream_id, closing_offset
                    limit 1
                ) as parts
                join services using (request_id, service_id))
            ) as failure
            order by request_id, date, stream_id, record_offset",
        )
        .await?;
    let parameters: [&(dyn ToSql + Sync); 6] = [
        &request_ids,
        &services.iter().map(|key| key.0).collect::<Vec<_>>(),
        &services.iter().map(|key| key.1).collect::<Vec<_>>(),
        &parts.iter().map(|key| key.0).collect::<Vec<_>>(),
        &parts.iter().map(|key| key.1).collect::<Vec<_>>(),
        &parts.iter().map(|key| key.2).collect::<Vec<_>>(),
    ];
    allowance.list(transaction, &statement, &parameters, (SERVICES.name, failure)).await
}

fn failure(row: &Row) -> Result<(RequestId, Failure), Unreadable> {
    let position = Position { stream: column(row, "stream_id")?, offset: column(row, "record_offset")? };
    let closing =
        Closing { claim: Claim::new(column(row, "date")?, position), status: column(row, "status")? };
    let failure = Failure {
        closing,
        service: column(row, "service")?,
        source: column(row, "source")?,
        part: column(row, "part")?,
    };
    Ok((column(row, "request_id")?, failure))
}

/// Counts the payloads and their services as they are: by 1 after a change, by -1 before it.
pub(super) fn count_payloads(views: &Views, counts: &mut Counts, change: i64) {
    for view in views.values() {
        let Some(payload) = &view.payload else { continue };
        counts.add_payload(payload, change);
        for (id, service) in &view.services {
            counts.add_service(payload.created_at, (*id, service.state()), change);
        }
    }
}

/// Stores all that the views hold, in the order of requests: rows that are read together lie together.
pub(crate) async fn store_rows(
    transaction: &Transaction<'_>,
    views: &Views,
    known: &Known,
) -> Result<(), ProjectError> {
    let mut sorted: Vec<(&RequestId, &View)> = views.iter().collect();
    sorted.sort_unstable_by_key(|(request_id, _)| *request_id);
    let views = || sorted.iter().map(|(_, view)| *view);
    let payloads = views().filter_map(|view| view.payload.as_ref());
    store(transaction, &PAYLOADS, payloads.partition(|row| known.has_payload(row))).await?;
    let services = views().flat_map(|view| view.services.values());
    store(transaction, &SERVICES, services.partition(|row| known.has_service(row))).await?;
    let parts = views().flat_map(|view| view.parts.values());
    store(transaction, &PARTS, parts.partition(|row| known.has_part(row))).await?;
    conflict::upsert(transaction, sorted.iter().copied()).await
}

async fn store<R>(
    transaction: &Transaction<'_>,
    table: &Table<R>,
    (known, new): (Vec<&R>, Vec<&R>),
) -> Result<(), ProjectError> {
    table.update(transaction, &known).await?;
    table.copy(transaction, &new).await
}
