//! What every request passes: limits, compression, ids, logs, conditions.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, header};
use serde_json::{Value, json};

use crate::access::tenant;
use crate::api::{Answer, Api, PREFIXES, message};
use crate::log::Log;

const HEADER: &str = "x-rh-identity";

async fn from(api: &Api, path: &str, peer: &str, headers: &[(&str, &str)]) -> Answer {
    let peer: SocketAddr = format!("{peer}:1").parse().unwrap();
    let request = Request::get(path).extension(ConnectInfo(peer));
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    api.send(request.body(Body::empty()).unwrap()).await
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

// Seen to fail with identities left out.
#[tokio::test]
async fn each_client_has_a_limit_of_its_own_and_is_told_when_to_come_again() {
    let api =
        Api::of(&[]).await.with(&["--max-requests-per-minute", "3", "--trusted-proxies", "10.0.0.0/8,::1"]);
    let path = "/api/v1/statuses";
    let clients = [
        ("192.0.2.1", vec![]),
        ("192.0.2.2", vec![("x-forwarded-for", "192.0.2.77")]),
        ("10.0.0.1", vec![("x-forwarded-for", "198.51.100.7")]),
        ("10.0.0.1", vec![("x-forwarded-for", "198.51.100.8")]),
    ];
    let (one, two) = (tenant("1"), tenant("2"));
    let identities = [("10.0.0.1", vec![(HEADER, &*one)]), ("10.0.0.1", vec![(HEADER, &*two)])];
    for (peer, headers) in clients.iter().chain(&identities) {
        for _ in 0..3 {
            assert_eq!(from(&api, path, peer, headers).await.status, 200, "{peer} {headers:?}");
        }
        let refused = from(&api, path, peer, headers).await;
        let expected = json!({"title": "Too Many Requests", "status": 429,
            "message": "no more than 3 requests a minute, try again later"});
        assert_eq!((refused.status.as_u16(), refused.json()), (429, expected), "{peer} {headers:?}");
        let wait: u64 = text(&refused.headers, "retry-after").parse().unwrap();
        assert!((1..=21).contains(&wait), "a third of a minute at most: {wait}");
        assert_eq!(text(&refused.headers, "x-ratelimit-limit"), "3");
        assert_eq!(text(&refused.headers, "x-ratelimit-remaining"), "0");
        assert_eq!(text(&refused.headers, "x-ratelimit-reset"), wait.to_string());
    }
    assert_eq!(
        from(&api, path, "203.0.113.9", &[(HEADER, &one)]).await.status,
        429,
        "wherever it comes from"
    );
    for path in ["/health", "/api/v1/health", "/app/payload-tracker/api/v1/health"] {
        assert_eq!(from(&api, path, "192.0.2.1", &[]).await.status, 200, "{path} is never limited");
    }
    assert_eq!(from(&api, "/api/v1/payloads/health", "192.0.2.1", &[]).await.status, 429);
}

// Seen to fail with the query left out of the tag.
#[tokio::test]
async fn who_has_an_answer_already_gets_it_again_only_when_something_was_folded() {
    let api = Api::of(&[message(1).with("org_id", "1")]).await.with(&["--access-policy", "identity"]);
    for path in ["/payloads", "/statuses?page_size=3", &format!("/payloads/{:032x}", 1)] {
        for prefix in PREFIXES {
            let path = format!("{prefix}{path}");
            let ask = async |who: &str, tag: &str| {
                api.get_with(&path, &[(HEADER, who), ("if-none-match", tag)]).await
            };
            let (one, two) = (tenant("1"), tenant("2"));
            let answer = ask(&one, "\"other\"").await;
            assert_eq!(answer.status, 200);
            assert_eq!(text(&answer.headers, "cache-control"), "private, no-cache");
            assert!(text(&answer.headers, "vary").contains("x-rh-identity"));
            let tag = text(&answer.headers, "etag");
            let again = ask(&one, &format!("\"x\", {tag}")).await;
            assert_eq!(
                (again.status.as_u16(), &*again.text, text(&again.headers, "etag")),
                (304, "", tag),
                "{path}"
            );
            assert_ne!(ask(&two, tag).await.status, 304, "another organisation's answer is another");
            let other = format!("{prefix}/payloads?sort_dir=asc");
            let other = api.get_with(&other, &[(HEADER, &one), ("if-none-match", tag)]).await;
            assert_eq!(other.status, 200, "{path}");
        }
    }
    let path = "/api/v1/payloads";
    let tag = text(&api.get_with(path, &[(HEADER, &tenant("1"))]).await.headers, "etag").to_owned();
    let client = api.database.client().await.unwrap();
    let stream = client.query_one("select id from streams", &[]).await.unwrap().get(0);
    testkit::append_events(&client, stream, &[Some(message(2).with("org_id", "1").build())]).await.unwrap();
    api.project(1).await;
    let answer = api.get_with(path, &[(HEADER, &tenant("1")), ("if-none-match", &tag)]).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["count"]), (200, &json!(2)));
}

// Seen to fail without the number of chunks in the tag.
#[tokio::test]
async fn an_answer_is_another_once_retention_took_something_out_of_it() {
    let api = Api::of(&[message(1)]).await;
    let path = "/api/v1/payloads";
    let tag = text(&api.get(path).await.headers, "etag").to_owned();
    assert_eq!(api.get_with(path, &[("if-none-match", &tag)]).await.status, 304);
    let client = api.database.client().await.unwrap();
    client.execute("update generations set horizon_chunks = horizon_chunks + 1", &[]).await.unwrap();
    assert_eq!(api.get_with(path, &[("if-none-match", &tag)]).await.status, 200);
}

