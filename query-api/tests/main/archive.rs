//! Links to archives: that somebody asks is written down, and nothing of it is in a log.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use testkit::{Said, Upstream};

use crate::access::tenant;
use crate::api::{Answer, Api, ID};
use crate::log::Log;

const HEADER: &str = "x-rh-identity";
const LINK: &str = "https://bucket.example/archive?signature=s3cr3t";

/// An associate with the role that the default asks for.
pub(crate) fn associate() -> String {
    identity(&json!({"type": "Associate", "associate":
        {"Role": ["other", "platform-archive-download"], "email": "somebody@example.com"}}))
}

pub(crate) fn identity(claims: &serde_json::Value) -> String {
    STANDARD.encode(json!({ "identity": claims }).to_string())
}

fn path() -> String {
    format!("/api/v1/payloads/{ID}/archiveLink")
}

async fn ask(api: &Api) -> Answer {
    api.get_with(&path(), &[(HEADER, &associate())]).await
}

/// Who asked for what, as it is written down.
async fn audit(api: &Api) -> Vec<(String, Option<String>)> {
    let client = api.database.client().await.unwrap();
    let rows = client.query("select request_id, email from archive_requests order by id", &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

// Seen to fail with the audit written after the link was fetched.
#[tokio::test]
async fn a_link_is_written_down_first() {
    let upstream = Upstream::start(Said::link(LINK)).await.unwrap();
    let api = Api::of(&[]).await.with(&["--storage-broker-url", upstream.url()]);
    for header in ["%", &tenant("1")] {
        assert_ne!(api.get_with(&path(), &[(HEADER, header)]).await.status, 200);
    }
    assert_eq!(ask(&api).await.json(), json!({ "url": LINK }));
    assert_eq!(audit(&api).await, [(ID.to_owned(), Some("somebody@example.com".to_owned()))]);

    let client = api.database.client().await.unwrap();
    client.batch_execute("alter table archive_requests rename to away").await.unwrap();
    assert_eq!(ask(&api).await.status, 503);
    assert_eq!(upstream.asked().len(), 1, "what isn't written down isn't asked for");
}

// Seen to fail (a 503 after ten seconds) with the time-out of every other request.
#[tokio::test]
async fn storage_broker_may_take_as_long_as_it_is_allowed_to() {
    let upstream =
        Upstream::start(Said { after: Duration::from_secs(11), ..Said::link(LINK) }).await.unwrap();
    let api = Api::of(&[]).await.with(&["--storage-broker-url", upstream.url()]);
    assert_eq!(ask(&api).await.json(), json!({ "url": LINK }));
}

// Seen to fail with an answer without a body taken for a broken one.
#[tokio::test]
async fn an_answer_with_nothing_in_it_has_no_link() {
    let api = Api::of(&[]).await;
    for (status, body) in [(204, ""), (200, ""), (200, "{}"), (200, r#"{"url": null}"#), (404, "x")] {
        let upstream = Upstream::start(Said::new(status, body)).await.unwrap();
        let api = api.with(&["--storage-broker-url", upstream.url()]);
        assert_eq!(ask(&api).await.status, 404, "{status} {body}");
    }
}

// Seen to fail with a link of mock given first.
#[tokio::test]
async fn a_link_of_mock_is_written_down_too() {
    let api = Api::of(&[]).await.with(&["--requestor", "mock"]);
    assert_eq!(ask(&api).await.status, 200);
    assert_eq!(audit(&api).await.len(), 1);
}

// Seen to fail without the trigger, and with the table granted to its writer.
#[tokio::test]
async fn what_was_written_down_stays() {
    let api = Api::of(&[]).await;
    let client = api.database.client().await.unwrap();
    client.batch_execute("insert into archive_requests (request_id, email) values ('a', 'b')").await.unwrap();
    let changes = [
        "update archive_requests set email = 'x'",
        "delete from archive_requests",
        "truncate archive_requests",
    ];
    for change in changes {
        assert!(client.batch_execute(change).await.is_err(), "{change}");
    }
    client.batch_execute("set role payload_tracker_recorder").await.unwrap();
    for question in changes.into_iter().chain(["select * from archive_requests"]) {
        assert!(client.batch_execute(question).await.is_err(), "{question}, as who writes it down");
    }
    assert!(client.batch_execute("insert into archive_requests (request_id) values ('c')").await.is_ok());
}

// Seen to fail with the link, and with the associate, as fields of the line that says that a link was given.
#[tokio::test]
async fn neither_link_nor_identity_gets_into_a_log_at_any_level() {
    let log = Log::start();
    let upstream = Upstream::start(Said::link(LINK)).await.unwrap();
    let api = Api::of(&[]).await.with(&["--storage-broker-url", upstream.url()]);
    assert_eq!(ask(&api).await.status, 200);
    let broken = Upstream::start(Said::link("javascript:s3cr3t")).await.unwrap();
    let api = api.with(&["--storage-broker-url", broken.url()]);
    assert_eq!(ask(&api).await.status, 502);
    let text = log.text();
    assert!(
        text.contains("a link to an archive was given") && text.contains("doesn't lead to the web"),
        "{text}"
    );
    for secret in ["s3cr3t", "somebody@example.com", &associate()] {
        assert!(!text.contains(secret), "{secret} is in the log");
    }
}
