//! What no index serves is refused, and nothing else is.

use serde_json::Value;
use tokio_postgres::Client;

use crate::api::{Api, message};

/// More than are ever sorted, of each: payloads in progress, their statuses, and quarantined messages.
const MANY: &str = "
    insert into payloads (id, created_at, last_date, latest_offset, status_count, bad_closings, recovered_parts, latest_stream_id,
        service_count, open_services, bad_services, has_conflicts, request_id, account, org_id, claims, latest_service, latest_status,
        outcome)
    select 1000 + number, '2026-08-22', '2026-08-22', 0, 1, 0, 0, 1, 1, 1, 0, false, md5(number::text), 'a', 'many', '{}', 'ingress',
        'received', 'in_progress'
    from generate_series(1, 200001) as number;
    insert into statuses (id, date, created_at, record_offset, stream_id, request_id, service, status, status_msg)
    select 1000 + number, '2026-08-22', '2026-08-22', number, 1, md5(number::text), 'ingress', 'received', 'many'
    from generate_series(1, 200001) as number;
    insert into quarantine (stream_id, record_offset, id, reason, detail, created_at)
    select 1, number, number, 'not_json', '', '2026-08-22' from generate_series(1, 200001) as number;
    update payload_counts set count = 200001 where outcome = 'in_progress';
    update status_counts set count = 200001;
    update status_kinds set count = 200001;
    analyze";

/// That of the second message.
const PLACE: &str = "{positions: [{stream: 1, offset: 1}]}";

async fn filled() -> Api {
    let api = Api::of(&[message(1).with("org_id", "few"), message(2).with("status", "error")]).await;
    let client: Client = api.database.client().await.unwrap();
    client.batch_execute(&format!("set search_path = projection_1; {MANY}")).await.unwrap();
    api
}

async fn code(api: &Api, list: &str, arguments: &str) -> Value {
    let answer = api.graphql(&format!("{{ {list}({arguments}) {{ pageInfo {{ hasNextPage }} }} }}")).await;
    answer["errors"][0]["extensions"]["code"].clone()
}

#[tokio::test]
async fn what_no_index_has_in_the_order_is_refused_when_it_is_too_much_to_sort() {
    let api = filled().await;
    let window = "{gte: \"2026-08-22T00:00:00Z\", lt: \"2026-08-23T00:00:00Z\"}";
    for (list, arguments) in [
        ("payloads", "sortBy: LAST_DATE".to_owned()),
        ("payloads", "filter: {outcome: {eq: IN_PROGRESS}}, sortBy: ORG_ID".to_owned()),
        ("payloads", "filter: {stalledFor: \"PT1S\"}, sortBy: LAST_DATE".to_owned()),
        ("payloads", "filter: {orgId: {eq: \"many\"}, account: {eq: \"a\"}}".to_owned()),
        ("payloads", "filter: {orgId: {in: [\"many\", \"few\"]}, outcome: {eq: IN_PROGRESS}}".to_owned()),
        ("payloads", "filter: {duration: {gt: \"PT1S\"}}".to_owned()),
        ("payloads", "filter: {duration: {gt: \"PT1S\"}, orgId: {eq: \"many\"}}".to_owned()),
        ("payloads", format!("filter: {{createdAt: {window}}}, sortBy: ORG_ID")),
        ("statuses", format!("filter: {{date: {window}}}, sortBy: SERVICE")),
        ("statuses", format!("filter: {{date: {window}, status: {{eq: \"received\"}}}}, sortBy: STATUS_MSG")),
        ("statuses", "filter: {statusMsg: {eq: \"many\"}}".to_owned()),
        ("statuses", "filter: {orgId: {eq: \"many\"}}".to_owned()),
        ("statuses", "filter: {account: {eq: \"a\"}, status: {eq: \"received\"}}".to_owned()),
        ("quarantine", "filter: {stream: {eq: 1}}".to_owned()),
        ("statuses", format!("asOf: {PLACE}")),
        ("statuses", format!("filter: {{status: {{eq: \"received\"}}}}, asOf: {PLACE}")),
        // Nothing was there then, and that is found out one by one.
        ("payloads", "sortBy: REQUEST_ID, asOf: {time: \"2026-01-01T00:00:00Z\"}".to_owned()),
        ("payloads", "sortBy: REQUEST_ID, last: 1, asOf: {time: \"2026-01-01T00:00:00Z\"}".to_owned()),
    ] {
        assert_eq!(code(&api, list, &arguments).await, "NO_INDEX", "{list}({arguments})");
    }
}

#[tokio::test]
async fn what_an_index_has_in_the_order_is_answered_however_much_it_is() {
    let api = filled().await;
    let window = "{gte: \"2026-08-22T00:00:00Z\", lt: \"2026-08-23T00:00:00Z\"}";
    for (list, arguments) in [
        ("payloads", "filter: {outcome: {in: [IN_PROGRESS, FAILURE]}}".to_owned()),
        ("payloads", format!("filter: {{outcome: {{eq: IN_PROGRESS}}, createdAt: {window}}}")),
        ("payloads", "filter: {stalledFor: \"PT1S\"}, last: 5".to_owned()),
        ("payloads", "filter: {orgId: {in: [\"many\", \"few\"]}}, sortBy: ORG_ID".to_owned()),
        ("payloads", "filter: {outcome: {eq: FAILURE}}, sortBy: LAST_DATE".to_owned()),
        ("payloads", "filter: {duration: {lt: \"PT1S\"}, orgId: {eq: \"few\"}}".to_owned()),
        ("payloads", "filter: {orgId: {in: []}}, sortBy: LAST_DATE".to_owned()),
        ("statuses", format!("filter: {{date: {window}, service: {{eq: \"ingress\"}}}}")),
        ("statuses", format!("filter: {{createdAt: {window}}}, last: 5")),
        ("statuses", "sortBy: SERVICE".to_owned()),
        ("statuses", "sortBy: STATUS_MSG, sortDir: ASC".to_owned()),
        ("statuses", "sortBy: REQUEST_ID".to_owned()),
        ("statuses", "filter: {orgId: {eq: \"few\"}}".to_owned()),
        ("quarantine", "filter: {reason: {in: [NOT_JSON, TOO_DEEP]}}".to_owned()),
        ("statuses", format!("filter: {{requestId: {{eq: \"{:032x}\"}}}}, asOf: {PLACE}", 1)),
        ("statuses", "asOf: {time: \"2999-01-01T00:00:00Z\"}".to_owned()),
        ("statuses", "asOf: {time: \"2999-01-01T00:00:00Z\"}, sortBy: CREATED_AT, last: 3".to_owned()),
        // Whether there is a page, for the many have no events to be folded.
        ("payloads", format!("first: 0, sortBy: REQUEST_ID, asOf: {PLACE}")),
        ("payloads", "first: 0, sortBy: REQUEST_ID, asOf: {time: \"2999-01-01T00:00:00Z\"}".to_owned()),
        (
            "payloads",
            format!("filter: {{requestId: {{eq: \"{:032x}\"}}}}, sortBy: REQUEST_ID, asOf: {PLACE}", 1),
        ),
    ] {
        assert_eq!(code(&api, list, &arguments).await, Value::Null, "{list}({arguments})");
    }
}

#[tokio::test]
async fn a_refusal_says_what_to_do() {
    let api = filled().await;
    let answer = api.graphql("{ payloads(sortBy: LAST_DATE) { totalCount } }").await;
    let message = answer["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("more than 200,000 payloads") && message.contains("ask for fewer"), "{answer}");
}
