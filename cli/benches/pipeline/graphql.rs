//! How fast GraphQL answers, beside REST where both tell the same of the same rows.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;

use crate::api::CONNECTIONS;
use crate::api::incumbent::STATUSES_OF_INCUMBENT;
use crate::api::load::{Asked, Load};
use crate::api::question::{BASE, Known};
use crate::counts::{rows, wait_for};
use crate::figure::Figure;
use crate::options::Options;
use crate::say;
use crate::service::Service;
use crate::stage::Stage;

/// A question in both ways.
struct Pair {
    name: &'static str,
    rest: String,
    query: String,
}

fn pairs(known: &Known) -> [Pair; 2] {
    let id = &known.request_id;
    [
        Pair {
            name: "a page of payloads and their count",
            rest: format!("{BASE}/payloads"),
            query: "{ payloads { totalCount nodes { number requestId account orgId inventoryId systemId createdAt } } }"
                .to_owned(),
        },
        Pair {
            name: "one payload, its statuses and durations",
            rest: format!("{BASE}/payloads/{id}"),
            query: format!(
                "{{ payload(requestId: \"{id}\") {{ number requestId account orgId inventoryId systemId \
                statuses(first: 100) {{ nodes {{ service source status statusMsg date createdAt }} }} \
                services {{ service source duration }} }} }}"
            ),
        },
    ]
}

pub(crate) async fn measure(stage: &Stage, options: &Options) -> Result<Vec<Figure>> {
    let database = stage.server.database("graphql").await?;
    let payloads = STATUSES_OF_INCUMBENT / options.statuses_per_payload;
    rows::fill(&database, payloads, STATUSES_OF_INCUMBENT).await?;
    let known = Known::of(&database, payloads).await?;
    let (mut service, url) = Service::serve_without_limit(&database)?;
    wait_for(&mut service, &url).await?;
    let address = url.trim_start_matches("http://").parse()?;
    let mut figures = Vec::new();
    for pair in pairs(&known) {
        say(&format!("graphql: {}, beside the same by REST, {} rounds", pair.name, options.rounds));
        figures.extend(ask(address, &pair, options).await?);
        service.check()?;
    }
    service.stop().await?;
    database.drop().await?;
    Ok(figures)
}

/// In turns, for a shared machine is faster at one time than at another.
async fn ask(address: SocketAddr, pair: &Pair, options: &Options) -> Result<[Figure; 3]> {
    let load =
        Load { connections: CONNECTIONS, time: Duration::from_secs(options.seconds_of_question.into()) };
    let (mut rates, mut medians, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..options.rounds {
        let by_rest = load.run(address, Asked::rest(&pair.rest)).await?;
        let by_graphql = load.run(address, Asked::graphql(&pair.query)).await?;
        rates.push(by_graphql.per_second());
        medians.push(by_graphql.percentile_ms(0.5));
        ratios.push(by_graphql.per_second() / by_rest.per_second());
    }
    Ok([
        Figure::of_rounds(&format!("graphql: {}", pair.name), "requests/s", rates),
        Figure::of_rounds(&format!("graphql: {}: p50", pair.name), "ms", medians),
        Figure::of_rounds(&format!("graphql: {} / by REST", pair.name), "", ratios),
    ])
}
