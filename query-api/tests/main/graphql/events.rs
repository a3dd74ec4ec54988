//! The log itself.

use serde_json::{Value, json};
use testkit::{TestDatabase, TestServer, create_stream, wait_until};
use tokio_postgres::Client;

use crate::access::{graphql, tenant};
use crate::api::{Api, ID, message};
use crate::archive::associate;

/// So many events in each stream.
const EVENTS: usize = 60;
/// Streams of two topics, one of them of another lineage.
const STREAMS: [(&str, i32, i32); 4] = [("a", 0, 0), ("a", 1, 0), ("a", 0, 1), ("b", 0, 0)];

/// Events of four streams over three days, several at the same time; offsets begin at 10 and leave some out.
async fn fill(client: &Client) {
    let days = "select create_event_day('2026-11-20'), create_event_day('2026-11-21'), create_event_day('2026-11-22')";
    client.batch_execute(days).await.unwrap();
    for (number, (topic, partition, lineage)) in STREAMS.into_iter().enumerate() {
        let sql = "with stream as (
                insert into streams (topic, partition, lineage, first_offset, next_offset, chain_offset)
                values ($1, $2, $3, 10, 10 + 2 * $4::integer, 10) returning id)
            insert into events (stream_id, record_offset, appended_at, timestamp_ms, value)
            select id, 10 + 2 * n, '2026-11-20T20:00:00Z'::timestamptz + (n / (2 + $5::integer)) * interval '37 min', n, convert_to($6::text || n, 'UTF8')
            from stream, generate_series(0, $4 - 1) as n";
        let (count, step) = (i32::try_from(EVENTS).unwrap(), i32::try_from(number).unwrap());
        client
            .execute(sql, &[&topic, &partition, &lineage, &count, &step, &format!("{number} ")])
            .await
            .unwrap();
    }
}

async fn filled() -> Api {
    let api = empty().await;
    fill(&api.database.client().await.unwrap()).await;
    api
}

/// One without any stream.
async fn empty() -> Api {
    let api = Api::unprojected().await;
    api.project(1).await;
    api
}

async fn events(api: &Api, arguments: &str, fields: &str) -> Value {
    let answer = api.graphql(&format!("{{ events({arguments}) {{ {fields} }} }}")).await;
    assert!(answer["errors"].is_null(), "{arguments}: {answer}");
    answer["data"]["events"].clone()
}

fn places(page: &Value) -> Vec<String> {
    let place = |event: &Value| format!("{} {}", event["stream"], event["offset"]);
    page["nodes"].as_array().unwrap().iter().map(place).collect()
}

/// All of a list, page by page, in the order of the list.
async fn walked(api: &Api, filter: &str, is_from_end: bool) -> Vec<String> {
    let (length, edge) = if is_from_end { ("last", "before") } else { ("first", "after") };
    let (cursor, more) =
        if is_from_end { ("startCursor", "hasPreviousPage") } else { ("endCursor", "hasNextPage") };
    let (mut all, mut from) = (Vec::new(), "null".to_owned());
    loop {
        let arguments = format!("filter: {{{filter}}}, {length}: 7, {edge}: {from}");
        let page =
            events(api, &arguments, &format!("nodes {{ stream offset }} pageInfo {{ {cursor} {more} }}"))
                .await;
        all = if is_from_end { [places(&page), all].concat() } else { [all, places(&page)].concat() };
        if page["pageInfo"][more] == false {
            return all;
        }
        from = page["pageInfo"][cursor].to_string();
    }
}

