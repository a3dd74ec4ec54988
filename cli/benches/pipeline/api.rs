//! How fast the API answers: every list and one payload, beside a bare handler, beside the same SQL without an API, and
//! beside the service it succeeds.

mod answer;
mod bare;
mod growth;
pub(crate) mod incumbent;
pub(crate) mod load;
mod pgbench;
pub(crate) mod question;
mod recording;
mod table;

use std::time::Duration;

use anyhow::Result;

use self::answer::Answer;
use self::bare::Bare;
use self::incumbent::STATUSES_OF_INCUMBENT;
use self::load::{Asked, Load};
use self::pgbench::Pgbench;
use self::question::Known;
use self::recording::Recording;
use crate::counts::{rows, wait_for};
use crate::database::Database;
use crate::figure::Figure;
use crate::options::Options;
use crate::say;
use crate::service::Service;
use crate::stage::Stage;

/// As the incumbent was asked.
pub(crate) const CONNECTIONS: usize = 8;

/// What was measured over tables of one size.
struct Measured {
    statuses: u32,
    answers: Vec<Answer>,
}

/// Once for each size. Figures, which have limits, are those of the incumbent's.
pub(crate) async fn measure(stage: &Stage, options: &Options) -> Result<Vec<Figure>> {
    let mut all = Vec::new();
    for statuses in options.api_sizes(STATUSES_OF_INCUMBENT)? {
        all.push(measure_at(stage, statuses, options).await?);
    }
    if all.len() > 1 {
        growth::table(&all);
        if let Some(file) = &options.plot {
            growth::plot(file, &all)?;
        }
    }
    let comparable = all.iter().find(|measured| measured.statuses == STATUSES_OF_INCUMBENT);
    Ok(comparable
        .map_or_else(Vec::new, |measured| measured.answers.iter().flat_map(Answer::figure).collect()))
}

async fn measure_at(stage: &Stage, statuses: u32, options: &Options) -> Result<Measured> {
    let database = stage.server.database("api").await?;
    let payloads = (statuses / options.statuses_per_payload).max(1);
    rows::fill(&database, payloads, statuses).await?;
    say(&format!(
        "api: {payloads} payloads and {statuses} statuses, {CONNECTIONS} connections, {} s of each question",
        options.seconds_of_question
    ));
    let answers = ask(stage, &database, payloads, options).await?;
    database.drop().await?;
    Ok(Measured { statuses, answers })
}

async fn ask(stage: &Stage, database: &Database, payloads: u32, options: &Options) -> Result<Vec<Answer>> {
    let questions = question::all(&Known::of(database, payloads).await?);
    let recordings = Recording::take_all(&stage.server, database, &questions).await?;
    let load =
        Load { connections: CONNECTIONS, time: Duration::from_secs(options.seconds_of_question.into()) };
    let (mut service, url) = Service::serve_without_limit(database)?;
    wait_for(&mut service, &url).await?;
    let address = url.trim_start_matches("http://").parse()?;
    let pgbench = Pgbench::find(database, load).await;
    if pgbench.is_none() {
        say("api: there is no pgbench here, so nothing is beside the same SQL");
    }
    let bare = Bare::serve(table::USUAL_LENGTH).await?;
    let mut answers = Vec::new();
    table::head();
    for (question, recording) in questions.into_iter().zip(recordings) {
        // Each beside its own, for a shared machine is faster at one time than at another.
        let limit = load.brief().run(bare.address(), Asked::rest("/")).await?;
        let answered = load.run(address, Asked::rest(&question.path)).await?;
        let sql_per_second = match &pgbench {
            Some(pgbench) if !recording.is_empty() => Some(pgbench.run(&recording).await?),
            _ => None,
        };
        service.check()?;
        let answer =
            Answer { question, answered, bare_per_second: limit.per_second(), sql_per_second, recording };
        table::row(&answer);
        answers.push(answer);
    }
    service.stop().await?;
    for answer in slowest(&answers, options.plans) {
        say(&format!("\napi: {}, p50 {:.2} ms", answer.question.path, answer.answered.percentile_ms(0.5)));
        say(&answer.recording.explain(&database.client).await?);
    }
    Ok(answers)
}

fn slowest(answers: &[Answer], most: usize) -> Vec<&Answer> {
    let mut sorted: Vec<&Answer> = answers.iter().collect();
    sorted.sort_by(|one, other| one.answered.per_second().total_cmp(&other.answered.per_second()));
    sorted.truncate(most);
    sorted
}
