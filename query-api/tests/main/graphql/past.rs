//! Payloads as they were at a point of the log.

use serde_json::{Value, json};

use super::explain::{explain, failed_payload, query, told};
use crate::access::{graphql, tenant};
use crate::api::{Api, ID, message};
use crate::archive::associate;

const EVERYTHING: &str = "number orgId inventoryId createdAt lastDate duration latestService latestStatus outcome statusCount badClosings \
    recoveredParts failure { service part status reason } claims { attribute value claimant { service } } \
    conflicts { attribute value date claimant { service orgId } } \
    services { service source state firstDate lastDate statusCount badClosings parts { count open bad recovered } } \
    statuses(first: 99) { totalCount nodes { service status date statusMsg } pageInfo { hasNextPage } } \
    events(first: 99) { nodes { offset value } pageInfo { hasNextPage } }";

/// The messages one by one, so that each has a time of append of its own.
async fn api() -> Api {
    let api = Api::unprojected().await;
    let client = api.database.client().await.unwrap();
    let stream = testkit::create_stream(&client, "topic", 0).await.unwrap();
    for message in failed_payload() {
        testkit::append_events(&client, stream, &[Some(message.build())]).await.unwrap();
    }
    testkit::append_events(&client, stream, &[Some(message(1).with("org_id", "1").build())]).await.unwrap();
    api.project(99).await;
    api
}

