//! Projections that are killed, whatever they are at, and go on: what comes of it is what one that was never killed makes of it
//! in one batch.

use std::time::Duration;

use projector::{Shape, find_or_create};
use proptest::prelude::*;
use testkit::wait_until;

use crate::fixture::{Fixture, SHAPE};

/// How the log is laid out, how it is folded, and when that is broken off.
#[derive(Clone, Debug)]
struct Course {
    seed: u64,
    partitions: i32,
    shard_count: i16,
    batch_events: usize,
    batch_bytes: usize,
    /// Each time at so many events.
    kills: Vec<i64>,
}

const EVENTS: usize = 400;

fn courses() -> impl Strategy<Value = Course> {
    let kills = proptest::collection::vec(0..EVENTS as i64, 0..4);
    (any::<u64>(), 1..4, 1_i16..=4, 1..200_usize, 300..8_000_usize, kills).prop_map(
        |(seed, partitions, shard_count, batch_events, batch_bytes, mut kills)| {
            kills.sort_unstable();
            Course { seed, partitions, shard_count, batch_events, batch_bytes, kills }
        },
    )
}

impl Fixture {
    async fn is_folded(&self, events: i64) {
        let folded = "select (select count(*) from statuses) + (select count(*) from quarantine) as count";
        wait_until("so many are folded", async || {
            let count: i64 = self.client.query_one(folded, &[]).await.unwrap().get("count");
            (count >= events).then_some(())
        })
        .await;
    }
}

async fn follow(course: Course) {
    let fixture =
        Fixture::shaped(course.partitions, Shape { shard_count: course.shard_count, ..SHAPE }).await;
    fixture.append_workload(course.seed, EVENTS).await;
    let (events, bytes) = (course.batch_events, course.batch_bytes);
    let arguments = [format!("--project-batch-events={events}"), format!("--project-batch-bytes={bytes}")];
    let arguments = arguments.each_ref().map(String::as_str);
    for events in course.kills {
        fixture.run_until(&arguments, Duration::from_secs(60), fixture.is_folded(events)).await;
    }
    let caught_up = fixture.caught_up(fixture.generation);
    fixture.run_until(&arguments, Duration::from_secs(60), caught_up).await;
    let pieces = fixture.verify(fixture.generation).await;

    fixture.client.batch_execute("delete from active_generation; delete from generations").await.unwrap();
    let generation = find_or_create(&fixture.pool, Shape { shard_count: 1, ..SHAPE }).await.unwrap();
    let fixture = Fixture { generation, ..fixture };
    assert_eq!(fixture.project(EVENTS * 2).await, EVENTS);
    let whole = fixture.verify(generation).await;
    assert_eq!((pieces.mismatches, pieces.digests, pieces.events), (vec![], whole.digests, EVENTS as u64));
    assert_eq!(whole.mismatches, []);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 4, failure_persistence: None, ..ProptestConfig::default() })]

    // Seen to fail with a stream of which a cut has left nothing moved to its end (in read::ends), and with Batch::covers not asked.
    #[test]
    fn killed_anywhere_it_goes_on_and_comes_to_the_same(course in courses()) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(follow(course));
    }
}
