//! What the API answers while the database can't be asked: 503, never 200, 404 or 500.

use axum::Router;
use axum::http::{Request, header};
use testkit::{MessageBuilder, wait_until};

use crate::api::{Api, ID, get};

const PATHS: [&str; 3] = ["/api/v1/payloads", "/api/v1/statuses", "/app/payload-tracker/api/v1/payloads/x"];

async fn assert_unavailable(router: &Router, paths: &[&str]) {
    for path in paths {
        let answer = get(router, path).await;
        assert_eq!(answer.status, 503, "{path}: {}", answer.text);
        assert!(answer.headers.contains_key(header::RETRY_AFTER), "{path}");
        let body = answer.json();
        assert_eq!((&body["title"], &body["status"]), (&"Service Unavailable".into(), &503.into()));
        let said = body["message"].as_str().unwrap();
        assert!(!said.contains("select") && !said.contains("connect"), "the cause is for the log: {said}");
    }
}

#[tokio::test]
async fn read_models_that_are_not_there_yet_are_a_503() {
    let api = Api::unprojected().await;
    let router = Api::router(&api.database.args());
    assert_unavailable(&router, &PATHS).await;
    assert_eq!(api.get("/health").await.status, 200, "the database itself answers");
}

#[tokio::test]
async fn read_models_of_another_projection_version_are_a_503() {
    let api = Api::of(&[]).await;
    let client = api.database.client().await.unwrap();
    client.batch_execute("update generations set projection_version = 99").await.unwrap();
    assert_eq!(api.get(&format!("/api/v1/payloads/{ID}")).await.status, 503);
}

#[tokio::test]
async fn a_failing_table_is_a_503_and_never_a_404() {
    let api = Api::of(&[]).await;
    let client = api.database.client().await.unwrap();
    client.batch_execute("alter table projection_1.payloads rename to away").await.unwrap();
    assert_eq!(api.get(&format!("/api/v1/payloads/{ID}")).await.status, 503);
    let request = Request::post("/graphql").header("content-type", "application/json");
    let answer = api.send(request.body(r#"{"query":"{ payloads { totalCount } }"}"#.into()).unwrap()).await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.json()["errors"][0]["extensions"]["code"], "UNAVAILABLE");
}

#[tokio::test]
async fn connections_that_were_cut_are_replaced_before_anybody_notices() {
    let api = Api::of(&[]).await;
    assert_eq!(api.get("/api/v1/payloads").await.status, 200);
    let serving = "from pg_stat_activity where application_name = 'payload-tracker serve' and datname = current_database()";
    let client = api.database.client().await.unwrap();
    let cut = client.query(&format!("select pg_terminate_backend(pid) {serving}"), &[]).await.unwrap();
    assert!(!cut.is_empty());
    wait_until("they are gone", async || {
        client.query(&format!("select pid {serving}"), &[]).await.unwrap().is_empty().then_some(())
    })
    .await;
    assert_eq!(api.get("/api/v1/payloads").await.status, 200);
}

// Seen to fail with health asked over the same connections as lists.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_answers_is_healthy_however_much_it_is_asked() {
    let api = Api::of(&[MessageBuilder::new(ID)]).await.with(&["--connections", "2"]);
    let mut client = api.database.client().await.unwrap();
    let lock = client.transaction().await.unwrap();
    lock.batch_execute("lock table projection_1.payloads").await.unwrap();
    let asked = futures_util::future::join_all((0..10).map(|_| api.get("/api/v1/payloads")));
    let healthy = async {
        for _ in 0..10 {
            assert_eq!(api.get("/health").await.status, 200);
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        lock.rollback().await.unwrap();
    };
    tokio::join!(asked, healthy);
}

// Seen to fail (a 500, of a panic) with the columns read by `get`.
#[tokio::test]
async fn a_damaged_row_is_a_503_and_the_others_are_answered() {
    let api = Api::of(&[MessageBuilder::new(ID), MessageBuilder::new(&ID.replace('0', "1"))]).await;
    let client = api.database.client().await.unwrap();
    for damage in [
        "update projection_1.payloads set claims = '[]' where request_id = $1",
        "update projection_1.statuses set date = 'infinity' where request_id = $1",
    ] {
        client.execute(damage, &[&ID]).await.unwrap();
    }
    for path in [format!("/payloads/{ID}"), "/payloads".to_owned(), "/statuses".to_owned()] {
        let answer = api.get(&format!("/api/v1{path}")).await;
        assert_eq!(answer.status, 503, "{path}: {}", answer.text);
    }
    let sound = api.get(&format!("/api/v1/payloads/{}", ID.replace('0', "1"))).await;
    assert_eq!(sound.status, 200);
}
