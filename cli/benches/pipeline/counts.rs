//! How fast lists are counted: pages of one item, asked of the API over tables as full as a busy day leaves them.

mod question;
pub(crate) mod rows;

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::Value;

use self::question::Question;
use crate::figure::{Figure, number};
use crate::options::Options;
use crate::say;
use crate::service::Service;
use crate::stage::Stage;

/// Of each question.
const RUNS: usize = 20;
/// For the API to come up.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) async fn measure(stage: &Stage, options: &Options) -> Result<Vec<Figure>> {
    let database = stage.server.database("counts").await?;
    rows::fill(&database, options.payloads, options.statuses).await?;
    let (mut service, url) = Service::serve(&database)?;
    wait_for(&mut service, &url).await?;
    let (mut figures, mut last_group) = (Vec::new(), "");
    for question in question::all() {
        if question.group != last_group {
            say(&format!("counts: {}", question.group));
            last_group = question.group;
        }
        figures.push(ask(&url, &question, options).await?);
    }
    service.stop().await?;
    database.drop().await?;
    Ok(figures)
}

/// Milliseconds from the question to the whole answer, page included.
async fn ask(url: &str, question: &Question, options: &Options) -> Result<Figure> {
    let client = reqwest::Client::new();
    let path = format!("{url}/api/v1/{}", question.path);
    let (mut values, mut count) = (Vec::new(), None);
    for _ in 0..RUNS {
        let started_at = Instant::now();
        let text = client.get(&path).send().await?.error_for_status()?.text().await?;
        values.push(1_000.0 * started_at.elapsed().as_secs_f64());
        count = serde_json::from_str::<Value>(&text)?["count"].as_u64();
    }
    let count = count.unwrap_or_default();
    let expected = question.expected(options);
    ensure!(
        expected.is_none_or(|expected| count == expected),
        "{}: {count}, not {expected:?}",
        question.path
    );
    let name = format!("{} ({})", question.name, number(count as f64).trim_end_matches(".00"));
    Ok(Figure::of_rounds(&name, "ms", values).at_most(question.limit_ms))
}

/// Until the API answers.
pub(crate) async fn wait_for(service: &mut Service, url: &str) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while reqwest::get(format!("{url}/health")).await.is_err() {
        service.check()?;
        ensure!(Instant::now() < deadline, "the API didn't come up");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