#[tokio::test]
async fn what_is_not_to_be_kept_says_so() {
    let api = Api::of(&[]).await;
    for path in ["/health", "/api/v1/stats", "/nope", "/api/v1/payloads/x", "/api/v1/payloads?page=x"] {
        assert_eq!(text(&api.get(path).await.headers, "cache-control"), "no-store", "{path}");
    }
    assert_eq!(text(&api.get("/graphql").await.headers, "cache-control"), "no-cache");
}

#[tokio::test]
async fn answers_are_compressed_for_who_can_read_that() {
    let messages: Vec<_> = (1..=50).map(message).collect();
    let api = Api::of(&messages).await;
    let request = Request::get("/api/v1/statuses?page_size=50").header("accept-encoding", "gzip");
    let response = api.respond(request.body(Body::empty()).unwrap()).await;
    assert_eq!(text(response.headers(), "content-encoding"), "gzip");
    let compressed = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    assert!(compressed.starts_with(&[0x1f, 0x8b]) && compressed.len() < 5_000, "{}", compressed.len());
    let plain = api.get("/api/v1/statuses?page_size=50").await;
    assert!(text(&plain.headers, "content-encoding").is_empty() && plain.text.len() > 5_000);
}

#[tokio::test]
async fn what_is_too_long_is_refused() {
    let api = Api::of(&[]).await;
    let long = api.get(&format!("/api/v1/payloads?x={}", "y".repeat(8 * 1024))).await;
    assert_eq!((long.status.as_u16(), &long.json()["title"]), (414, &json!("URI Too Long")));
    let almost = api.get(&format!("/api/v1/payloads?org_id={}", "y".repeat(8 * 1024 - 30))).await;
    assert_eq!(almost.status, 200);
    let request = Request::post("/graphql").header("content-type", "application/json");
    let body = json!({ "query": "{ payloads { totalCount } }", "x": "y".repeat(64 * 1024) }).to_string();
    let request = request.header("content-length", body.len());
    let large = api.send(request.body(body.clone().into()).unwrap()).await;
    assert_eq!((large.status.as_u16(), &large.json()["status"]), (413, &json!(413)));
    let request = Request::post("/graphql").header("content-type", "application/json");
    assert_eq!(api.send(request.body(body.into()).unwrap()).await.status, 413, "however it is sent");
}

// Seen to fail with ids taken as they come.
#[tokio::test]
async fn a_request_has_an_id_which_the_gateway_may_choose() {
    let api = Api::of(&[]).await;
    let id = async |given: &str| {
        text(&api.get_with("/api/v1/payloads", &[("x-request-id", given)]).await.headers, "x-request-id")
            .to_owned()
    };
    assert_eq!(id("0a1b-2c_3d").await, "0a1b-2c_3d");
    for given in ["", "a b", "\u{e9}", "\"", &"x".repeat(65)] {
        let own = id(given).await;
        assert!(own.len() == 32 && own.bytes().all(|byte| byte.is_ascii_hexdigit()), "{given}: {own}");
    }
}

// Seen to fail with the query in the log.
#[tokio::test]
async fn each_request_is_one_line_of_the_log_whatever_is_in_it() {
    let log = Log::start();
    let api = Api::of(&[]).await;
    let nasty = "%0a%1b[31m%0d\u{1b}";
    let before = log.text().lines().count();
    for path in [
        "/api/v1/payloads?org_id=somebody%0a",
        &format!("/api/v1/payloads/{}", nasty.replace('\u{1b}', "%1b")),
        &format!("/api/v1/payloads/{}/kibanaLink?service=somebody", nasty.replace('\u{1b}', "%1b")),
        "/nope",
    ] {
        let headers = [("x-request-id", "of-the-gateway"), (HEADER, &*tenant("somebody"))];
        api.get_with(path, &headers).await;
    }
    let text = log.text();
    let lines: Vec<Value> =
        text.lines().skip(before).map(|line| serde_json::from_str(line).unwrap()).collect();
    let answered: Vec<_> = lines.iter().filter(|line| line["message"] == "answered").collect();
    assert_eq!(answered.len(), 4);
    assert!(!text.contains("somebody") && !text.contains(&tenant("somebody")) && !text.contains('\u{1b}'));
    let first = answered[0];
    assert_eq!(
        (&first["route"], &first["code"], &first["method"]),
        (&json!("/api/v1/payloads"), &json!(200), &json!("GET"))
    );
    assert!(first["duration_ms"].is_number());
    assert_eq!((&first["request_id"], &answered[3]["route"]), (&json!("of-the-gateway"), &json!("none")));
}

#[tokio::test]
async fn pages_of_other_origins_read_answers_only_where_they_are_let() {
    let origin = [("origin", "https://page.example")];
    let api = Api::of(&[]).await;
    let answer = api.get_with("/api/v1/payloads", &origin).await;
    assert!(!answer.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    let api = api.with(&["--cors-allowed-origins", "https://other.example,https://page.example"]);
    let answer = api.get_with("/api/v1/payloads", &origin).await;
    assert_eq!(text(&answer.headers, "access-control-allow-origin"), "https://page.example");
    let answer = api.get_with("/api/v1/payloads", &[("origin", "https://stranger.example")]).await;
    assert!(!answer.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
}
