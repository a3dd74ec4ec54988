//! Every status after a cursor is told exactly once, or it is said that it can't be.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use testkit::wait_until;
use tokio::task::JoinSet;

use super::client::{Client, Told};
use super::served::{Log, PARTITIONS, Served};
use super::{STATUSES, id, said};

/// Statuses after a cursor.
fn after(cursor: Option<&str>) -> String {
    match cursor {
        Some(cursor) => STATUSES.replace("statuses", &format!("statuses(after: \"{cursor}\")")),
        None => STATUSES.to_owned(),
    }
}

/// What a subscriber has heard: the number of each status, by partition.
#[derive(Default)]
struct Heard {
    cursor: Option<String>,
    numbers: BTreeMap<u32, Vec<u32>>,
}

/// The request of the number-th message of a partition.
fn request(partition: u32, number: u32) -> u32 {
    partition * 1_000_000 + number
}

impl Heard {
    fn note(&mut self, data: &Value) {
        let news = &data["statuses"];
        assert!(news["reason"].is_null(), "{news}");
        let request = u32::from_str_radix(news["status"]["requestId"].as_str().unwrap(), 16).unwrap();
        self.numbers.entry(request / 1_000_000).or_default().push(request % 1_000_000);
        self.cursor = Some(news["cursor"].as_str().unwrap().to_owned());
    }

    fn count(&self) -> usize {
        self.numbers.values().map(Vec::len).sum()
    }
}

