//! Who sees what under `ACCESS_POLICY=identity`.

use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use testkit::MessageBuilder;

use crate::api::{Answer, Api, PREFIXES, message};
use crate::archive::{associate, identity};

const HEADER: &str = "x-rh-identity";

pub(crate) fn tenant(org_id: &str) -> String {
    identity(&json!({"type": "User", "org_id": org_id}))
}

/// Two payloads of organisation 1, one of 2, one of nobody's, and one that is quarantined.
async fn api() -> Api {
    let of = |number, org: &str| {
        message(number)
            .with("org_id", org)
            .with("status", "success")
            .with("date", chrono::Utc::now().to_rfc3339())
    };
    let unreadable: MessageBuilder = message(5).with("date", "never").with("org_id", "1");
    let messages =
        [of(1, "1"), of(2, "1"), of(3, "2"), of(4, ""), unreadable, of(3, "2").with("service", "engine")];
    Api::of(&messages).await.with(&["--access-policy", "identity", "--kibana-url", "http://kibana"])
}

async fn ask(api: &Api, path: &str, identity: &str) -> Answer {
    api.get_with(path, &[(HEADER, identity)]).await
}

async fn json(api: &Api, path: &str, identity: &str) -> Value {
    let answer = ask(api, path, identity).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    answer.json()
}

pub(crate) async fn graphql(api: &Api, query: &str, identity: &str) -> Value {
    let request =
        Request::post("/graphql").header("content-type", "application/json").header(HEADER, identity);
    let body = json!({ "query": query }).to_string();
    api.send(request.body(body.into()).unwrap()).await.json()
}

// Seen to fail with the organisation left out of the conditions of payloads.
#[tokio::test]
async fn lists_hold_and_count_what_is_of_the_tenants_organisation_alone() {
    let api = api().await;
    let day = "2000-01-01T00:00:00Z";
    for prefix in PREFIXES {
        for (query, own, others) in [
            ("", 2, 4),
            (&*format!("?created_at_gt={day}"), 2, 4),
            (&*format!("?date_gt={day}"), 2, 4),
            ("?org_id=2", 0, 1),
            ("?org_id=1", 2, 2),
            (&*format!("?request_id={:032x}", 3), 0, 1),
        ] {
            let path = format!("{prefix}/payloads{query}");
            let answer = json(&api, &path, &tenant("1")).await;
            assert_eq!(
                (&answer["count"], answer["data"].as_array().unwrap().len()),
                (&json!(own), own),
                "{path}"
            );
            assert_eq!(json(&api, &path, &associate()).await["count"], others, "{path}");
        }
        for (query, own, others) in [
            ("", 2, 5),
            ("?service=engine", 0, 1),
            ("?status=success", 2, 5),
            (&*format!("?date_gt={day}"), 2, 5),
            (&*format!("?created_at_gt={day}&service=engine"), 0, 1),
            (&*format!("?request_id={:032x}", 3), 0, 2),
        ] {
            let path = format!("{prefix}/statuses{query}");
            let answer = json(&api, &path, &tenant("1")).await;
            assert_eq!(
                (&answer["count"], answer["data"].as_array().unwrap().len()),
                (&json!(own), own),
                "{path}"
            );
            assert_eq!(json(&api, &path, &associate()).await["count"], others, "{path}");
        }
    }
}

