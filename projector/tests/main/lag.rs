//! What a projection says of itself: how far behind each generation is, and whether it can be kept up.

use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use projector::{ProjectError, metric};
use testkit::wait_until;

use crate::fixture::{Fixture, SHAPE};

const LONG: Duration = Duration::from_secs(60);

async fn shown(metrics: &PrometheusHandle, expected: &str) {
    let line = format!("{}{{generation=\"1\"}} {expected}", metric::LAG);
    let is_shown = async || metrics.render().lines().any(|shown| shown == line).then_some(());
    wait_until(&format!("a lag of {expected} is shown"), is_shown).await;
}

// Seen to fail with the lag shown once only, and with gauges that stay as they are when they are dropped.
#[tokio::test]
async fn the_lag_is_shown_as_it_is_while_nothing_moves_and_ends_with_whoever_shows_it() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let (_guard, metrics) = (metrics::set_default_local_recorder(&recorder), recorder.handle());
    let fixture = Fixture::create(1).await;
    fixture.append_workload(1, 100).await;
    // One of the two writers waits, and with it the reader.
    fixture.client.batch_execute("begin; select pg_advisory_xact_lock(1, 1)").await.unwrap();
    let growing = async {
        shown(&metrics, "100").await;
        let other = fixture.database.client().await.unwrap();
        testkit::append_events(&other, fixture.streams[0], &vec![None; 50]).await.unwrap();
        shown(&metrics, "150").await;
    };
    fixture.run_until(&[], LONG, growing).await;
    shown(&metrics, "0").await;
    fixture.client.batch_execute("commit").await.unwrap();
}

// Seen to fail with one part for all followers, and with one that doesn't leave.
#[tokio::test]
async fn a_generation_that_is_stuck_is_told_although_another_one_does_well_until_it_is_gone() {
    let fixture = Fixture::create(1).await;
    fixture.rebuild(SHAPE).await;
    fixture.append_workload(1, 100).await;
    let holder = fixture.database.client().await.unwrap();
    holder.batch_execute("begin; lock table projection_2.statuses in share mode").await.unwrap();
    let told = async {
        fixture.caught_up(fixture.generation).await;
        wait_until("the second is told, alone", async || {
            let reasons = fixture.health.reasons();
            let reason = reasons.get("generation 2").filter(|reason| reason.contains("timeout"));
            (reason.is_some() && reasons.len() == 1).then_some(())
        })
        .await;
        // At once, so that it is gone before it can catch up.
        holder.batch_execute("delete from generations where id = 2; commit").await.unwrap();
        wait_until("nobody waits for it", async || fixture.health.reasons().is_empty().then_some(())).await;
    };
    // Shorter than PostgreSQL takes to look for a deadlock.
    fixture.run_until(&[], Duration::from_millis(300), told).await;
    assert_eq!(fixture.count("statuses").await + fixture.count("quarantine").await, 100);
}

// Seen to fail with an error of one ending all, with one that isn't tried again, and with a part that leaves when it fails.
#[tokio::test]
async fn a_generation_that_fails_for_good_holds_up_no_other_and_is_tried_again() {
    let fixture = Fixture::create(1).await;
    let rebuilt = fixture.rebuild(SHAPE).await;
    fixture.client.batch_execute("alter table projection_2.statuses rename to gone").await.unwrap();
    let told = async {
        fixture.append_workload(1, 100).await;
        wait_until("the second fails", async || {
            fixture
                .health
                .reasons()
                .get("generation 2")
                .filter(|reason| reason.contains("does not exist"))
                .cloned()
        })
        .await;
        fixture.append_workload(2, 100).await;
        fixture.caught_up(fixture.generation).await;
        assert!(fixture.health.reasons().contains_key("generation 2"));
        fixture.client.batch_execute("alter table projection_2.gone rename to statuses").await.unwrap();
        fixture.caught_up(rebuilt).await;
        wait_until("all is well", async || fixture.health.reasons().is_empty().then_some(())).await;
    };
    fixture.run_until(&[], LONG, told).await;
    assert_eq!(fixture.verify(rebuilt).await.mismatches, []);
}

// Seen to fail (it waits in vain) with the last one set aside like any other.
#[tokio::test]
async fn where_none_can_be_kept_up_the_projection_ends() {
    let fixture = Fixture::create(1).await;
    fixture.rebuild(SHAPE).await;
    for generation in 1..=2 {
        let damage = format!("alter table projection_{generation}.statuses rename to gone");
        fixture.client.batch_execute(&damage).await.unwrap();
    }
    fixture.append_workload(1, 100).await;
    let ended = tokio::time::timeout(LONG, fixture.try_run(&[], LONG)).await.expect("it ends");
    assert!(matches!(ended, Err(ProjectError::Database(_))), "{ended:?}");
}
