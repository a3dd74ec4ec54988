//! What the API asks the database to answer a question, as PostgreSQL's log has it.

mod statement;

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use anyhow::{Result, ensure};
use tokio_postgres::{Client, SimpleQueryMessage};

use self::statement::Statement;
use super::question::Question;
use crate::counts::wait_for;
use crate::database::Database;
use crate::server::Server;
use crate::service::Service;

/// How a transaction begins. Where it ends isn't waited for.
const BEGIN: &str = "begin isolation level repeatable read, read only";
const END: &str = "rollback";

/// The statements of one answer, in their transaction. Empty for one that reads nothing of the read models.
pub(super) struct Recording {
    statements: Vec<Statement>,
}

impl Recording {
    /// Asks an API of its own each question once, with all statements logged.
    pub(super) async fn take_all(
        server: &Server,
        database: &Database,
        questions: &[Question],
    ) -> Result<Vec<Self>> {
        let logged = format!("alter database {} set log_statement", database.name());
        database.client.batch_execute(&format!("{logged} = 'all'")).await?;
        let (mut service, url) = Service::serve_without_limit(database)?;
        wait_for(&mut service, &url).await?;
        let log = server.log();
        let mut recordings = Vec::new();
        for question in questions {
            let from = log.metadata()?.len();
            let response = reqwest::get(format!("{url}{}", question.path)).await?;
            ensure!(response.status().is_success(), "{}: {}", question.path, response.status());
            response.bytes().await?;
            recordings.push(Self { statements: Statement::all_of(&read(&log, from)?) });
        }
        service.stop().await?;
        database.client.batch_execute(&format!("{logged} = 'none'")).await?;
        Ok(recordings)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// As a script of `pgbench`, and the variables that it needs.
    pub(super) fn script(&self) -> (String, Vec<(String, String)>) {
        let (mut script, mut variables) = (format!("{BEGIN};\n"), Vec::new());
        for (at, statement) in self.statements.iter().enumerate() {
            let text = statement.with_places(|place, value| {
                let name = format!("v{at}_{place}");
                let variable = format!(":{name}");
                variables.push((name, value.to_owned()));
                variable
            });
            script.push_str(&text);
            script.push_str(";\n");
        }
        script.push_str(END);
        script.push_str(";\n");
        (script, variables)
    }

    /// The plans of all that it reads.
    pub(super) async fn explain(&self, client: &Client) -> Result<String> {
        let mut lines = Vec::new();
        client.batch_execute(BEGIN).await?;
        for statement in &self.statements {
            let text = statement.with_places(|_, value| format!("'{}'", value.replace('\'', "''")));
            if statement.opens_a_snapshot() {
                client.simple_query(&text).await?;
                continue;
            }
            lines.push(text.clone());
            for message in client.simple_query(&format!("explain (analyze, buffers) {text}")).await? {
                if let SimpleQueryMessage::Row(row) = message {
                    lines.push(format!("    {}", row.get(0).unwrap_or_default()));
                }
            }
        }
        client.batch_execute(&format!("{END}; reset search_path")).await?;
        Ok(lines.join("\n"))
    }
}

fn read(log: &Path, from: u64) -> Result<String> {
    let mut file = File::open(log)?;
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
