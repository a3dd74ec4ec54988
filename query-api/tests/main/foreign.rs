//! What a tenant is told of what is another organisation's: the same as of what isn't there, whichever field of REST or of GraphQL names
//! it.

use axum::http::StatusCode;
use serde_json::{Value, json};
use testkit::MessageBuilder;

use crate::access::{graphql, tenant};
use crate::api::{Api, PREFIXES, message};
use crate::archive::{associate, identity};

const HEADER: &str = "x-rh-identity";

/// Ids of two organisations' payloads, whose attributes are all their own.
const OWN: &str = "00000000000000000000000000000001";
const FOREIGN: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
const UNKNOWN: &str = "ffffffffffffffffffffffffffffffff";

fn of(message: MessageBuilder, org_id: &str) -> MessageBuilder {
    ["org_id", "account", "inventory_id", "system_id"]
        .iter()
        .fold(message, |message, field| message.with(field, org_id))
        .with("status_msg", format!("message of {org_id}"))
        .with("date", chrono::Utc::now().to_rfc3339())
}

async fn api() -> Api {
    with_more(&[]).await
}

/// The same, with more messages.
async fn with_more(messages: &[MessageBuilder]) -> Api {
    let foreign = of(MessageBuilder::new(FOREIGN), "2");
    let both = [
        of(message(1), "1"),
        foreign.clone().with("service", "engine").with("source", "s2"),
        foreign.with("status", "success"),
    ];
    let messages = [&both, messages].concat();
    Api::of(&messages).await.with(&["--access-policy", "identity", "--kibana-url", "http://kibana"])
}

/// All that an answer says of the thing that was asked for, which is called `it` in there.
async fn told(api: &Api, path: &str, asker: &str, it: &str) -> (StatusCode, Vec<String>, Value) {
    let answer = api.get_with(path, &[(HEADER, asker)]).await;
    // These are of the question and the moment.
    let told = |name: &str| !["etag", "x-request-id", "content-length"].contains(&name);
    let names = answer.headers.keys().map(ToString::to_string).filter(|name| told(name)).collect();
    let mut body: Value = serde_json::from_str(&answer.text.replace(it, "it")).unwrap();
    if let Some(elapsed) = body.get_mut("elapsed") {
        *elapsed = Value::Null;
    }
    (answer.status, names, body)
}

#[tokio::test]
async fn a_field_that_names_what_is_anothers_says_as_much_as_one_that_names_nothing() {
    let api = api().await;
    let forms = |id: &str| {
        let dashed = uuid::Uuid::parse_str(id).unwrap().to_string();
        [id.to_owned(), dashed.to_uppercase(), id.to_uppercase(), dashed]
    };
    let mut fields: Vec<(String, String, String)> = Vec::new();
    for prefix in PREFIXES {
        for (foreign, unknown) in forms(FOREIGN).into_iter().zip(forms(UNKNOWN)) {
            for (before, after) in [
                ("payloads/", ""),
                ("payloads/", "?verbosity=2&parts=true"),
                ("payloads/", "/kibanaLink"),
                ("payloads/", "/kibanaLink?service=engine"),
                ("payloads/", "/archiveLink"),
                ("payloads?request_id=", ""),
                ("payloads?org_id=2&request_id=", ""),
                ("statuses?request_id=", ""),
                ("statuses?service=engine&request_id=", "&full=true"),
            ] {
                let path = |id: &str| format!("{prefix}/{before}{id}{after}");
                fields.push((path(&foreign), path(&unknown), format!("{foreign} {unknown}")));
            }
        }
        for list in ["payloads", "statuses"] {
            for field in ["account", "org_id", "inventory_id", "system_id"] {
                for rest in
                    ["", "&page=1", "&sort_by=request_id&sort_dir=asc", "&date_gt=2000-01-01T00:00:00Z"]
                {
                    let path = |value: &str| format!("{prefix}/{list}?{field}={value}{rest}");
                    fields.push((path("2"), path("unknown"), String::new()));
                }
            }
        }
        for (field, value) in
            [("service", "engine"), ("source", "s2"), ("status_msg", "message+of+2"), ("status", "success")]
        {
            let path = |value: &str| format!("{prefix}/statuses?{field}={value}");
            fields.push((path(value), path("unknown"), String::new()));
        }
    }
    for (foreign, unknown, ids) in &fields {
        let (foreign_id, unknown_id) = ids.split_once(' ').unwrap_or(("no id", "no id"));
        let answer = told(&api, foreign, &tenant("1"), foreign_id).await;
        assert_eq!(answer, told(&api, unknown, &tenant("1"), unknown_id).await, "{foreign}");
        assert!([200, 403, 404].contains(&answer.0.as_u16()), "{foreign}: {answer:?}");
        assert!(answer.0 != 200 || answer.2["count"] == 0, "{foreign}: {answer:?}");
        // To whom it belongs it is there.
        if !foreign.contains("archiveLink") && !foreign.contains("page=1") {
            let own = told(&api, foreign, &tenant("2"), foreign_id).await;
            assert!(own.0 == 200 && own.2["count"] != 0, "{foreign}: {own:?}");
        }
    }
}

