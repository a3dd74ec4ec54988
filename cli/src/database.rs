//! Making a database that isn't there.

use anyhow::Context as _;
use runtime::database::DatabaseArgs;
use tokio_postgres::error::SqlState;

/// Makes the database that `args` names, unless it is there. The user must be allowed to.
pub(crate) async fn create(args: &DatabaseArgs) -> anyhow::Result<()> {
    let admin = DatabaseArgs { name: "postgres".to_owned(), ..args.clone() };
    let client = admin.connect("payload-tracker").await?;
    let known = client.query_opt("select from pg_database where datname = $1", &[&args.name]).await?;
    if known.is_some() {
        return Ok(());
    }
    let name = args.name.replace('"', "\"\"");
    match client.batch_execute(&format!("create database \"{name}\"")).await {
        Err(error) if error.code() == Some(&SqlState::DUPLICATE_DATABASE) => Ok(()),
        result => result.context("the database could not be made"),
    }
}
