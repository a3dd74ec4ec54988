//! Comparing generations: nothing where they are the same, and each difference by its kind.

use projector::progress::Progress;
use projector::{Comparison, Generation, ProjectError, Shape, compare};
use schema::GenerationId;
use testkit::MessageBuilder;

use crate::fixture::{Fixture, ID, SHAPE};

impl Fixture {
    async fn compare(&self, new: Generation) -> Comparison {
        compare(&self.pool, GenerationId(1), new, &Progress::default()).await.unwrap()
    }
}

#[tokio::test]
async fn two_of_the_same_log_do_not_differ() {
    let fixture = Fixture::create(2).await;
    fixture.append_workload(1, 2_000).await;
    fixture.project(700).await;
    let rebuilt = fixture.rebuild(Shape { shard_count: 3, ..SHAPE }).await;
    let comparison = fixture.compare(rebuilt).await;
    assert!(comparison.is_empty(), "{comparison:?}");
    assert_eq!((comparison.tables.len(), comparison.in_motion), (6, 0));
}

#[tokio::test]
async fn what_differs_is_told_by_kind_with_examples() {
    let fixture = Fixture::create(1).await;
    fixture.append_one(MessageBuilder::new(ID).with("org_id", "1").build()).await;
    fixture.append_one(MessageBuilder::new("third-party").build()).await;
    fixture.project(10).await;
    // Another rule for ids: what was quarantined is a payload now.
    let rebuilt = fixture.rebuild(Shape { request_id_length: 0, ..SHAPE }).await;
    fixture
        .client
        .batch_execute("update projection_1.payloads set org_id = '2', status_count = 7")
        .await
        .unwrap();
    let comparison = fixture.compare(rebuilt).await;
    let of = |table: &str| comparison.tables.iter().find(|one| one.table == table).unwrap();
    assert_eq!((of("quarantine").gone, of("quarantine").added), (1, 0));
    assert_eq!((of("payloads").gone, of("payloads").added), (0, 1));
    assert_eq!(of("payloads").changed, [("org_id".to_owned(), 1), ("status_count".to_owned(), 1)]);
    let examples: Vec<_> =
        of("payloads").examples.iter().map(|one| (one.key.as_str(), one.what.as_str())).collect();
    assert_eq!(examples, [(ID, "org_id, status_count"), ("third-party", "added")]);
    assert!(!comparison.is_empty());
}

#[tokio::test]
async fn what_only_one_has_folded_yet_is_left_out() {
    let fixture = Fixture::create(1).await;
    fixture.append_workload(1, 1_000).await;
    fixture.project(700).await;
    let rebuilt = fixture.rebuild(SHAPE).await;
    fixture.append_workload(2, 300).await;
    fixture.append_one(MessageBuilder::new(ID).build()).await;
    fixture.append_one(b"nothing".to_vec()).await;
    fixture.project(10_000).await;
    let comparison = fixture.compare(rebuilt).await;
    assert!(comparison.is_empty(), "{comparison:?}");
    assert!(comparison.in_motion > 10);
}

#[tokio::test]
async fn two_that_are_far_apart_are_not_compared() {
    let fixture = Fixture::create(1).await;
    let rebuilt = fixture.rebuild(SHAPE).await;
    fixture.client.batch_execute("update streams set next_offset = 200000; insert into cursors values (1, 1, 200000, now(), 0), (1, 1, 200000, now(), 1)").await.unwrap();
    let refused = compare(&fixture.pool, GenerationId(1), rebuilt, &Progress::default()).await;
    assert!(matches!(refused, Err(ProjectError::TooFarApart(.., 200_000))), "{refused:?}");
}