#[tokio::test]
async fn a_field_of_graphql_that_names_what_is_anothers_says_as_much_as_one_that_names_nothing() {
    let own = of(message(1), "1").with("status", "error").with("service", "puptoo");
    let foreign = of(MessageBuilder::new(FOREIGN), "2");
    let failed = foreign.clone().with("service", "engine").with("source", "s2").with("status", "error");
    let api = with_more(&[own, failed, foreign.with("date", "never")]).await;
    let text = |value: &str| [format!("{{eq: \"{value}\"}}"), format!("{{in: [\"{value}\", \"x\"]}}")];
    let both = |field: &str, foreign: &str, unknown: &str| {
        let questions = text(foreign).into_iter().zip(text(unknown));
        questions
            .map(|(foreign, unknown)| (format!("{field}: {foreign}"), format!("{field}: {unknown}")))
            .collect()
    };
    let ids = || -> Vec<(String, String)> { both("requestId", FOREIGN, UNKNOWN) };
    let attributes: Vec<(String, String)> = ["account", "orgId", "inventoryId", "systemId"]
        .into_iter()
        .flat_map(|field| -> Vec<_> { both(field, "2", "unknown") })
        .chain(ids())
        .collect();
    let labels = [("service", "engine"), ("source", "s2"), ("statusMsg", "message of 2")];
    let labels = labels.into_iter().flat_map(|(field, value)| -> Vec<_> { both(field, value, "unknown") });
    let lists: [(&str, Vec<(String, String)>); 3] = [
        ("payloads", attributes.iter().cloned().chain(both("failedService", "engine", "unknown")).collect()),
        ("statuses", attributes.iter().cloned().chain(labels).collect()),
        ("quarantine", ids()),
    ];
    for (list, filters) in lists {
        let windows = if list == "payloads" { vec!["", ", duration: {gte: \"PT0S\"}"] } else { vec![""] };
        for ((foreign, unknown), more) in
            filters.iter().flat_map(|filter| windows.iter().map(move |more| (filter, *more)))
        {
            let asked = |filter: &str, rest: &str| {
                let fields = "totalCount nodes { number } pageInfo { hasNextPage hasPreviousPage endCursor }";
                format!("{{ it: {list}(filter: {{{filter}{more}}}{rest}) {{ {fields} }} }}")
            };
            for rest in ["", ", last: 3", ", sortDir: ASC, first: 0"] {
                let answer = graphql(&api, &asked(foreign, rest), &tenant("1")).await;
                assert_eq!(answer["data"]["it"]["totalCount"], 0, "{list}: {foreign}{more}: {answer}");
                let nothing = graphql(&api, &asked(unknown, rest), &tenant("1")).await;
                assert_eq!(answer, nothing, "{list}: {foreign}{more}{rest}");
            }
            let seen = graphql(&api, &asked(foreign, ""), &associate()).await;
            assert_ne!(seen["data"]["it"]["totalCount"], 0, "{list}: {foreign}{more}: {seen}");
        }
    }
    // What names nobody shows a tenant its own.
    for (filter, own, all) in [
        ("payloads(filter: {outcome: {eq: FAILURE}})", 1, 2),
        ("payloads(filter: {outcome: {in: [FAILURE, SUCCESS, IN_PROGRESS]}}, sortBy: LAST_DATE)", 1, 2),
        ("payloads(filter: {failedService: {in: [\"puptoo\", \"engine\"]}})", 1, 2),
        ("payloads(filter: {duration: {gte: \"PT0S\"}})", 1, 2),
        ("statuses", 2, 5),
        ("statuses(filter: {status: {in: [\"received\", \"error\"]}}, sortBy: SERVICE)", 2, 4),
        ("quarantine", 0, 1),
    ] {
        let query = format!("{{ it: {filter} {{ totalCount nodes {{ number }} }} }}");
        for (asker, count) in [(tenant("1"), own), (associate(), all)] {
            let answer = graphql(&api, &query, &asker).await;
            let it = &answer["data"]["it"];
            assert_eq!(it["totalCount"], count, "{filter}: {answer}");
            assert_eq!(it["nodes"].as_array().unwrap().len(), count, "{filter}: {answer}");
        }
    }
}

