//! A private PostgreSQL server, from its first start to its end.

use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use embedded::{Error, Postgres, PostgresOptions};
use tokio::task::JoinSet;
use tokio_postgres::{Config, NoTls, SimpleQueryMessage};

/// Runs statements and returns the first value that one of them gives.
pub(crate) async fn query(port: u16, sql: &str) -> Result<String, tokio_postgres::Error> {
    let mut config = Config::new();
    config.host("127.0.0.1").port(port).user("postgres").dbname("postgres");
    let (client, connection) = config.connect(NoTls).await?;
    let mut tasks = JoinSet::new();
    tasks.spawn(connection);
    let messages = client.simple_query(sql).await?;
    let value = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    Ok(value.unwrap_or_default())
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn temporary(folder: &Path) -> PostgresOptions {
    PostgresOptions { temporary: true, ..PostgresOptions::new(folder) }
}

#[tokio::test]
async fn what_was_stored_is_there_after_a_stop_and_a_start() {
    let folder = folder();
    let options = PostgresOptions::new(folder.path());

    let first = Postgres::start(options.clone()).await.unwrap();
    query(first.port(), "create table note (text text); insert into note values ('grüße')").await.unwrap();
    first.stop().await.unwrap();
    let second = Postgres::start(options).await.unwrap();

    assert_eq!(query(second.port(), "select text from note").await.unwrap(), "grüße");
    second.stop().await.unwrap();
}

#[tokio::test]
async fn settings_reach_the_server() {
    let folder = folder();
    let mut options = temporary(folder.path());
    options.settings.push(("work_mem".to_owned(), "7MB".to_owned()));
    let server = Postgres::start(options).await.unwrap();
    assert_eq!(query(server.port(), "show work_mem").await.unwrap(), "7MB");
    assert_eq!(query(server.port(), "show server_encoding").await.unwrap(), "UTF8");
    assert_eq!((server.host(), server.superuser()), ("127.0.0.1", "postgres"));
}

#[tokio::test]
async fn a_temporary_folder_is_gone_after_stop() {
    let folder = folder();
    let server = Postgres::start(temporary(folder.path())).await.unwrap();
    assert!(folder.path().join("server.log").exists());
    server.stop().await.unwrap();
    assert!(!folder.path().exists());
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let folder = folder();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    let options = PostgresOptions { port: Some(port), ..temporary(folder.path()) };
    let error = Postgres::start(options).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("port {port} of 127.0.0.1 is taken: stop what listens there, or choose another port")
    );
}

#[tokio::test]
async fn a_second_server_on_the_same_folder_is_refused_and_harms_nothing() {
    let folder = folder();
    let first = Postgres::start(temporary(folder.path())).await.unwrap();
    let error = Postgres::start(temporary(folder.path())).await.unwrap_err();
    assert!(matches!(error, Error::AlreadyRunning { .. }), "{error}");
    assert_eq!(query(first.port(), "select 1").await.unwrap(), "1");
}

#[tokio::test]
async fn a_wrong_setting_is_quoted_from_the_log() {
    let folder = folder();
    let mut options = temporary(folder.path());
    options.settings.push(("no_such_setting".to_owned(), "1".to_owned()));
    let error = Postgres::start(options).await.unwrap_err().to_string();
    assert!(error.contains("unrecognized configuration parameter \"no_such_setting\""), "{error}");
}

#[tokio::test]
async fn a_folder_with_something_else_in_it_is_left_alone() {
    let folder = folder();
    std::fs::write(folder.path().join("thesis.txt"), "years of work").unwrap();
    let error = Postgres::start(temporary(folder.path())).await.unwrap_err();
    assert!(matches!(error, Error::NotOurs { .. }), "{error}");
    assert!(folder.path().join("thesis.txt").exists());
}

#[tokio::test]
async fn an_outage_ends_with_the_same_port_and_the_same_data() {
    let folder = folder();
    let mut server = Postgres::start(temporary(folder.path())).await.unwrap();
    let port = server.port();
    query(port, "create table note (text text); insert into note values ('kept')").await.unwrap();

    server.kill_immediate().await.unwrap();
    assert!(query(port, "select 1").await.is_err());
    server.restart().await.unwrap();
    assert_eq!(query(port, "select text from note").await.unwrap(), "kept");
    server.restart().await.unwrap();
    assert_eq!(query(server.port(), "select text from note").await.unwrap(), "kept");
}

#[tokio::test]
async fn a_server_that_ends_by_itself_is_noticed_and_can_be_restarted() {
    let folder = folder();
    let mut server = Postgres::start(temporary(folder.path())).await.unwrap();
    let sql = "copy (select 1) to program 'kill -s QUIT $(head -n 1 postmaster.pid)'";
    // The server may be gone before it answers.
    _ = query(server.port(), sql).await;
    tokio::time::timeout(Duration::from_secs(20), server.exited()).await.unwrap().unwrap();
    server.restart().await.unwrap();
    assert_eq!(query(server.port(), "select 1").await.unwrap(), "1");
}

#[tokio::test]
async fn a_stale_pid_file_that_names_a_living_process_is_no_obstacle() {
    let folder = folder();
    let options = PostgresOptions::new(folder.path());
    Postgres::start(options.clone()).await.unwrap().stop().await.unwrap();
    let mut lines = vec![std::process::id().to_string(), folder.path().display().to_string()];
    lines.extend(["1", "5432", "", "127.0.0.1", "", "ready"].map(str::to_owned));
    std::fs::write(folder.path().join("postmaster.pid"), lines.join("\n")).unwrap();
    let server = Postgres::start(options).await.unwrap();
    assert_eq!(query(server.port(), "select 1").await.unwrap(), "1");
    server.stop().await.unwrap();
}