// Seen to fail with the organisation left out of `payload::find`.
#[tokio::test]
async fn the_payload_of_another_organisation_is_as_unknown_as_one_that_is_not_there() {
    let api = api().await;
    for prefix in PREFIXES {
        let own = format!("{prefix}/payloads/{:032x}", 1);
        assert_eq!(ask(&api, &own, &tenant("1")).await.status, 200);
        assert_eq!(ask(&api, &format!("{own}/kibanaLink"), &tenant("1")).await.status, 200);
        for (number, seen_by_associates) in [(3, 200), (4, 200), (5, 404), (99, 404)] {
            let id = format!("{number:032x}");
            for link in ["", "/kibanaLink"] {
                let path = format!("{prefix}/payloads/{id}{link}");
                let answer = ask(&api, &path, &tenant("1")).await;
                let expected = json!({"title": "Not Found", "status": 404, "message": format!("payload with id: {id} not found")});
                assert_eq!((answer.status.as_u16(), answer.json()), (404, expected), "{path}");
            }
            let answer = ask(&api, &format!("{prefix}/payloads/{id}"), &associate()).await;
            assert_eq!(answer.status.as_u16(), seen_by_associates);
            assert_eq!(answer.text.contains("quarantined"), number == 5);
            let archive = ask(&api, &format!("{prefix}/payloads/{id}/archiveLink"), &tenant("1")).await;
            assert_eq!(archive.status, 403);
        }
    }
}

// Seen to fail with the organisation left out of `stat::success`.
#[tokio::test]
async fn statistics_are_of_the_tenants_organisation_alone() {
    let api = api().await;
    let services = |answer: Value| answer["data"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(services(json(&api, "/api/v1/stats", &tenant("1")).await), ["ingress"]);
    assert_eq!(services(json(&api, "/api/v1/stats", &tenant("2")).await), ["engine", "ingress"]);
    assert_eq!(services(json(&api, "/api/v1/stats", &tenant("9")).await), [""; 0]);
}

// Seen to fail with everybody's view given to GraphQL.
#[tokio::test]
async fn graphql_shows_a_tenant_no_more_than_rest_does() {
    let api = api().await;
    let query = |number: u32| {
        format!(
            "{{ payload(requestId: \"{number:032x}\") {{ statuses {{ nodes {{ service }} }} }} payloads {{ totalCount }} statuses {{ totalCount nodes {{ requestId }} }} }}"
        )
    };
    let own = graphql(&api, &query(1), &tenant("1")).await;
    assert_eq!(own["data"]["payload"]["statuses"]["nodes"].as_array().unwrap().len(), 1);
    for number in [3, 4, 5, 99] {
        let answer = graphql(&api, &query(number), &tenant("1")).await;
        assert!(answer["data"]["payload"].is_null() && answer["errors"].is_null(), "{answer}");
        assert_eq!(
            (&answer["data"]["payloads"]["totalCount"], &answer["data"]["statuses"]["totalCount"]),
            (&json!(2), &json!(2))
        );
    }
    let all = graphql(&api, &query(3), &associate()).await;
    assert_eq!(all["data"]["payload"]["statuses"]["nodes"].as_array().unwrap().len(), 2);
}

// Seen to fail with strangers taken for associates.
#[tokio::test]
async fn who_is_nobody_sees_nothing() {
    let api = api().await;
    let id = format!("{:032x}", 1);
    let stranger = identity(&json!({"type": "X509", "org_id": "1"}));
    let nowhere = identity(&json!({"type": "User"}));
    let torn = identity(&json!({"type": "User", "org_id": "1", "internal": {"org_id": "2"}}));
    for path in [
        "/payloads",
        "/statuses",
        "/stats",
        &format!("/payloads/{id}"),
        &format!("/payloads/{id}/kibanaLink"),
    ] {
        let path = format!("/api/v1{path}");
        assert_eq!(api.get(&path).await.json()["message"], "Missing Identity Header", "{path}");
        for (status, header) in [(401, "%"), (403, &stranger), (403, &nowhere), (400, &torn)] {
            assert_eq!(ask(&api, &path, header).await.status.as_u16(), status, "{path}");
        }
        let twice = api.get_with(&path, &[(HEADER, &tenant("1")), (HEADER, &tenant("1"))]).await;
        assert_eq!(twice.status, 400, "{path}");
    }
    let request = Request::post("/graphql").header("content-type", "application/json");
    assert_eq!(
        api.send(request.body(r#"{"query":"{ payloads { totalCount } }"}"#.into()).unwrap()).await.status,
        401
    );
    for path in ["/", "/health", "/api/v1/", "/api/v1/health"] {
        assert_eq!(api.get(path).await.status, 200, "{path} is for everybody");
    }
}