/// What a filter lets through, as PostgreSQL sorts it.
async fn expected(client: &Client, condition: &str) -> Vec<String> {
    let sql = format!(
        "select stream_id || ' ' || record_offset from events join streams on streams.id = stream_id
        where {condition} order by appended_at, stream_id, record_offset"
    );
    client.query(&sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn the_log_is_read_page_by_page_from_either_end() {
    let api = filled().await;
    let client = api.database.client().await.unwrap();
    for (filter, condition, count) in [
        ("", "true", 4 * EVENTS),
        ("stream: {eq: 1}", "stream_id = 1", EVENTS),
        ("topic: {eq: \"a\"}", "topic = 'a'", 3 * EVENTS),
        ("topic: {in: [\"a\", \"x\"]}, partition: {eq: 0}", "topic = 'a' and partition = 0", 2 * EVENTS),
        ("topic: {eq: \"none\"}", "false", 0),
        (
            "appendedAt: {gte: \"2026-11-20T20:37:00Z\", lt: \"2026-11-20T21:14:00Z\"}",
            "appended_at = '2026-11-20T20:37:00Z'",
            14,
        ),
        (
            "appendedAt: {gt: \"2026-11-20T20:37:00Z\", lte: \"2026-11-21T20:37:00Z\"}, stream: {in: [2]}",
            "appended_at > '2026-11-20T20:37:00Z' and appended_at <= '2026-11-21T20:37:00Z' and stream_id = 2",
            54,
        ),
        ("appendedAt: {lt: \"2026-11-20T00:00:00Z\"}", "false", 0),
        ("appendedAt: {gte: \"2026-11-22T00:00:00Z\"}", "appended_at >= '2026-11-22T00:00:00Z'", 0),
        ("appendedAt: {gte: \"2026-11-21T00:00:00Z\"}", "appended_at >= '2026-11-21T00:00:00Z'", 0),
    ] {
        let expected = expected(&client, condition).await;
        assert!(count == 0 || expected.len() == count, "{condition}: {}", expected.len());
        for is_from_end in [false, true] {
            assert_eq!(walked(&api, filter, is_from_end).await, expected, "{filter} from end: {is_from_end}");
        }
    }
}

#[tokio::test]
async fn what_lies_between_two_cursors_is_told_and_whether_there_is_more() {
    let api = filled().await;
    let all = events(&api, "first: 99", "edges { cursor } nodes { stream offset }").await;
    let cursor = |at: usize| all["edges"][at]["cursor"].to_string();
    for (length, seen, more) in [
        ("first: 5", 11..16, json!({"hasPreviousPage": true, "hasNextPage": true})),
        ("last: 5", 45..50, json!({"hasPreviousPage": true, "hasNextPage": true})),
        ("first: 50", 11..50, json!({"hasPreviousPage": true, "hasNextPage": false})),
    ] {
        let arguments = format!("{length}, after: {}, before: {}", cursor(10), cursor(50));
        let page =
            events(&api, &arguments, "nodes { stream offset } pageInfo { hasPreviousPage hasNextPage }")
                .await;
        assert_eq!(places(&page), places(&all)[seen], "{length}");
        assert_eq!(page["pageInfo"], more, "{length}");
    }
    let timeline = json!("WzEsInRpbWVsaW5lIiwxLDFd");
    for arguments in [
        "first: 1, last: 1",
        "first: 10001",
        "first: -1",
        "after: \"x\"",
        &format!("after: {timeline}"),
        "filter: {topic: {eq: \"\\u0000\"}}",
    ] {
        let answer = api.graphql(&format!("{{ events({arguments}) {{ nodes {{ number }} }} }}")).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_REQUEST", "{arguments}: {answer}");
        assert_eq!(answer["data"], json!({"events": null}), "{arguments}");
    }
}

#[tokio::test]
async fn an_event_is_shown_byte_for_byte() {
    let api = empty().await;
    let client = api.database.client().await.unwrap();
    let stream = create_stream(&client, "topic", 3).await.unwrap();
    let sql = "insert into events (stream_id, record_offset, appended_at, timestamp_ms, key, value, header_names, header_values)
        values ($1, 0, '2026-11-25T10:00:00.000001Z', 1761000000123, 'k', '\\x61ff', array['one'::bytea, 'two', 'three'], array['v'::bytea, null, '\\xfe']),
            ($1, 1, '2026-11-25T10:00:00.000001Z', null, '\\xff', null, null, null)";
    client.execute(sql, &[&stream]).await.unwrap();
    client.execute("update streams set next_offset = 2", &[]).await.unwrap();
    let fields = "nodes { number stream topic partition lineage offset timestamp appendedAt key keyHex size value valueHex \
        headers { name value valueHex } }";
    let header =
        |name: &str, value: Value, hex: Value| json!({"name": name, "value": value, "valueHex": hex});
    let headers = json!([
        header("one", json!("v"), Value::Null),
        header("two", Value::Null, Value::Null),
        header("three", json!("\u{fffd}"), json!("fe")),
    ]);
    let first = json!({"number": 1, "stream": 1, "topic": "topic", "partition": 3, "lineage": 0, "offset": 0,
        "timestamp": "2025-10-20T22:40:00.123Z", "appendedAt": "2026-11-25T10:00:00.000001Z", "key": "k", "keyHex": null,
        "size": 2, "value": "a\u{fffd}", "valueHex": "61ff", "headers": headers});
    let tombstone = json!({"number": 2, "stream": 1, "topic": "topic", "partition": 3, "lineage": 0, "offset": 1,
        "timestamp": null, "appendedAt": "2026-11-25T10:00:00.000001Z", "key": "\u{fffd}", "keyHex": "ff",
        "size": null, "value": null, "valueHex": null, "headers": []});
    assert_eq!(events(&api, "first: 9", fields).await["nodes"], json!([first, tombstone]));
}

#[tokio::test]
async fn of_a_payload_all_messages_that_name_it_are_shown() {
    let unclear = |message: testkit::MessageBuilder| message.with("date", "soon");
    let of = || testkit::MessageBuilder::new(ID);
    let messages = [
        of(),
        message(1),
        unclear(of()),
        of().with("status", "success"),
        unclear(message(1)),
        unclear(message(2)),
    ];
    let api = Api::of(&messages).await;
    let expected = json!([0, 2, 3]);
    let offsets = |page: &Value| {
        Value::from_iter(page["nodes"].as_array().unwrap().iter().map(|node| node["offset"].clone()))
    };
    let filter = format!("filter: {{requestId: \"{}\"}}", ID.to_uppercase());
    assert_eq!(offsets(&events(&api, &filter, "nodes { offset }").await), expected);
    for is_from_end in [false, true] {
        assert_eq!(walked(&api, &format!("requestId: \"{ID}\""), is_from_end).await, ["1 0", "1 2", "1 3"]);
    }
    assert_eq!(walked(&api, &format!("requestId: \"{ID}\", stream: {{eq: 2}}"), false).await, [""; 0]);
    let window = format!("requestId: \"{ID}\", appendedAt: {{lt: \"2020-01-01T00:00:00Z\"}}");
    assert_eq!(walked(&api, &window, false).await, [""; 0]);

    let all = "{ payloads(sortBy: REQUEST_ID, sortDir: DESC) { nodes { events { nodes { offset value } pageInfo { hasNextPage } } } } }";
    let answer = api.graphql(all).await;
    let payloads = &answer["data"]["payloads"]["nodes"];
    assert_eq!(
        (offsets(&payloads[0]["events"]), offsets(&payloads[1]["events"])),
        (expected, json!([1, 4])),
        "{answer}"
    );
    let value = payloads[0]["events"]["nodes"][0]["value"].as_str().unwrap();
    assert_eq!(value.as_bytes(), messages[0].build());
    // Of a payload that is known by what was quarantined alone.
    assert_eq!(walked(&api, &format!("requestId: \"{:032x}\"", 2), false).await, ["1 5"]);
}

#[tokio::test]
async fn a_long_value_is_cut_unless_all_of_it_is_asked_for() {
    let api = empty().await;
    let long = format!("{}{}", "x".repeat(4_095), "ä".repeat(1_000));
    let torn = [b"\xff".repeat(5_000), Vec::new()].concat();
    api.append(&[Some(long.clone().into_bytes()), Some(torn)]).await;
    let nodes = events(
        &api,
        "first: 9",
        "nodes { size value full: value(full: true) valueHex fullHex: valueHex(full: true) }",
    )
    .await["nodes"]
        .clone();
    let expected =
        json!({"size": 6_095, "value": "x".repeat(4_095), "full": long, "valueHex": null, "fullHex": null});
    assert_eq!(nodes[0], expected);
    assert_eq!(
        (nodes[1]["valueHex"].as_str().unwrap().len(), nodes[1]["fullHex"].as_str().unwrap().len()),
        (8_192, 10_000)
    );

    let client = api.database.client().await.unwrap();
    let huge = vec![Some(vec![b'x'; 3 << 20]); 3];
    testkit::append_events(&client, schema::StreamId(1), &huge).await.unwrap();
    let short = events(&api, "last: 3", "nodes { size value }").await;
    assert_eq!(short["nodes"][2]["size"], 3 << 20);
    let answer = api.graphql("{ events(last: 3) { nodes { size value(full: true) } } }").await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "LOG_LIMIT", "{}", answer["errors"]);
    assert_eq!(answer["data"]["events"]["nodes"][0], json!({"size": 3 << 20, "value": null}));
}

#[tokio::test]
async fn a_tenant_sees_nothing_of_the_log() {
    let api = filled().await.with(&["--access-policy", "identity"]);
    let query = "{ events { nodes { value } } payloads { totalCount } }";
    let answer = graphql(&api, query, &tenant("1")).await;
    assert_eq!(answer["data"], json!({"events": null, "payloads": {"totalCount": 0}}));
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
    let answer = graphql(&api, query, &associate()).await;
    assert_eq!(answer["data"]["events"]["nodes"].as_array().unwrap().len(), 10, "{answer}");

    let client = api.database.client().await.unwrap();
    client
        .batch_execute("set role payload_tracker_tenant; set search_path = projection_1, public")
        .await
        .unwrap();
    for sql in ["select value from events", "select stream_id from retired_ranges", "select id from streams"]
    {
        assert_eq!(client.query(sql, &[]).await.unwrap_err().code().unwrap().code(), "42501", "{sql}");
    }
}

#[tokio::test]
async fn a_global_id_and_a_status_lead_to_their_event() {
    let api =
        Api::of(&[message(1).with("org_id", "1"), message(2)]).await.with(&["--access-policy", "identity"]);
    let of = |fields: &str| format!("{{ it: payload(requestId: \"{:032x}\") {{ {fields} }} }}", 1);
    let answer = graphql(&api, &of("statuses { nodes { event { id offset size } } }"), &associate()).await;
    let event = &answer["data"]["it"]["statuses"]["nodes"][0]["event"];
    assert_eq!(
        (&event["offset"], &event["size"]),
        (&json!(0), &json!(message(1).with("org_id", "1").build().len()))
    );
    let node = format!("{{ it: node(id: {}) {{ id ... on Event {{ offset }} }} }}", event["id"]);
    assert_eq!(
        graphql(&api, &node, &associate()).await,
        json!({"data": {"it": {"id": event["id"], "offset": 0}}})
    );
    let unknown = "eyJldmVudCI6WzEsOTldfQ";
    let missing = format!("{{ it: node(id: \"{unknown}\") {{ id }} }}");
    assert_eq!(graphql(&api, &missing, &associate()).await, json!({"data": {"it": null}}));
    for query in [node, missing, of("statuses { nodes { event { id } } }")] {
        let answer = graphql(&api, &query, &tenant("1")).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{query}: {answer}");
    }
}

/// Reads that no index serves.
fn scans(plan: &Value) -> Vec<String> {
    let relation = plan["Relation Name"].as_str().unwrap_or_default();
    let is_scan = plan["Node Type"] == "Seq Scan" && relation.starts_with("events");
    let inner = plan["Plans"].as_array().into_iter().flatten().flat_map(scans);
    inner.chain(is_scan.then(|| relation.to_owned())).collect()
}

#[tokio::test]
async fn every_part_of_the_log_is_come_by_through_an_index() {
    let server = TestServer::start(&[]).await.unwrap();
    let api = filled_on(server.database()).await;
    // For connections that come from now on. Without sequential scans, they are seen where no index would do.
    for (name, value) in [
        ("session_preload_libraries", "auto_explain"),
        ("auto_explain.log_min_duration", "0"),
        ("auto_explain.log_format", "json"),
        ("enable_seqscan", "off"),
    ] {
        server.execute(&format!("alter database postgres set {name} = '{value}'")).await.unwrap();
    }
    let cursor =
        events(&api, "first: 3", "pageInfo { endCursor }").await["pageInfo"]["endCursor"].to_string();
    for arguments in [
        format!("first: 5, after: {cursor}"),
        "last: 5, filter: {appendedAt: {gte: \"2026-11-21T01:00:00Z\", lt: \"2026-11-21T05:00:00Z\"}}"
            .to_owned(),
        format!("filter: {{requestId: \"{ID}\", stream: {{eq: 5}}}}"),
    ] {
        events(&api, &arguments, "nodes { value(full: true) }").await;
    }
    let point = "asOf: {positions: [{stream: 5, offset: 0}]}";
    let query = format!(
        "{{ payload(requestId: \"{ID}\", {point}) {{ explain {{ because }} events {{ nodes {{ value }} }} }} \
        now: payload(requestId: \"{ID}\") {{ explain {{ because }} events {{ nodes {{ value }} }} }} }}"
    );
    assert_eq!(api.graphql(&query).await["errors"], Value::Null);
    let names = [
        "event::merged",
        "event::of_request\n",
        "event::of_requests",
        "event::read",
        "event::size",
        "boundary::find",
        "point::times",
        "story::of_payloads",
    ];
    // It is logged when a transaction ends, which the answer doesn't wait for.
    let plans = wait_until("all is explained", async || {
        let log = server.log().unwrap();
        let plans: Vec<Value> = log
            .split("plan:\n")
            .skip(1)
            .filter_map(|text| serde_json::Deserializer::from_str(text).into_iter().next()?.ok())
            .collect();
        let is_there = |name: &&str| {
            plans.iter().any(|plan| {
                plan["Query Text"].as_str().unwrap().trim_start().starts_with(&format!("-- {name}"))
            })
        };
        names.iter().all(is_there).then_some(plans)
    });
    for plan in plans.await.iter().filter(|plan| {
        let text = plan["Query Text"].as_str().unwrap().trim_start();
        names.iter().any(|name| text.starts_with(&format!("-- {name}")))
    }) {
        assert_eq!(scans(&plan["Plan"]), [""; 0], "{plan:#}");
    }
}

/// The same with a payload.
async fn filled_on(database: TestDatabase) -> Api {
    let api = Api::on(database);
    let client = api.database.client().await.unwrap();
    fill(&client).await;
    let stream = create_stream(&client, "topic", 0).await.unwrap();
    assert_eq!(stream.0, 5);
    let message = testkit::MessageBuilder::new(ID);
    testkit::append_events(&client, stream, &[Some(message.build())]).await.unwrap();
    api.project(999).await;
    api
}