#[tokio::test]
async fn what_is_stuck_is_told_to_whom_it_belongs() {
    let stuck = [of(message(2), "1"), of(message(3), "2")];
    let api = with_more(&stuck.map(|message| message.with("date", "2026-08-22T00:00:00Z"))).await;
    let query = "{ payloads(filter: {stalledFor: \"PT3600S\"}) { totalCount nodes { orgId } } }";
    for (asker, organisations) in [(tenant("1"), &["1"][..]), (associate(), &["2", "1"])] {
        let answer = graphql(&api, query, &asker).await;
        let nodes: Vec<_> = organisations.iter().map(|org_id| json!({"orgId": org_id})).collect();
        let expected = json!({"totalCount": nodes.len(), "nodes": nodes});
        assert_eq!(answer["data"]["payloads"], expected, "{answer}");
    }
}

#[tokio::test]
async fn no_field_gets_a_tenant_out_of_its_role() {
    let api = api().await;
    let own = told(&api, "/api/v1/payloads", &tenant("1"), "no id").await.2;
    assert_eq!((&own["count"], &own["data"][0]["request_id"]), (&json!(1), &json!(OWN)));
    for text in [
        "'; reset role; --",
        "2'; set role payload_tracker_reader; select '",
        "$1) or true --",
        "1' or '1'='1",
        "\"; commit; begin; --",
        "payload_tracker.org_id",
        "\\'; set local payload_tracker.org_id = '2'; --",
        "%",
        "*",
    ] {
        let value =
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        for list in ["payloads", "statuses"] {
            for field in [
                "account",
                "org_id",
                "inventory_id",
                "system_id",
                "request_id",
                "service",
                "source",
                "status",
                "status_msg",
            ] {
                let path = format!("/api/v1/{list}?{field}={value}");
                let (status, _, answer) = told(&api, &path, &tenant("1"), "no id").await;
                let is_filter =
                    list == "statuses" || !matches!(field, "service" | "source" | "status" | "status_msg");
                assert_eq!(
                    (status.as_u16(), &answer["count"]),
                    (200, &json!(i32::from(!is_filter))),
                    "{path}"
                );
            }
        }
        for path in [
            format!("/api/v1/payloads/{value}"),
            format!("/api/v1/payloads?sort_by={value}"),
            format!("/api/v1/payloads?sort_dir={value}"),
            format!("/api/v1/statuses?page={value}"),
            format!("/api/v1/statuses?date_lt={value}"),
        ] {
            let (status, ..) = told(&api, &path, &tenant("1"), "no id").await;
            assert!([400, 404].contains(&status.as_u16()), "{path}: {status}");
        }
        // An organisation of such a name is one like any other: it has nothing.
        for path in ["/api/v1/payloads", "/api/v1/statuses"] {
            let answer = told(&api, path, &tenant(text), "no id").await;
            assert_eq!((answer.0.as_u16(), &answer.2["count"]), (200, &json!(0)), "{path} to {text}");
        }
    }
    assert_eq!(told(&api, "/api/v1/payloads", &tenant("1"), "no id").await.2, own);
    assert_eq!(told(&api, "/api/v1/payloads", &associate(), "no id").await.2["count"], 2);
}