/// When each event was appended.
async fn times(api: &Api) -> Vec<String> {
    let client = api.database.client().await.unwrap();
    let sql = "select to_char(appended_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') from events order by record_offset";
    client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

fn at(point: &str, fields: &str) -> String {
    query(fields).replacen("\") {", &format!("\", asOf: {point}) {{"), 1)
}

fn offset(offset: usize) -> String {
    format!("{{positions: [{{stream: 1, offset: {offset}}}]}}")
}

#[tokio::test]
async fn a_payload_is_told_as_it_was() {
    let api = api().await;
    let outcomes = async |points: &[String]| {
        let mut outcomes = Vec::new();
        for point in points {
            let answer = api.graphql(&at(point, "outcome")).await;
            assert_eq!(answer["errors"], Value::Null);
            outcomes.push(answer["data"]["payload"]["outcome"].as_str().unwrap_or("none").to_owned());
        }
        outcomes
    };
    let as_of_offsets = outcomes(&[0, 1, 2, 3, 4, 6].map(offset)).await;
    assert_eq!(as_of_offsets, ["IN_PROGRESS", "SUCCESS", "IN_PROGRESS", "SUCCESS", "FAILURE", "FAILURE"]);
    let times = times(&api).await;
    let as_of_times = [&*times[1], &times[2], "2000-01-01T00:00:00Z", "2999-01-01T00:00:00Z"];
    let as_of_times = outcomes(&as_of_times.map(|time| format!("{{time: \"{time}\"}}"))).await;
    assert_eq!(as_of_times, ["SUCCESS", "IN_PROGRESS", "none", "FAILURE"]);
}

#[tokio::test]
async fn what_there_was_is_told_as_it_would_have_been_told_then() {
    let whole = api().await;
    for count in 1..=8 {
        let then = Api::of(&failed_payload()[..count]).await;
        let expected = then.graphql(&query(EVERYTHING)).await;
        assert_eq!(expected["errors"], Value::Null);
        assert_eq!(whole.graphql(&at(&offset(count - 1), EVERYTHING)).await, expected, "{count}");
    }
}

#[tokio::test]
async fn an_explanation_of_the_past_says_what_the_command_line_says() {
    let api = api().await;
    for number in 0..8 {
        let answer = api.graphql(&at(&offset(number), explain())).await;
        let expected = told(&api, Some(&format!("1:{number}"))).await.unwrap();
        assert_eq!(answer["data"]["payload"]["explain"], expected, "{number}: {answer}");
    }
}

#[tokio::test]
async fn a_timeline_of_the_past_is_read_page_by_page() {
    let api = api().await;
    for list in ["statuses", "events"] {
        let (mut seen, mut after) = (0, "null".to_owned());
        loop {
            let fields = format!(
                "{list}(first: 2, after: {after}) {{ nodes {{ __typename }} pageInfo {{ hasNextPage endCursor }} }}"
            );
            let page = api.graphql(&at(&offset(4), &fields)).await["data"]["payload"][list].clone();
            seen += page["nodes"].as_array().unwrap().len();
            after = page["pageInfo"]["endCursor"].to_string();
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        assert_eq!(seen, 5, "{list}");
    }
}

#[tokio::test]
async fn a_payload_is_stalled_as_of_then() {
    let api = Api::of(&[message(1).with("date", "2026-08-22T00:00:00Z")]).await;
    let stalled = async |time: &str| {
        let query = format!(
            "{{ payload(requestId: \"{:032x}\", asOf: {{time: \"{time}\"}}) {{ isStalled(longerThan: \"PT99999999S\") }} }}",
            1
        );
        api.graphql(&query).await["data"]["payload"]["isStalled"].clone()
    };
    // It was appended when the test ran.
    assert_eq!(stalled("2099-01-01T00:00:00Z").await, true);
    assert_eq!(stalled(&chrono::Utc::now().to_rfc3339()).await, false);
}

async fn refusal(api: &Api, point: &str, asker: &str) -> (String, String) {
    let answer = graphql(api, &at(point, "outcome"), asker).await;
    assert_eq!(answer["data"], json!({"payload": null}), "{point}: {answer}");
    let error = &answer["errors"][0];
    (error["extensions"]["code"].as_str().unwrap().to_owned(), error["message"].as_str().unwrap().to_owned())
}

/// As if retention had taken the first two events, on a day of 2020.
async fn retire(api: &Api) {
    let client = api.database.client().await.unwrap();
    client
        .batch_execute(
            "insert into retired_ranges (stream_id, from_offset, to_offset, day, events_before, event_count, head_before, head_after)
                values (1, -5, 0, '2020-02-01', 0, 5, decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'))",
        )
        .await
        .unwrap();
}

#[tokio::test]
async fn a_point_that_there_is_not_is_refused_as_the_command_line_does() {
    let api = api().await.with(&["--access-policy", "identity"]);
    retire(&api).await;
    for (point, of_command_line, code) in [
        (offset(99), "1:99", "NO_SUCH_EVENT"),
        ("{positions: [{stream: 1, offset: -3}]}".to_owned(), "1:-3", "NOT_KEPT"),
        ("{time: \"2020-02-01T12:00:00Z\"}".to_owned(), "2020-02-01T12:00:00Z", "NOT_KEPT"),
    ] {
        let expected = told(&api, Some(of_command_line)).await.unwrap_err();
        assert_eq!(refusal(&api, &point, &associate()).await, (code.to_owned(), expected), "{point}");
    }
    for point in ["{positions: []}", "{positions: [{stream: 1, offset: 1}, {stream: 1, offset: 2}]}"] {
        assert_eq!(refusal(&api, point, &associate()).await.0, "BAD_REQUEST", "{point}");
    }
    for point in
        ["{}", "{time: \"2020-02-01T12:00:00Z\", positions: [{stream: 1, offset: 1}]}", "{time: \"soon\"}"]
    {
        let answer = api.with(&[]).graphql(&at(point, "outcome")).await;
        assert!(answer["errors"][0]["extensions"]["code"].is_string(), "{point}: {answer}");
    }
    // Before all that is gone, nothing was.
    let before = graphql(&api, &at("{time: \"2020-01-31T23:59:59Z\"}", "outcome"), &associate()).await;
    assert_eq!(before, json!({"data": {"payload": null}}));
}

#[tokio::test]
async fn a_tenant_names_places_of_their_own_statuses_and_no_others() {
    let api = api().await.with(&["--access-policy", "identity"]);
    retire(&api).await;
    let own = graphql(&api, &at(&offset(1), "outcome orgId"), &tenant("2")).await;
    assert_eq!(own["data"]["payload"], json!({"outcome": "SUCCESS", "orgId": "1"}), "{own}");
    // That of another organisation, one that says nothing, one that is gone, and one that isn't there.
    for place in ["8", "7", "-3", "99"] {
        let point = format!("{{positions: [{{stream: 1, offset: {place}}}]}}");
        let expected = format!("there is no event at offset {place} of stream 1");
        assert_eq!(refusal(&api, &point, &tenant("2")).await, ("NO_SUCH_EVENT".to_owned(), expected));
    }
    let (code, message) = refusal(&api, "{time: \"2020-02-01T12:00:00Z\"}", &tenant("2")).await;
    assert_eq!(code, "NOT_KEPT");
    assert!(message.contains("the days 2020-02-01") && !message.contains("stream"), "{message}");
    // A payload that is another organisation's is answered as one that isn't there.
    for (point, code) in
        [(offset(1), json!("NO_SUCH_EVENT")), ("{time: \"2999-01-01T00:00:00Z\"}".to_owned(), Value::Null)]
    {
        let foreign = graphql(&api, &at(&point, "outcome"), &tenant("1")).await;
        assert_eq!(
            (&foreign["data"], &foreign["errors"][0]["extensions"]["code"]),
            (&json!({"payload": null}), &code)
        );
        let unknown = at(&point, "outcome").replace(ID, &"f".repeat(32));
        assert_eq!(graphql(&api, &unknown, &tenant("1")).await, foreign, "{point}");
    }
}

#[tokio::test]
async fn a_point_is_looked_at_whether_or_not_the_payload_is_there() {
    let api = api().await;
    retire(&api).await;
    for (point, code) in
        [(offset(99), "NO_SUCH_EVENT"), ("{time: \"2020-02-01T12:00:00Z\"}".to_owned(), "NOT_KEPT")]
    {
        let unknown = at(&point, "outcome").replace(ID, &"f".repeat(32));
        let answer = api.graphql(&unknown).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{point}: {answer}");
    }
}