/// Appends to all partitions and folds, over and over, until so many of each are there. Now and then a part of it is folded later.
async fn load(log: Log, count: u32) {
    let mut done = 0;
    while done < count {
        let next = (done + 1 + done % 4).min(count);
        for partition in 0..PARTITIONS {
            let of = u32::try_from(partition).unwrap();
            let messages: Vec<_> =
                (done..next).map(|number| said(request(of, number), "ingress", "received")).collect();
            log.append(partition, &messages).await;
        }
        log.fold_and_hint().await;
        done = next;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_killed_fifty_times_under_load_hears_every_status_once() {
    const COUNT: u32 = 250;
    let served = Served::start_hinted(&[], "payload-tracker kills").await;
    let start = served.api.graphql("{ freshness { cursor } }").await;
    let start = start["data"]["freshness"]["cursor"].as_str().unwrap().to_owned();
    let mut heard = Heard { cursor: Some(start), ..Heard::default() };
    let mut loading = JoinSet::new();
    loading.spawn(load(served.log.clone(), COUNT));
    let all = COUNT as usize * PARTITIONS;
    for kill in 0..50 {
        let mut client = Client::connect(served.address).await;
        client.subscribe("s", &after(heard.cursor.as_deref())).await;
        for _ in 0..kill % 14 {
            if heard.count() < all {
                heard.note(&client.data().await);
            }
        }
        // Dropped, it is gone without a word, whatever is on its way.
    }
    let mut client = Client::connect(served.address).await;
    client.subscribe("s", &after(heard.cursor.as_deref())).await;
    while heard.count() < all {
        heard.note(&client.data().await);
    }
    loading.join_next().await.unwrap().unwrap();
    client.hears_nothing_for(Duration::from_millis(1_200)).await.expect("there is no more");
    let expected: Vec<u32> = (0..COUNT).collect();
    for partition in 0..PARTITIONS {
        assert_eq!(heard.numbers[&u32::try_from(partition).unwrap()], expected, "of partition {partition}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_shard_that_is_ahead_has_folded_waits_for_the_others() {
    let served = Served::start_hinted(&[], "payload-tracker ahead").await;
    let mut client = Client::connect(served.address).await;
    client.subscribe("s", STATUSES).await;
    served.log.tell(0, &[said(request(0, 0), "ingress", "received")]).await;
    let mut heard = Heard::default();
    heard.note(&client.data().await);

    // Nobody writes for the second shard.
    let mut holder = served.log.client().await;
    let lock = holder.transaction().await.unwrap();
    lock.batch_execute("select pg_advisory_xact_lock(1, 1)").await.unwrap();
    let messages: Vec<_> = (1..40).map(|number| said(request(0, number), "ingress", "received")).collect();
    served.log.append(0, &messages).await;
    let (mut folding, log) = (JoinSet::new(), served.log.clone());
    folding.spawn(async move { log.fold_and_hint().await });
    let watcher = served.log.client().await;
    wait_until("the first shard is ahead", async || {
        let sql = "select count(*) from projection_1.statuses";
        (watcher.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) > 1).then_some(())
    })
    .await;
    client.hears_nothing_for(Duration::from_millis(1_200)).await.expect("the others may yet have some");
    lock.rollback().await.unwrap();
    folding.join_next().await.unwrap().unwrap();
    while heard.count() < 40 {
        heard.note(&client.data().await);
    }
    assert_eq!(heard.numbers[&0], (0..40).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_connection_that_hints_come_by_it_is_told_within_a_second() {
    const NAME: &str = "payload-tracker hints";
    let served = Served::start_hinted(&[], NAME).await;
    let mut client = Client::connect(served.address).await;
    client.subscribe("s", STATUSES).await;
    served.log.tell(0, &[said(request(0, 0), "ingress", "received")]).await;
    let mut heard = Heard::default();
    heard.note(&client.data().await);
    let admin = served.log.client().await;
    let mut fastest = Duration::MAX;
    // The machine may be busy with something else.
    for number in 1..5 {
        served.log.append(0, &[said(request(0, number), "ingress", "received")]).await;
        wait_until("its connection is ended", async || {
            let sql = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1";
            (!admin.query(sql, &[&NAME]).await.unwrap().is_empty()).then_some(())
        })
        .await;
        served.log.fold_and_hint().await;
        let folded_at = Instant::now();
        heard.note(&client.data().await);
        fastest = fastest.min(folded_at.elapsed());
    }
    assert!(fastest < Duration::from_secs(1), "{fastest:?}");
    assert_eq!(heard.numbers[&0], [0, 1, 2, 3, 4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn subscribers_hear_on_when_the_database_is_back() {
    let served = Served::start(&[]).await;
    let mut client = Client::connect(served.address).await;
    client.subscribe("s", STATUSES).await;
    client
        .subscribe("p", &format!("subscription {{ payload(requestId: \"{}\") {{ outcome }} }}", id(9)))
        .await;
    assert_eq!(client.data().await, json!({"payload": null}));
    let admin = served.log.client().await;
    let cut = "revoke select on cursors from payload_tracker_reader;
        select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'payload-tracker serve'
            and datname = current_database()";
    admin.batch_execute(cut).await.unwrap();
    served.log.tell(0, &[said(request(0, 0), "ingress", "received"), said(9, "ingress", "success")]).await;
    client.hears_nothing_for(Duration::from_millis(1_200)).await.expect("nothing can be read");
    admin.batch_execute("grant select on cursors to payload_tracker_reader").await.unwrap();
    let mut heard = Vec::new();
    while heard.len() < 4 {
        let Told::Message(message) = client.told().await else { panic!("it is closed") };
        heard.push(format!("{} {}", message["id"].as_str().unwrap(), message["type"].as_str().unwrap()));
    }
    heard.sort();
    assert_eq!(heard, ["p complete", "p next", "s next", "s next"]);
}

pub(super) fn cursor(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_told_any_more_is_said_and_it_goes_on_from_there() {
    let served = Served::start(&["--graphql-max-behind", "5"]).await;
    let messages: Vec<_> = (0..6).map(|number| said(request(0, number), "ingress", "received")).collect();
    served.log.tell(0, &messages).await;
    let retired = "insert into retired_ranges (stream_id, from_offset, to_offset, day, events_before, event_count, head_before, head_after)
        values (1, 0, 3, '2026-01-01', 0, 3, decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'))";
    served.log.client().await.batch_execute(retired).await.unwrap();
    let streams = |offset: i64| json!([[1, offset], [2, 0], [3, 0]]);
    let mut client = Client::connect(served.address).await;
    for (name, place, reason) in [
        ("generation", json!([1, 99, streams(6)]), "GENERATION"),
        ("retention", json!([1, 1, streams(2)]), "RETENTION"),
        ("before streams were", json!([1, 1, []]), "RETENTION"),
    ] {
        client.subscribe(name, &after(Some(&cursor(&place)))).await;
        let news = client.data().await["statuses"].clone();
        assert_eq!(news["reason"], reason, "{name}");
        assert_eq!(news["cursor"], cursor(&json!([1, 1, streams(6)])), "{name}");
        client.say(&json!({"type": "complete", "id": name})).await;
    }
    // Kept, and few enough.
    client.subscribe("kept", &after(Some(&cursor(&json!([1, 1, streams(3)]))))).await;
    for number in 3..6 {
        let news = client.data().await["statuses"].clone();
        assert_eq!(news["status"]["requestId"], id(request(0, number)));
    }
    client.say(&json!({"type": "complete", "id": "kept"})).await;
    let many: Vec<_> = (0..6).map(|number| said(request(1, number), "ingress", "received")).collect();
    served.log.append(1, &many).await;
    served.log.fold().await;
    client.subscribe("behind", &after(Some(&cursor(&json!([1, 1, streams(6)]))))).await;
    let news = client.data().await["statuses"].clone();
    assert_eq!(news["reason"], "TOO_FAR_BEHIND", "{news}");
    // It goes on all the same.
    served.log.tell(2, &[said(request(2, 0), "ingress", "received")]).await;
    assert_eq!(client.data().await["statuses"]["status"]["requestId"], id(request(2, 0)));
    for text in ["", "nonsense", &cursor(&json!([2, 1, []]))] {
        client.subscribe("bad", &after(Some(text))).await;
        let Told::Message(told) = client.told().await else { panic!("it is closed") };
        assert!(told.to_string().contains("BAD_REQUEST"), "{told}");
        if told["type"] == "next" {
            client.is_complete("bad").await;
        }
    }
}
