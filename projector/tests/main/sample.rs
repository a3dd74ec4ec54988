//! Samples: requests that are folded again while everything goes on.

use projector::sample;
use testkit::MessageBuilder;

use crate::fixture::{Fixture, ID};

impl Fixture {
    /// Checks events until one that is wrong is found, or very many were right.
    async fn sample(&self) -> Vec<String> {
        for _ in 0..300 {
            let mismatches = sample(&self.pool, self.generation).await.unwrap();
            if !mismatches.is_empty() {
                return mismatches.iter().map(ToString::to_string).collect();
            }
        }
        Vec::new()
    }

    async fn noted_after(&self, samples: usize) -> i64 {
        for _ in 0..samples {
            sample(&self.pool, self.generation).await.unwrap();
        }
        self.count("mismatches").await
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
        // By then every event was looked at.
        for noted in [None, Some(fixture.noted_after(60).await)] {
            let again = fixture.noted_after(60).await;
            assert!(again > 0 && noted.is_none_or(|noted| noted == again), "{damage}: {noted:?} {again}");
        }
    }
}

#[tokio::test]
async fn an_empty_log_has_nothing_to_check() {
    let fixture = Fixture::create(1).await;
    assert_eq!(sample(&fixture.pool, fixture.generation).await.unwrap(), []);
}
