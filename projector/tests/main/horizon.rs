//! Retention takes events away: the read models are the fold of what is kept, as if there had never been more.

use std::time::Duration;

use metrics_exporter_prometheus::PrometheusBuilder;
use projector::progress::Progress;
use projector::{ProjectError, find_or_create, metric, step};
use testkit::{MessageBuilder, wait_until};
use workload::{Workload, WorkloadConfig};

use crate::fixture::{Fixture, ID, SHAPE};

const TABLES: [&str; 10] = [
    "payloads",
    "services",
    "parts",
    "conflicts",
    "statuses",
    "quarantine",
    "status_kinds",
    "status_counts",
    "payload_counts",
    "service_counts",
];

impl Fixture {
    /// What `retain` leaves of the first events of a stream.
    pub(crate) async fn retire(&self, partition: usize, to_offset: i64) {
        let stream = self.streams[partition].0;
        let retire = format!(
            "begin; set local session_replication_role = replica;
            delete from events where stream_id = {stream} and record_offset < {to_offset};
            insert into retired_ranges (
                stream_id, from_offset, to_offset, day, events_before, event_count, head_before, head_after)
            select id, 0, {to_offset}, now()::date, 0, {to_offset}, head, head from streams where id = {stream};
            commit"
        );
        self.client.batch_execute(&retire).await.unwrap();
    }

    pub(crate) async fn pass(&self) {
        while step(&self.pool, self.generation, 1_000).await.unwrap().has_passed {}
    }

    async fn dump(&self, schema: &str) -> Vec<Vec<String>> {
        let mut tables = Vec::new();
        for table in TABLES {
            tables.push(self.rows(&format!("select * from {schema}.{table}")).await);
        }
        tables
    }
}

// Seen to fail with the call of refold taken out of the horizon, and with its payload::delete, its service::delete, its
// part::delete, its conflict::delete, and either of its counts (of statuses that go, of payloads that change).
#[tokio::test]
async fn what_is_left_equals_a_rebuild_of_what_is_kept() {
    let fixture = Fixture::create(3).await;
    let config = WorkloadConfig { seed: 4, malformed_share: 0.05, ..WorkloadConfig::default() };
    let values: Vec<_> = Workload::new(config).take(6_000).map(|message| message.value).collect();
    for (partition, values) in values.chunks(2_000).enumerate() {
        fixture.append(partition, values).await;
    }
    fixture.project(500).await;
    let everything = fixture.dump("projection_1").await;
    for (partition, to_offset) in [(0, 1_500), (1, 2_000), (2, 1)] {
        fixture.retire(partition, to_offset).await;
    }
    fixture.pass().await;
    let kept = fixture.dump("projection_1").await;
    assert!(everything.iter().zip(&kept).all(|(all, kept)| all != kept && !kept.is_empty()));

    fixture.client.batch_execute("delete from active_generation; delete from generations").await.unwrap();
    let rebuilt = Fixture { generation: find_or_create(&fixture.pool, SHAPE).await.unwrap(), ..fixture };
    rebuilt.project(700).await;
    assert_eq!(rebuilt.dump("projection_2").await, kept);
    rebuilt.pass().await;
    assert_eq!(rebuilt.dump("projection_2").await, kept, "there is nothing left to leave behind");
}

// Seen to fail (it never ends) with a stream that has no events left not moved to its end, in project::moves.
#[tokio::test]
async fn a_stream_that_ends_with_a_gap_is_folded_to_its_end() {
    let fixture = Fixture::create(1).await;
    fixture.append_one(b"{}".to_vec()).await;
    fixture.client.batch_execute("update streams set next_offset = 10").await.unwrap();
    fixture.project(5).await;
    assert_eq!(fixture.rows("select distinct next_offset from cursors").await, ["(10)"]);
}

