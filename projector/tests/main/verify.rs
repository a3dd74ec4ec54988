//! Verifying: sound read models pass, and whatever is changed in them is found and named.

use projector::Shape;
use testkit::{MessageBuilder, wait_until};

use crate::fixture::{Fixture, ID, SHAPE};

async fn projected() -> Fixture {
    let fixture = Fixture::create(3).await;
    fixture.append_workload(5, 3_000).await;
    let message = MessageBuilder::new(ID).with("inventory_id", "h1");
    fixture.append_one(message.clone().with("org_id", "1").build()).await;
    fixture.append_one(message.with("org_id", "2").with("status", "error").build()).await;
    fixture.project(500).await;
    fixture
}

// Seen to fail with the comparison of payloads, services, parts, conflicts, statuses, quarantine or counts taken out.
#[tokio::test]
async fn whatever_is_changed_is_found_and_named() {
    let fixture = projected().await;
    let check = fixture.verify(fixture.generation).await;
    assert_eq!(check.mismatches, []);
    assert_eq!(check.events, 3_002);
    let with_id = format!("request_id = '{ID}'");
    let changes = [
        ("payloads", format!("update payloads set outcome = 'success' where {with_id}"), ID, "outcome"),
        ("payloads", format!("update payloads set org_id = '3' where {with_id}"), ID, "org_id"),
        ("payloads", format!("delete from payloads where {with_id}"), ID, "is missing"),
        ("payloads", format!("insert into payloads select (p).* from (select p #= hstore('request_id', 'made up') as p from payloads as p where {with_id}) as made"), "made up", "no status says this"),
        ("services", format!("update services set bad_parts = 0 where {with_id}"), ID, "bad_parts"),
        ("services", format!("delete from services where {with_id}"), ID, "is missing"),
        ("parts", format!("update parts set part_id = gen_random_uuid() where {with_id}"), ID, "is missing"),
        ("services", format!("update services set state = 'open' where {with_id}"), ID, "state"),
        ("parts", format!("update parts set bad_closings = 7 where {with_id}"), ID, "bad_closings"),
        ("conflicts", format!("delete from conflicts where {with_id}"), ID, "is missing"),
        ("conflicts", format!("update conflicts set value = '9' where {with_id}"), ID, "value"),
        ("statuses", format!("update statuses set status = 'success' where {with_id} and status = 'error'"), ID, "status"),
        ("statuses", format!("delete from statuses where {with_id} and status = 'error'"), ID, "is missing"),
        ("statuses", format!("insert into statuses select (s).* from (select s #= hstore('record_offset', '999999') as s from statuses as s where {with_id} limit 1) as made"), ID, "no event"),
        ("quarantine", "delete from quarantine where record_offset = (select max(record_offset) from quarantine)".to_owned(), "stream", "is missing"),
        ("quarantine", "update quarantine set reason = 'made_up' where record_offset = (select max(record_offset) from quarantine)".to_owned(), "stream", "otherwise"),
        ("quarantine", "update quarantine set detail = 'x' where record_offset = (select max(record_offset) from quarantine)".to_owned(), "stream", "otherwise"),
        ("status_kinds", "update status_kinds set count = count + 1 where service = 'puptoo' and status = 'success'".to_owned(), "puptoo success", "are counted"),
        ("status_counts", "update status_counts set count = count + 1 where clock = 'd' and width = 60 and bucket = (select min(bucket) from status_counts where clock = 'd' and width = 60)".to_owned(), "d 60", "are counted"),
        ("status_counts", "delete from status_counts where width = 0".to_owned(), "a 0", "0 are counted"),
        ("status_kinds", "update status_kinds set kind_id = gen_random_uuid() where ctid = (select min(ctid) from status_kinds)".to_owned(), "all", "not by shard and kind"),
        ("status_counts", "update status_counts set shard = 7 where width = 0 and shard = 0".to_owned(), "all", "not by shard and kind"),
        ("payload_counts", "update payload_counts set count = count - 1 where width = 3600".to_owned(), "3600", "are counted"),
        ("service_counts", "update service_counts set count = count + 1 where width = 60 and state = 'bad' and bucket = (select max(bucket) from service_counts where width = 60 and state = 'bad')".to_owned(), "60", "are counted"),
        ("service_counts", "update service_counts set service_id = gen_random_uuid() where state = 'bad' and width = 86400".to_owned(), "86400", "0 are counted"),
        ("service_counts", "update service_counts set shard = 7 where width = 0 and shard = 0".to_owned(), "all", "not by shard and kind"),
        ("status_kinds", "update status_kinds set service_id = gen_random_uuid() where ctid = (select min(ctid) from status_kinds)".to_owned(), "all", "not by shard and kind"),
    ];
    fixture.client.batch_execute("create extension hstore with schema projection_1").await.unwrap();
    fixture.derive_nothing().await;
    for (table, sql, key, what) in changes {
        let restore = format!("create table kept as select * from {table}");
        fixture.client.batch_execute(&restore).await.unwrap();
        let changed = fixture.client.execute(&sql, &[]).await.unwrap();
        assert!(changed > 0, "{sql}");
        let found = fixture.verify(fixture.generation).await.mismatches;
        let is_named = |one: &projector::Mismatch| {
            one.table == table && one.key.contains(key) && one.what.contains(what)
        };
        assert!(found.iter().any(is_named), "{sql}: {found:?}");
        let restore = format!("delete from {table}; insert into {table} select * from kept; drop table kept");
        fixture.client.batch_execute(&restore).await.unwrap();
    }
    assert_eq!(fixture.verify(fixture.generation).await, check);
}

