//! Answers that are sent while they are read: whole, or visibly broken off, and gone with who asked for them.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use testkit::wait_until;
use tokio::time::timeout;
use tokio_postgres::Client;

use crate::api::{Api, ID, message};

/// Statements of the API that run, but for those between two of a transaction.
async fn running(client: &Client) -> i64 {
    let sql = "select count(*) from pg_stat_activity where datname = current_database()
        and application_name = 'payload-tracker serve' and state = 'active'";
    client.query_one(sql, &[]).await.unwrap().get(0)
}

async fn busy() -> Api {
    let messages: Vec<_> =
        (1..=350).map(|number| message(number).with("status_msg", "x".repeat(500))).collect();
    Api::of(&messages).await
}

// Seen to fail with nothing fetched after the first hundred rows.
#[tokio::test]
async fn a_list_that_takes_many_fetches_is_whole() {
    let api = busy().await;
    for size in [99, 100, 101, 300, 350, 1000] {
        let ids = api.column(&format!("/api/v1/statuses?sort_dir=asc&page_size={size}"), "id").await;
        let expected: Vec<_> = (1..=size.min(350)).map(|id| id.to_string()).collect();
        assert_eq!(ids, expected);
    }
    let answer = api.graphql("{ statuses(first: 350) { nodes { id } } }").await;
    assert_eq!(answer["data"]["statuses"]["nodes"].as_array().unwrap().len(), 350);
}

// Seen to fail with nothing fetched after the first hundred rows, which ends like a whole answer.
#[tokio::test]
async fn an_answer_whose_database_goes_away_breaks_off() {
    let api = busy().await;
    let request = Request::get("/api/v1/statuses?page_size=350").body(Body::empty()).unwrap();
    let response = api.respond(request).await;
    assert_eq!(response.status(), 200);
    let mut chunks = response.into_body().into_data_stream();
    assert!(chunks.next().await.unwrap().is_ok());
    let client = api.database.client().await.unwrap();
    let cut = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()
        and application_name = 'payload-tracker serve'";
    client.execute(cut, &[]).await.unwrap();
    let rest: Vec<_> = chunks.collect().await;
    assert!(rest.last().unwrap().is_err(), "the end isn't that of a whole answer");
}

// Seen to fail (with a 500) with a connection that nobody had taken for a bug of ours.
#[tokio::test(flavor = "multi_thread")]
async fn more_questions_than_there_are_connections_are_answered_or_refused_and_nothing_else() {
    let api = busy().await.with(&["--connections", "1"]);
    let path = "/api/v1/statuses?page_size=350&sort_by=status_msg";
    let mut client = api.database.client().await.unwrap();
    let lock = client.transaction().await.unwrap();
    lock.batch_execute("lock table projection_1.statuses").await.unwrap();
    // The only connection waits for the lock, and all others for the connection.
    for answer in join_all((0..300).map(|_| api.get(path))).await {
        assert_eq!(answer.status, 503, "{}", answer.text);
    }
    lock.rollback().await.unwrap();
    let mut served = 0;
    for answer in join_all((0..300).map(|_| api.get(path))).await {
        match answer.status.as_u16() {
            200 => {
                assert_eq!(answer.json()["data"].as_array().unwrap().len(), 350);
                served += 1;
            }
            status => assert_eq!(status, 503, "{}", answer.text),
        }
    }
    assert!(served > 0);
    assert_eq!(api.get(path).await.status, 200, "it has recovered");
}

// Seen to fail with the connection given back to the pool, and with PostgreSQL not looking for its client.
#[tokio::test]
async fn a_statement_that_nobody_waits_for_any_more_is_cancelled_within_two_seconds() {
    let api = Api::of(&[message(1)]).await;
    let mut client = api.database.client().await.unwrap();
    let watcher = api.database.client().await.unwrap();
    let lock = client.transaction().await.unwrap();
    lock.batch_execute("lock table projection_1.payloads, projection_1.statuses").await.unwrap();
    for path in ["/payloads", "/statuses", &format!("/payloads/{ID}"), "/stats"] {
        let path = format!("/api/v1{path}");
        assert!(
            timeout(Duration::from_millis(300), api.get(&path)).await.is_err(),
            "{path} waits for the lock"
        );
        let gone = wait_until("it is cancelled", async || (running(&watcher).await == 0).then_some(()));
        assert!(timeout(Duration::from_secs(2), gone).await.is_ok(), "{path} goes on");
    }
}
