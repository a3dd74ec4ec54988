//! Samples: requests that are folded again while everything goes on.

use projector::sample;
use testkit::MessageBuilder;

use crate::fixture::{Fixture, ID};

impl Fixture {
    /// What is found by checking so many events that every one of a few was looked at.
    async fn sample(&self) -> Vec<String> {
        let mut found = Vec::new();
        for _ in 0..60 {
            let mismatches = sample(&self.pool, self.generation).await.unwrap();
            found.extend(mismatches.iter().map(ToString::to_string));
        }
        found
    }
}

#[tokio::test]
async fn sound_read_models_pass() {
    let fixture = Fixture::create(3).await;
    fixture.append_workload(3, 600).await;
    fixture.project(100).await;
    assert_eq!(fixture.sample().await, [""; 0]);
    assert_eq!(fixture.count("mismatches").await, 0);
}

// Seen to fail with each of the three comparisons of sample::check taken out.
#[tokio::test]
async fn what_is_wrong_is_found_and_noted_once() {
    for (damage, expected) in [
        ("update payloads set org_id = 'x'", "org_id"),
        ("update statuses set service = 'x'", "the log doesn't say this"),
        ("delete from statuses where record_offset = 0", "is missing"),
        ("update services set state = 'good'", "state"),
        ("delete from quarantine", "is missing"),
    ] {
        let fixture = Fixture::create(1).await;
        fixture.append_one(MessageBuilder::new(ID).build()).await;
        fixture.append_one(b"nothing".to_vec()).await;
        fixture.append_one(MessageBuilder::new(ID).with("service", "puptoo").build()).await;
        fixture.project(100).await;
        fixture.client.batch_execute(damage).await.unwrap();
        let found = fixture.sample().await;
        assert!(found.iter().any(|one| one.contains(expected)), "{damage}: {found:?}");
        let noted = fixture.count("mismatches").await;
        fixture.sample().await;
        assert!(noted > 0 && noted == fixture.count("mismatches").await, "{damage}: each is noted once");
    }
}

#[tokio::test]
async fn an_empty_log_has_nothing_to_check() {
    let fixture = Fixture::create(1).await;
    assert_eq!(sample(&fixture.pool, fixture.generation).await.unwrap(), []);
}
