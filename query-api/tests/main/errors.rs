//! What is wrong with a request, in one shape.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::json;

use crate::api::{Api, ID, PREFIXES};

#[tokio::test]
async fn a_bad_value_of_a_known_parameter_is_a_400_that_says_what_is_right() {
    let api = Api::of(&[]).await;
    let lists = ["/payloads?", "/statuses?", &format!("/payloads/{ID}?")];
    for list in &lists[..2] {
        for (query, message) in [
            ("page=-1", "page must be a number from 0"),
            ("page=x", "page must be a number from 0"),
            ("page=99999999999999999999", "page must be a number from 0"),
            ("page_size=0", "page_size must be a number from 1 to 10000"),
            ("page_size=10001", "page_size must be a number from 1 to 10000"),
            ("page_size=-1", "page_size must be a number from 1 to 10000"),
            ("created_at_lt=yesterday", "invalid timestamp format provided"),
            ("date_gte=2026-13-01T00:00:00Z", "invalid timestamp format provided"),
            ("org_id=%00", "org_id is not valid text"),
            ("org_id=%ff", "org_id is not valid text"),
        ] {
            let answer = api.get(&format!("/api/v1{list}{query}")).await;
            let expected = json!({"title": "Bad Request", "message": message, "status": 400});
            assert_eq!((answer.status.as_u16(), answer.json()), (400, expected), "{list}{query}");
        }
    }
    for list in lists {
        for (query, message) in
            [("sort_dir=up", "sort_dir must be one of asc, desc"), ("sort_by=x", "sort_by must be one of ")]
        {
            let answer = api.get(&format!("/api/v1{list}{query}")).await;
            assert!(answer.status == 400 && answer.text.contains(message), "{list}{query}: {}", answer.text);
        }
    }
    assert_eq!(api.get(&format!("/api/v1/payloads/{ID}?verbosity=3")).await.status, 400);
    assert_eq!(api.get("/api/v1/payloads/%ff").await.status, 400);
}

#[tokio::test]
async fn the_edges_of_every_number_are_answered() {
    let api = Api::of(&[]).await;
    assert_eq!(api.get("/api/v1/payloads?page=4294967295&page_size=10000").await.status, 200);
    assert_eq!(api.get("/api/v1/payloads?page=4294967296").await.status, 400);
    assert_eq!(
        api.get("/api/v1/statuses?date_lt=0000-01-01T00:00:00Z&date_gt=9999-12-31T23:59:59Z").await.status,
        200
    );
}

#[tokio::test]
async fn unknown_parameters_are_ignored_empty_ones_absent_and_of_repeated_ones_the_first_counts() {
    let api = Api::of(&[]).await;
    for query in [
        "unknown=%ff&%ff=1&=&&x",
        "page=&page_size=&sort_by=&created_at_lt=",
        "sort_dir=asc&sort_dir=up",
        "%zz",
    ] {
        assert_eq!(api.get(&format!("/api/v1/payloads?{query}")).await.status, 200, "{query}");
    }
}

#[tokio::test]
async fn other_methods_are_not_allowed_and_the_answer_names_the_right_one() {
    let api = Api::of(&[]).await;
    for prefix in PREFIXES {
        let links = ["/payloads/x/archiveLink", "/payloads/x/kibanaLink", "/roles/archiveLink", "/stats"];
        let lists = ["", "/", "/health", "/payloads", "/payloads/x", "/statuses"];
        for path in lists.into_iter().chain(links) {
            for method in ["POST", "PUT", "DELETE", "PATCH"] {
                let request = Request::builder().method(method).uri(format!("{prefix}{path}"));
                let answer = api.send(request.body(Body::empty()).unwrap()).await;
                assert_eq!(answer.status, 405, "{method} {path}");
                assert!(answer.headers[header::ALLOW].to_str().unwrap().starts_with("GET"));
                assert_eq!(answer.json()["status"], 405);
            }
        }
    }
}

#[tokio::test]
async fn an_unknown_path_is_a_404_in_the_same_shape() {
    let api = Api::of(&[]).await;
    for path in [
        "/nope",
        "/api/v1/nope",
        "/api/v2/payloads",
        "/graphql/assets/nope",
        "/graphql/assets/..%2fCargo.toml",
    ] {
        let answer = api.get(path).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["status"]), (404, &json!(404)), "{path}");
    }
}

#[tokio::test]
async fn the_heart_beats_at_every_root() {
    let api = Api::of(&[]).await;
    for path in ["/", "/api/v1", "/api/v1/", "/app/payload-tracker/api/v1", "/app/payload-tracker/api/v1/"] {
        let answer = api.get(path).await;
        assert_eq!(answer.text, "lubdub");
        assert!(answer.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/plain"));
    }
}