// Seen to fail (with every status of the day called false) with is_pending not asked.
#[tokio::test]
async fn what_is_still_to_be_left_behind_is_no_mismatch() {
    let fixture = Fixture::create(1).await;
    fixture.append_workload(4, 300).await;
    fixture.project(500).await;
    fixture.retire(0, 250).await;
    for _ in 0..20 {
        assert_eq!(projector::sample(&fixture.pool, fixture.generation).await.unwrap(), []);
    }
    let pool = fixture.database.pool(&projector::verify_pool_options(1)).unwrap();
    let verify = projector::verify_projection(&pool, fixture.generation, 1, &Progress::default()).await;
    assert!(matches!(verify, Err(ProjectError::BehindHorizon(_))), "{verify:?}");
    fixture.pass().await;
    assert_eq!(fixture.verify(fixture.generation).await.mismatches, []);
}

#[tokio::test]
async fn a_rebuild_after_retention_equals_what_is_left() {
    let fixture = Fixture::create(2).await;
    fixture.append_workload(4, 3_000).await;
    fixture.project(500).await;
    fixture.retire(0, 700).await;
    fixture.retire(1, 20).await;
    fixture.pass().await;
    let left = fixture.verify(fixture.generation).await;
    let rebuilt = fixture.verify(fixture.rebuild(SHAPE).await).await;
    assert_eq!((left.mismatches, left.digests), (rebuilt.mismatches, rebuilt.digests));
}

/// What says of one request that it is worked at, over and over, by one host after the other.
fn toil(count: usize) -> Vec<Option<Vec<u8>>> {
    let message = |number: usize| {
        let second = format!("2026-08-22T{:02}:{:02}:{:02}Z", number / 3_600, number / 60 % 60, number % 60);
        MessageBuilder::new(ID)
            .with("date", second)
            .with("inventory_id", format!("h{}", number % 700))
            .build()
    };
    (0..count).map(message).map(Some).collect()
}

// Seen to fail with every request of a chunk folded anew (divide without its condition), with no chunk left to be bounded, and with
// a number of statuses that is what it was.
#[tokio::test]
async fn a_request_of_many_chunks_leaves_them_one_by_one_and_is_folded_anew_once() {
    let fixture = Fixture::create(1).await;
    fixture.append(0, &toil(5_000)).await;
    fixture.append_workload(4, 100).await;
    fixture.project(10_000).await;
    let folded = format!("select xmin from services where request_id = '{ID}'");
    let whole = fixture.rows(&folded).await;
    fixture.retire(0, 4_900).await;
    let statuses = format!("select count(*) from statuses where request_id = '{ID}'");
    let counted = format!("select status_count from payloads where request_id = '{ID}'");
    let (mut left, mut views) = (Vec::new(), Vec::new());
    while step(&fixture.pool, fixture.generation, 1_000).await.unwrap().has_passed {
        left.push(fixture.rows(&statuses).await.remove(0));
        assert_eq!(fixture.rows(&counted).await, left[left.len() - 1..], "what a list counts by");
        views.push(fixture.rows(&folded).await == whole);
    }
    assert_eq!(left, ["(3000)", "(1000)", "(100)", "(100)"]);
    let chunks = "select horizon_chunks from generations";
    assert_eq!(fixture.rows(chunks).await, ["(3)"], "who has an answer of before is told that it is another");
    assert_eq!(views, [true, true, false, false]);
    assert_eq!(fixture.verify(fixture.generation).await.mismatches, []);
}

// Seen to fail with the error passed on to whoever folds, and (it waits in vain) with a horizon that isn't tried again.
#[tokio::test]
async fn a_row_that_can_t_be_taken_out_holds_up_nothing_new_and_leaves_once_it_is_mended() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let (_guard, metrics) = (metrics::set_default_local_recorder(&recorder), recorder.handle());
    let fixture = Fixture::create(1).await;
    fixture.append(0, &toil(10)).await;
    fixture.project(10).await;
    let damage = "create table kept as table statuses; update statuses set date = 'infinity'";
    fixture.client.batch_execute(damage).await.unwrap();
    fixture.retire(0, 5).await;
    let failed = format!("{} 1", metric::HORIZON_FAILURES);
    let told = async {
        wait_until("it has failed", async || {
            metrics.render().lines().any(|line| line == failed).then_some(())
        })
        .await;
        for number in 0..50 {
            fixture.append_one(of_request(number).build()).await;
            fixture.caught_up(fixture.generation).await;
            assert_eq!(fixture.health.reasons().len(), 0, "{:?}", fixture.health.reasons());
        }
        let mend = "update statuses set date = kept.date from kept where kept.id = statuses.id";
        fixture.client.batch_execute(mend).await.unwrap();
        wait_until("the day is left behind", async || (fixture.count("horizons").await == 1).then_some(()))
            .await;
    };
    fixture.run_until(&[], Duration::from_secs(60), told).await;
    assert_eq!(fixture.verify(fixture.generation).await.mismatches, []);
}

