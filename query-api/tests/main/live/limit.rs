//! What clients may do, and what becomes of those who do something else.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::wait_until;
use tokio::net::TcpSocket;

use super::client::{Client, Told};
use super::served::Served;
use super::{STATUSES, id, said};
use crate::access::tenant;
use crate::gate::bombs;

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_keep_to_the_protocol_is_closed_with_the_protocols_code() {
    let served = Served::start(&["--graphql-init-timeout-ms", "300"]).await;
    let init = r#"{"type":"connection_init"}"#;
    let subscribe = json!({"type": "subscribe", "id": "1", "payload": {"query": STATUSES}}).to_string();
    let ack = Told::Message(json!({"type": "connection_ack"}));
    for (name, said, code) in [
        ("nothing", &[][..], 4408),
        ("who asks first", &[&*subscribe], 4401),
        ("twice", &[init, init], 4429),
        ("an id that is taken", &[init, &subscribe, &subscribe], 4409),
        ("nonsense", &["nonsense"], 4400),
        ("another protocol", &[init, r#"{"type":"start","id":"1"}"#], 4400),
        ("a query that is none", &[init, r#"{"type":"subscribe","id":"1","payload":7}"#], 4400),
    ] {
        let mut client = Client::open(served.address, &[]).await;
        for text in said {
            client.send(text).await;
        }
        let mut told = client.told().await;
        if told == ack {
            told = client.told().await;
        }
        assert_eq!(told, Told::Closed(code), "{name}");
    }
    // Who is known may be silent.
    let mut client = Client::connect(served.address).await;
    client.hears_nothing_for(Duration::from_millis(600)).await.expect("it is left alone");
    client.send(&"x".repeat(100_000)).await;
    assert!(matches!(client.told().await, Told::Gone | Told::Closed(_)), "nobody says so much");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_told_that_it_is_over_may_use_its_id_again_at_once() {
    let served = Served::start(&[]).await;
    let many = (0..16).map(|_| async {
        let mut client = Client::connect(served.address).await;
        for _ in 0..50 {
            client.subscribe("1", "{ nothing }").await;
            assert_eq!(client.error().await, "VALIDATION_FAILED");
            client.subscribe("1", "{ __typename }").await;
            assert_eq!(client.data().await, json!({"__typename": "Query"}));
            client.is_complete("1").await;
        }
    });
    join_all(many).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_than_so_many_connections_and_subscriptions_are_there_at_once() {
    let served = Served::start(&["--graphql-max-sockets", "2", "--graphql-max-subscriptions", "2"]).await;
    let mut one = Client::connect(served.address).await;
    let two = Client::connect(served.address).await;
    let refused = Client::try_open(served.address, &[]).await.err().expect("there is no place");
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (503, &"5".parse().unwrap()));
    drop(two);
    wait_until("its place is free", async || Client::try_open(served.address, &[]).await.ok()).await;

    for name in ["a", "b"] {
        one.subscribe(name, STATUSES).await;
    }
    one.subscribe("c", STATUSES).await;
    assert_eq!(one.error().await, "TOO_MANY_SUBSCRIPTIONS");
    // One that is over makes room.
    one.say(&json!({"type": "complete", "id": "a"})).await;
    one.subscribe("c", STATUSES).await;
    // Begun by now.
    one.subscribe("q", "{ __typename }").await;
    assert_eq!(one.error().await, "TOO_MANY_SUBSCRIPTIONS");
    served.log.tell(0, &[said(1, "ingress", "received")]).await;
    let mut names = Vec::new();
    for _ in 0..2 {
        let Told::Message(message) = one.told().await else { panic!("it is closed") };
        names.push(message["id"].as_str().unwrap().to_owned());
    }
    names.sort();
    assert_eq!(names, ["b", "c"]);
}

// Seen to fail with connections counted together, and with those that are closed left counted.
#[tokio::test(flavor = "multi_thread")]
async fn no_client_takes_the_places_of_all_others() {
    let served = Served::start(&["--graphql-max-client-sockets", "2"]).await;
    let own = [Client::connect(served.address).await, Client::connect(served.address).await];
    let refused = Client::try_open(served.address, &[]).await.err().expect("both places are taken");
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (429, &"5".parse().unwrap()));
    let other = Client::try_open(served.address, &[("x-rh-identity", &tenant("1"))]).await;
    other.unwrap_or_else(|refused| panic!("{refused:?}")).init(json!({})).await;
    drop(own);
    wait_until("a place is free", async || Client::try_open(served.address, &[]).await.ok()).await;
}

// Seen to fail with operations left out.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_over_sockets_is_counted_with_all_else_of_the_client() {
    let served = Served::start(&["--max-requests-per-minute", "3"]).await;
    let mut one = Client::connect(served.address).await;
    let mut other = Client::connect(served.address).await;
    one.subscribe("q", "{ __typename }").await;
    assert_eq!(one.data().await, json!({"__typename": "Query"}));
    one.is_complete("q").await;
    for client in [&mut one, &mut other] {
        client.subscribe("q", "{ __typename }").await;
        assert_eq!(client.error().await, "TOO_MANY_REQUESTS");
    }
    assert_eq!(Client::try_open(served.address, &[]).await.err().unwrap().status(), 429);
    let named = Client::try_open(served.address, &[("x-rh-identity", &tenant("1"))]).await;
    named.unwrap_or_else(|refused| panic!("{refused:?}")).init(json!({})).await;
}

// Nobody vouches for what is said over a socket, so no organisation pays for it.
#[tokio::test(flavor = "multi_thread")]
async fn who_says_its_identity_over_a_socket_is_counted_as_who_opened_it() {
    let served = Served::start(&["--access-policy", "identity", "--max-requests-per-minute", "3"]).await;
    let mut client = Client::try_open(served.address, &[]).await.ok().unwrap();
    client.init(json!({"x-rh-identity": tenant("1")})).await;
    for _ in 0..2 {
        client.subscribe("q", "{ __typename }").await;
        assert_eq!(client.data().await, json!({"__typename": "Query"}));
        client.is_complete("q").await;
    }
    client.subscribe("q", "{ __typename }").await;
    assert_eq!(client.error().await, "TOO_MANY_REQUESTS");
    let named = Client::try_open(served.address, &[("x-rh-identity", &tenant("1"))]).await;
    named.unwrap_or_else(|refused| panic!("{refused:?}")).init(json!({})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_origin_opens_no_socket_unless_it_is_named() {
    let served = Served::start(&["--cors-allowed-origins", "https://console.example"]).await;
    let open = async |origin: &str| {
        let opened = Client::try_open(served.address, &[("origin", origin)]).await;
        opened.map_or_else(|refused| refused.status().as_u16(), |_| 101)
    };
    assert_eq!(open(&format!("http://{}", served.address)).await, 101);
    assert_eq!(open("https://console.example").await, 101);
    for origin in ["https://evil.example", "null", "http://127.0.0.1", "https://console.example.evil"] {
        assert_eq!(open(origin).await, 403, "{origin}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_too_slowly_is_told_so_and_closed_and_others_hear_on() {
    const COUNT: u32 = 4_000;
    let served = Served::start_hinted(
        &["--graphql-max-behind", "1000", "--client-timeout-ms", "60000"],
        "payload-tracker slow",
    )
    .await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(16 * 1024).unwrap();
    let mut slow = Client::try_open_on(socket, served.address, &[]).await.ok().unwrap();
    slow.init(json!({})).await;
    let query = STATUSES.replace("requestId", "requestId statusMsg");
    slow.subscribe("s", &query).await;
    let mut quick = Client::connect(served.address).await;
    quick.subscribe("s", &query).await;
    let long = |number| said(number, "ingress", "received").with("status_msg", "x".repeat(4_000));
    served.log.tell(0, &[long(0)]).await;
    for client in [&mut slow, &mut quick] {
        assert_eq!(client.data().await["statuses"]["status"]["requestId"], id(0));
    }
    let telling = async {
        for hundred in 0..COUNT / 100 {
            let messages: Vec<_> = (0..100).map(|number| long(1 + hundred * 100 + number)).collect();
            served.log.tell(0, &messages).await;
        }
    };
    let hearing = async {
        for number in 1..=COUNT {
            assert_eq!(quick.data().await["statuses"]["status"]["requestId"], id(number));
        }
    };
    tokio::join!(telling, hearing);
    let mut next = 1;
    loop {
        let news = slow.data().await["statuses"].clone();
        if news["reason"].is_string() {
            assert_eq!(news["reason"], "TOO_FAR_BEHIND");
            break;
        }
        assert_eq!(news["status"]["requestId"], id(next));
        next += 1;
    }
    assert!(next < COUNT, "{next}");
    slow.is_complete("s").await;
    assert_eq!(slow.told().await, Told::Closed(4501));
    served.log.tell(0, &[long(COUNT + 1)]).await;
    assert_eq!(quick.data().await["statuses"]["status"]["requestId"], id(COUNT + 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bomb_is_refused_over_a_socket_as_over_http() {
    let served = Served::start(&["--graphql-max-subscriptions", "1"]).await;
    let mut count = 0;
    for bomb in bombs::all() {
        let Ok(body @ Value::Object(_)) = serde_json::from_str::<Value>(&bomb.body) else { continue };
        if bomb.body.len() > 60_000 {
            continue;
        }
        count += 1;
        let mut client = Client::connect(served.address).await;
        client.say(&json!({"type": "subscribe", "id": "1", "payload": body})).await;
        assert_eq!(client.error().await, bomb.code, "{}", bomb.name);
    }
    assert!(count >= 35, "{count}");
    let status = "... on NewStatus { status { payload { related(first: 90) { related(first: 90) { related(first: 90) { id } } } } } }";
    let deep = format!("{}id{}", "payload { related { ".repeat(12), " } }".repeat(12));
    for (query, code) in [
        (format!("subscription {{ statuses {{ {status} }} }}"), "TOO_COSTLY"),
        (format!("subscription {{ statuses {{ ... on NewStatus {{ status {{ {deep} }} }} }} }}"), "TOO_DEEP"),
        (
            "subscription { a: statuses { __typename } b: statuses { __typename } }".to_owned(),
            "VALIDATION_FAILED",
        ),
        (
            "subscription { ...f } fragment f on Subscription { statuses { __typename } }".to_owned(),
            "VALIDATION_FAILED",
        ),
        ("subscription { ... { statuses { __typename } } }".to_owned(), "VALIDATION_FAILED"),
        ("subscription { nothing }".to_owned(), "VALIDATION_FAILED"),
    ] {
        let mut client = Client::connect(served.address).await;
        client.subscribe("1", &query).await;
        assert_eq!(client.error().await, code, "{query}");
    }
}

// Whoever asks for the page gets it, and who asks for a socket of another kind is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_socket_of_another_protocol_is_refused() {
    let served = Served::start(&[]).await;
    let other = Client::try_open(served.address, &[("sec-websocket-protocol", "graphql-ws")]).await;
    assert_eq!(other.err().unwrap().status(), 400);
    assert_eq!(served.api.get("/graphql").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_come_back_at_once_as_many_as_there_is_room_for_hear_what_they_missed() {
    const ROOM: usize = 400;
    let served =
        Served::start(&["--graphql-max-sockets", "400", "--graphql-max-client-sockets", "1000"]).await;
    let start = served.api.graphql("{ freshness { cursor } }").await["data"]["freshness"]["cursor"].clone();
    let messages: Vec<_> = (1..4).map(|number| said(number, "ingress", "received")).collect();
    served.log.tell(0, &messages).await;
    let query = STATUSES.replace("statuses", &format!("statuses(after: {start})"));
    let come = async || {
        let mut client = match Client::try_open(served.address, &[]).await {
            Ok(client) => client,
            Err(refused) => {
                assert_eq!(refused.status(), 503);
                return None;
            }
        };
        client.init(json!({})).await;
        client.subscribe("s", &query).await;
        for number in 1..4 {
            assert_eq!(client.data().await["statuses"]["status"]["requestId"], id(number));
        }
        // It stays, so that no other takes its place.
        Some(client)
    };
    let came = futures_util::future::join_all((0..1_000).map(|_| come())).await;
    assert_eq!(came.iter().flatten().count(), ROOM);
}
