//! Links to archives: who may have them, and what storage-broker may answer.

use std::time::Duration;

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use testkit::MessageBuilder;

use crate::api::{Answer, Api, ID, PREFIXES};
use crate::log::Log;
use crate::upstream::{Said, Upstream};

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

async fn ask(api: &Api, id: &str) -> Answer {
    api.get_with(&format!("/api/v1/payloads/{id}/archiveLink"), &[(HEADER, &associate())]).await
}

/// Who asked for what, as it is written down.
async fn audit(api: &Api) -> Vec<(String, Option<String>)> {
    let client = api.database.client().await.unwrap();
    let rows = client.query("select request_id, email from archive_requests order by id", &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

// Seen to fail with the type of an identity left unread.
#[tokio::test]
async fn only_an_associate_with_the_role_may_have_links() {
    let upstream = Upstream::start(Said::link(LINK)).await;
    let api = Api::of(&[]).await.with(&["--storage-broker-url", &upstream.url]);
    let without = identity(&json!({"type": "Associate", "associate": {"Role": ["other"]}}));
    let tenant = json!({"type": "User", "org_id": "1", "associate": {"Role": ["platform-archive-download"]}});
    for prefix in PREFIXES {
        for path in [format!("{prefix}/roles/archiveLink"), format!("{prefix}/payloads/{ID}/archiveLink")] {
            for (status, header) in [(401, "%%%"), (403, &without), (403, &identity(&tenant))] {
                let answer = api.get_with(&path, &[(HEADER, header)]).await;
                assert_eq!(
                    (answer.status.as_u16(), answer.json()["status"].as_u64()),
                    (status, Some(status.into()))
                );
            }
            let two = api.get_with(&path, &[(HEADER, &associate()), (HEADER, &associate())]).await;
            assert_eq!(two.status, 400);
            let missing = api.get(&path).await;
            assert_eq!(
                missing.json(),
                json!({"title": "Unauthorized", "message": "Missing Identity Header", "status": 401})
            );
            assert_eq!(api.get_with(&path, &[(HEADER, &associate())]).await.status, 200);
        }
        let allowed = api.get_with(&format!("{prefix}/roles/archiveLink"), &[(HEADER, &associate())]).await;
        assert_eq!(allowed.json(), json!({"allowed": true}));
    }
    assert_eq!((upstream.asked().len(), audit(&api).await.len()), (2, 2), "nothing was asked for the others");
}

#[tokio::test]
async fn the_role_is_asked_for_before_the_id_is_looked_at() {
    let api = Api::of(&[]).await;
    assert_eq!(api.get("/api/v1/payloads/nope/archiveLink").await.status, 401);
    for id in ["nope", &format!("{ID}:{ID}"), "-1"] {
        let answer = ask(&api, id).await;
        let expected =
            json!({"title": "Bad Request", "message": format!("{id} is not a valid UUID"), "status": 400});
        assert_eq!(answer.json(), expected);
    }
}

// Seen to fail with the audit written after the link was fetched.
#[tokio::test]
async fn a_link_is_asked_for_by_the_name_that_the_messages_use_and_written_down_first() {
    let dashed = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";
    let upstream = Upstream::start(Said::link(LINK)).await;
    let messages = [dashed, ID, &format!("{dashed}:{dashed}")].map(MessageBuilder::new);
    let api = Api::of(&messages).await.with(&["--storage-broker-url", &upstream.url]);
    let answer = ask(&api, &ID.to_uppercase()).await;
    assert_eq!((answer.status, answer.json()), (StatusCode::OK, json!({"url": LINK})));
    assert_eq!(upstream.asked(), [format!("/archive/url?request_id={dashed}")]);
    assert_eq!(audit(&api).await, [(ID.to_owned(), Some("somebody@example.com".to_owned()))]);

    let client = api.database.client().await.unwrap();
    client.batch_execute("alter table archive_requests rename to away").await.unwrap();
    assert_eq!(ask(&api, ID).await.status, 503);
    assert_eq!(upstream.asked().len(), 1, "what isn't written down isn't asked for");
}

// Seen to fail with the size unlimited, and with every link let pass.
#[tokio::test]
async fn whatever_storage_broker_answers_nothing_but_a_link_gets_through() {
    let api = Api::of(&[]).await;
    let not_found = [
        Said::new(404, "upstream-text"),
        Said::new(200, r#"{"url":""}"#),
        Said::new(200, r#"{"other":"upstream-text"}"#),
        Said::new(200, r#"{"url":null}"#),
    ];
    let failures = [
        Said::new(500, "upstream-text"),
        Said::new(401, "upstream-text"),
        Said::new(302, "upstream-text"),
        Said::new(200, "<html>upstream-text"),
        Said::new(200, r#"{"url":5}"#),
        Said::new(200, format!(r#"{{"url":"{LINK}","x":"{}"}}"#, "upstream-text".repeat(10_000))),
        Said::link("javascript:alert('upstream-text')"),
        Said::link("\tjavascript:upstream-text"),
        Said::link("ftp://upstream-text"),
        Said::link("//upstream-text"),
        Said::link("https://a\r\nb: upstream-text"),
        Said { after: Duration::from_secs(20), ..Said::link(LINK) },
    ];
    let said = not_found.into_iter().map(|said| (404, said)).chain(failures.map(|said| (502, said)));
    for (status, said) in said {
        let upstream = Upstream::start(said.clone()).await;
        let arguments = ["--storage-broker-url", &upstream.url, "--storage-broker-timeout-ms", "300"];
        let answer = ask(&api.with(&arguments), ID).await;
        assert_eq!(answer.status.as_u16(), status, "{}: {}", said.body, answer.text);
        assert_eq!(answer.json()["status"], status);
        assert!(
            !answer.text.contains("upstream-text") && !answer.text.contains("example"),
            "{}",
            answer.text
        );
        assert_eq!(upstream.asked().len(), 1, "no redirect is followed: {:?}", upstream.asked());
        if status == 404 {
            assert_eq!(answer.json()["message"], "Payload not found");
        }
    }
    // Nothing listens on port 1.
    let away = api.with(&["--storage-broker-url", "http://127.0.0.1:1/"]);
    assert_eq!(ask(&away, ID).await.status, 502);
}

// Seen to fail with the link, and with the associate, as fields of the line that says that a link was given.
#[tokio::test]
async fn neither_link_nor_identity_gets_into_a_log_at_any_level() {
    let log = Log::start();
    let upstream = Upstream::start(Said::link(LINK)).await;
    let api = Api::of(&[]).await.with(&["--storage-broker-url", &upstream.url]);
    assert_eq!(ask(&api, ID).await.status, 200);
    let broken = Upstream::start(Said::link("javascript:s3cr3t")).await;
    let api = api.with(&["--storage-broker-url", &broken.url]);
    assert_eq!(ask(&api, ID).await.status, 502);
    let text = log.text();
    assert!(
        text.contains("a link to an archive was given") && text.contains("doesn't lead to the web"),
        "{text}"
    );
    for secret in ["s3cr3t", "somebody@example.com", &associate()] {
        assert!(!text.contains(secret), "{secret} is in the log");
    }
}

#[tokio::test]
async fn a_link_of_mock_leads_to_a_page_that_is_there_only_then() {
    let api = Api::of(&[]).await;
    assert_eq!(api.get(&format!("/api/v1/archive/{ID}")).await.status, 404);
    let api = api.with(&["--requestor", "mock", "--hostname", "h", "--public-port", "81"]);
    assert_eq!(api.get(&format!("/api/v1/payloads/{ID}/archiveLink")).await.status, 401);
    let url = ask(&api, ID).await.json()["url"].as_str().unwrap().to_owned();
    assert_eq!(url, format!("http://h:81/app/payload-tracker/api/v1/archive/{ID}"));
    let page = api.get(url.strip_prefix("http://h:81").unwrap()).await;
    assert_eq!(page.text, format!("You got an archive for {ID}"));
}