// Seen to fail (it waits in vain) with a pace that doesn't change.
#[tokio::test]
async fn a_chunk_that_takes_too_long_is_tried_again_as_a_smaller_one() {
    let fixture = Fixture::create(1).await;
    fixture.append_workload(4, 3_000).await;
    fixture.project(10_000).await;
    fixture.retire(0, 2_900).await;
    // A database so slow that it takes out a few hundred a second.
    let slow = "create function projection_1.dawdle() returns trigger language plpgsql as
            $$ begin perform pg_sleep(0.001); return old; end $$;
        create trigger slow before delete on statuses for each row execute function projection_1.dawdle()";
    fixture.client.batch_execute(slow).await.unwrap();
    let left =
        wait_until("the day is left behind", async || (fixture.count("horizons").await == 1).then_some(()));
    fixture.run_until(&[], Duration::from_secs(1), left).await;
    assert_eq!(fixture.verify(fixture.generation).await.mismatches, []);
}

// Seen to fail with all of it taken out at once.
#[tokio::test]
async fn what_was_quarantined_leaves_in_chunks_as_well() {
    let fixture = Fixture::create(1).await;
    fixture.append(0, &vec![Some(b"no message".to_vec()); 5_000]).await;
    fixture.project(10_000).await;
    fixture.retire(0, 4_999).await;
    let mut left = Vec::new();
    while step(&fixture.pool, fixture.generation, 1_000).await.unwrap().has_passed {
        left.push(fixture.count("quarantine").await);
    }
    assert_eq!(left, [3_000, 1_000, 1, 1]);
    assert_eq!(fixture.verify(fixture.generation).await.mismatches, []);
}

fn of_request(number: usize) -> MessageBuilder {
    MessageBuilder::new(&format!("{number:032x}"))
}

// Seen to fail with chunks of any number of bytes.
#[tokio::test]
async fn what_has_long_names_leaves_in_chunks_of_fewer() {
    let fixture = Fixture::create(1).await;
    for number in 0..20 {
        let service = format!("{number}{}", "x".repeat(1 << 20));
        fixture.append_one(of_request(number).with("service", service).build()).await;
    }
    fixture.project(10).await;
    fixture.retire(0, 19).await;
    let mut left = Vec::new();
    while step(&fixture.pool, fixture.generation, 1_000).await.unwrap().has_passed {
        left.push(fixture.count("statuses").await);
    }
    assert_eq!(left, [12, 4, 1, 1]);
    assert_eq!(fixture.verify(fixture.generation).await.mismatches, []);
}

// Seen to fail with rows that are held until all of a chunk are folded.
#[tokio::test]
async fn what_is_folded_anew_is_written_before_it_is_much() {
    let fixture = Fixture::create(1).await;
    let retired: Vec<_> = (0..20).map(|number| Some(of_request(number).build())).collect();
    fixture.append(0, &retired).await;
    for number in 0..20 {
        fixture.append_one(of_request(number).with("service", "x".repeat(1 << 20)).build()).await;
    }
    fixture.project(30).await;
    let note = "create table written (at bigint generated always as identity);
        create function projection_1.note() returns trigger language plpgsql as
            $$ begin insert into projection_1.written default values; return null; end $$;
        grant insert on written to payload_tracker_projector;
        create trigger written after insert on services for each statement execute function projection_1.note()";
    fixture.client.batch_execute(note).await.unwrap();
    fixture.retire(0, 20).await;
    fixture.pass().await;
    assert_eq!(fixture.count("written").await, 5, "20 MiB, 4 at once");
    assert_eq!(fixture.verify(fixture.generation).await.mismatches, []);
}