#[tokio::test]
async fn a_forged_identity_gets_nothing_from_any_route() {
    let api = api().await;
    let role = json!({"Role": ["platform-archive-download"]});
    let huge = identity(&json!({"type": "User", "org_id": "1", "more": "x".repeat(1 << 20)}));
    let unpadded = tenant("1").trim_end_matches('=').to_owned() + "!";
    let forged: Vec<(u16, Vec<String>)> = vec![
        (401, vec![]),
        (401, vec![String::new()]),
        (401, vec!["not base64".to_owned()]),
        (401, vec![unpadded]),
        (401, vec!["e30=".to_owned()]),
        (401, vec![identity(&json!([1, 2]))]),
        (401, vec![identity(&json!({"type": "User", "org_id": 1}))]),
        (401, vec![identity(&json!({"type": ["Associate"], "org_id": "1", "associate": role}))]),
        (400, vec![tenant("1"), tenant("1")]),
        (400, vec![tenant("1"), associate()]),
        (400, vec![huge]),
        (400, vec![identity(&json!({"type": "User", "org_id": "1", "internal": {"org_id": "2"}}))]),
        (400, vec![tenant("1\0")]),
        (403, vec![identity(&json!({"type": "User", "associate": role}))]),
        (403, vec![identity(&json!({"type": "associate", "org_id": "1", "associate": role}))]),
        (403, vec![identity(&json!({"type": "Associate ", "org_id": "1", "associate": role}))]),
        (403, vec![identity(&json!({"org_id": "1", "associate": role}))]),
        (403, vec![identity(&json!({"type": null, "org_id": "1", "associate": role}))]),
    ];
    for prefix in PREFIXES {
        for route in [
            "/payloads",
            "/statuses",
            "/stats",
            &format!("/payloads/{OWN}"),
            &format!("/payloads/{OWN}/kibanaLink"),
            &format!("/payloads/{OWN}/archiveLink"),
            "/roles/archiveLink",
        ] {
            let path = format!("{prefix}{route}");
            for (status, values) in &forged {
                let headers: Vec<(&str, &str)> =
                    values.iter().map(|value| (HEADER, value.as_str())).collect();
                let answer = api.get_with(&path, &headers).await;
                let told = answer.json();
                assert_eq!(answer.status.as_u16(), *status, "{path} {told}");
                assert_eq!(told.as_object().unwrap().len(), 3, "{path}: {told}");
                assert!(!answer.text.contains(OWN), "{path}: {told}");
            }
        }
        // A tenant with an associate's role is a tenant.
        let both = identity(&json!({"type": "User", "org_id": "1", "associate": role}));
        for path in [format!("{prefix}/roles/archiveLink"), format!("{prefix}/payloads/{OWN}/archiveLink")] {
            assert_eq!(api.get_with(&path, &[(HEADER, &both)]).await.status, 403, "{path}");
        }
        let payloads = api.get_with(&format!("{prefix}/payloads"), &[(HEADER, &both)]).await;
        assert_eq!(payloads.json()["count"], 1);
    }
}
