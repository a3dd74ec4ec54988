//! A server doesn't outlive its owner, even when the owner is killed.

use std::io::{BufRead, BufReader, Write, stdin};
use std::process::{Command, Stdio};

use embedded::{Postgres, PostgresOptions};

use crate::postgres::query;
use crate::wait;

#[tokio::test]
async fn a_killed_owner_leaves_no_server_behind_and_its_data_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut owner = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "supervision::owner", "--ignored", "--nocapture"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(owner.stdin.take().unwrap(), "{}", folder.path().display()).unwrap();
    let mut lines = BufReader::new(owner.stdout.take().unwrap()).lines().map(Result::unwrap);
    let port: u16 = lines.find_map(|line| line.split_once("port=")?.1.parse().ok()).unwrap();
    query(port, "create table note (text text); insert into note values ('kept')").await.unwrap();

    owner.kill().unwrap();
    owner.wait().unwrap();

    wait::until("the server is gone", async || query(port, "select 1").await.is_err()).await;
    let next = Postgres::start(PostgresOptions::new(folder.path())).await.unwrap();
    assert_eq!(query(next.port(), "select text from note").await.unwrap(), "kept");
    next.stop().await.unwrap();
}

#[tokio::test]
#[ignore = "not a test: the process that the test above starts and kills"]
async fn owner() {
    let mut folder = String::new();
    if stdin().read_line(&mut folder).unwrap() == 0 {
        return;
    }
    let server = Postgres::start(PostgresOptions::new(folder.trim())).await.unwrap();
    println!("port={}", server.port());
    std::future::pending::<()>().await;
}
