//! Routes.

use reqwest::Method;
use serde_json::json;

use crate::case::{Case, case};
use crate::served::Served;
use crate::traffic::{PAYLOADS, TIMELINE};

const PATHS: [&str; 9] = [
    "/health",
    "/payloads",
    "/payloads/x",
    "/payloads/x/archiveLink",
    "/payloads/x/kibanaLink",
    "/roles/archiveLink",
    "/statuses",
    "/stats",
    "/openapi.json",
];

pub(crate) fn cases() -> Vec<Case> {
    let lubdub = |case: Case| {
        case.says("lubdub")
            .holds("it is plain text", |answer| answer.header("content-type").starts_with("text/plain"))
    };
    let ok = |case: Case| case.says("OK").header("cache-control", "no-store");
    let methods = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let refused = PATHS.iter().flat_map(|path| methods.iter().map(move |method| (method.clone(), *path)));
    let refused = refused.fold(
        case("A known path takes GET (and HEAD, which is GET without the body): with another method it is a 405 whose `Allow` says so."),
        |case, (method, path)| {
            case.ask(method, path, false)
                .refuses(405, "only GET is allowed here")
                .header("allow", "GET,HEAD")
        },
    );
    vec![
        case("Every route is served under `/api/v1` and under `/app/payload-tracker/api/v1`, whatever `ENVIRONMENT` says.")
            .get("/payloads")
            .at("/count", PAYLOADS)
            .get(format!("/payloads/{TIMELINE}"))
            .get("/statuses")
            .get("/stats"),
        lubdub(lubdub(lubdub(
            case("`/` and each prefix, with or without a slash after it, answer `lubdub` as plain text.")
                .get_at_root("/"),
        )
        .get("/"))
        .get("")),
        ok(ok(case("`/health` is at the root and under the prefixes: 200 `OK` while the database answers within a second.")
            .get("/health"))
        .get_at_root("/health")),
        refused.ask(Method::HEAD, "/payloads", false).says(""),
        case("An unknown path is a 404.")
            .get("/nope")
            .refuses(404, "there is nothing here")
            .get_at_root("/api/v2/payloads")
            .refuses(404, "there is nothing here")
            .get_at_root("/payloads")
            .refuses(404, "there is nothing here"),
        case("`/openapi.json` and `/swagger.json` are this API as OpenAPI 3.1 and, for older clients, as Swagger 2.0.")
            .get("/openapi.json")
            .at("/openapi", "3.1.0")
            .at("/servers/0/url", "/api/v1")
            .get("/swagger.json")
            .at("/swagger", "2.0")
            .at("/basePath", "/api/v1"),
        case("`/archive/{id}` is there with `REQUESTOR_IMPL=mock` alone.")
            .get(format!("/archive/{TIMELINE}"))
            .is(json!({"title": "Not Found", "message": "there is nothing here", "status": 404}))
            .status(404),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn routes() {
    // The name of an environment in which older builds served one prefix alone.
    Served::start(&[("ENVIRONMENT", "PROD")]).await.hold(cases()).await;
}