// Seen to fail with the limits of verify::place taken out, and with what lies where nothing is folded not looked at.
#[tokio::test]
async fn however_much_is_wrong_the_first_of_it_is_named() {
    let fixture = projected().await;
    fixture.derive_nothing().await;
    for (change, what) in [
        ("delete from statuses", "is missing"),
        ("update statuses set service = 'x'", "the event says otherwise: service"),
        (
            "insert into statuses select (jsonb_populate_record(s, '{\"stream_id\": 9}')).* from statuses as s where stream_id = 1",
            "no event of the log says this",
        ),
        (
            "insert into quarantine select (jsonb_populate_record(q, '{\"stream_id\": 9}')).* from quarantine as q
            where stream_id = 1",
            "isn't in the log",
        ),
    ] {
        let keep = "create table kept as table statuses; create table kept_too as table quarantine";
        fixture.client.batch_execute(&format!("{keep}; {change}")).await.unwrap();
        let found = fixture.verify(fixture.generation).await.mismatches;
        let of_log = found.iter().filter(|one| ["statuses", "quarantine"].contains(&one.table));
        let named: Vec<_> = of_log.filter(|one| one.what.contains(what)).collect();
        assert!((1..=20).contains(&named.len()), "{change}: {named:?}");
        let mend = "truncate statuses, quarantine; insert into statuses table kept; insert into quarantine table kept_too;
            drop table kept, kept_too";
        fixture.client.batch_execute(mend).await.unwrap();
    }
    assert_eq!(fixture.verify(fixture.generation).await.mismatches, []);
}

#[tokio::test]
async fn the_digests_are_the_same_for_any_number_of_writers_and_for_a_rebuild() {
    let fixture = projected().await;
    let digests = fixture.verify(fixture.generation).await.digests;
    for shard_count in [1, 4] {
        let rebuilt = fixture.rebuild(Shape { shard_count, ..SHAPE }).await;
        let check = fixture.verify(rebuilt).await;
        assert_eq!((check.mismatches, check.digests), (vec![], digests.clone()), "{shard_count} writers");
    }
}

// Seen to fail with Batch::covers not asked.
#[tokio::test]
async fn a_generation_whose_writers_are_at_different_places_is_sound() {
    let fixture = projected().await;
    fixture.append_workload(6, 1_000).await;
    fixture.client.batch_execute("begin; select pg_advisory_xact_lock(1, 1)").await.unwrap();
    // The first of the two writers goes on, the other waits for its lock.
    let step = projector::step(&fixture.pool, fixture.generation, 10_000);
    let stuck = tokio::time::timeout(std::time::Duration::from_secs(2), step).await;
    assert!(stuck.is_err());
    let apart = "select count(distinct next_offset) > 1 from cursors where stream_id = 1";
    assert_eq!(fixture.rows(apart).await, ["(t)"]);
    assert_eq!(fixture.verify(fixture.generation).await.mismatches, []);
    // The one that is ahead goes on from where it is, and takes nothing twice.
    fixture.client.batch_execute("commit").await.unwrap();
    fixture.append_workload(7, 500).await;
    fixture.project(10_000).await;
    assert_eq!(fixture.verify(fixture.generation).await.mismatches, []);
}

// Seen to fail with the name of CopyOut::start left out.
#[tokio::test]
async fn what_it_does_shows_in_the_database_by_name() {
    let fixture = Fixture::create(1).await;
    fixture.append_workload(5, 50).await;
    fixture.project(500).await;
    let onlooker = fixture.database.client().await.unwrap();
    for (table, name) in
        [("events", "verify::decode"), ("statuses", "refold::start"), ("services", "verify::services")]
    {
        fixture.client.batch_execute(&format!("begin; lock table {table}")).await.unwrap();
        let look = async {
            let waiting = "select from pg_stat_activity where datname = current_database()
                and wait_event_type = 'Lock' and query like '-- ' || $1 || E'\\ncopy%' limit 1";
            wait_until(name, async || onlooker.query_opt(waiting, &[&name]).await.unwrap()).await;
            fixture.client.batch_execute("commit").await.unwrap();
        };
        let (check, ()) = tokio::join!(fixture.verify(fixture.generation), look);
        assert_eq!(check.mismatches, []);
    }
}
