//! Rebuilding: from the log alone, beside what is there, to the same.

use std::time::Duration;

use projector::progress::Progress;
use projector::{Consent, ProjectError, Rebuild, Shape, activate, list_generations, rebuild_pool_options};
use schema::GenerationId;
use testkit::wait_until;
use tokio::time::timeout;

use crate::fixture::{Fixture, SHAPE};

#[tokio::test]
async fn a_rebuild_is_another_generation_with_the_same_rows_and_the_same_indexes() {
    let fixture = Fixture::create(2).await;
    fixture.append_workload(9, 2_000).await;
    fixture.project(300).await;
    let rebuilt = fixture.rebuild(SHAPE).await;
    assert_eq!(rebuilt.id.0, 2);
    for table in [
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
    ] {
        let rows = async |schema: &str| fixture.rows(&format!("select * from {schema}.{table}")).await;
        let live = rows("projection_1").await;
        assert!(!live.is_empty(), "{table}");
        assert!(rows("projection_2").await == live, "{table} differs");
    }
    let indexes = async |schema: &str| {
        let sql =
            format!("select replace(indexdef, schemaname, '') from pg_indexes where schemaname = '{schema}'");
        fixture.rows(&sql).await
    };
    assert_eq!(indexes("projection_2").await, indexes("projection_1").await);
    assert_eq!(fixture.rows("select generation_id from active_generation").await, ["(1)"]);
}

#[tokio::test]
async fn what_is_appended_meanwhile_is_there_too_and_both_are_followed() {
    let fixture = Fixture::create(2).await;
    fixture.append_workload(9, 2_000).await;
    fixture.project(300).await;
    let pool = fixture.database.pool(&rebuild_pool_options()).unwrap();
    let progress = Progress::default();
    let rebuild = Rebuild { pool: &pool, shape: SHAPE, is_fresh: false, progress: &progress };
    let append = async {
        for seed in 20..30 {
            fixture.append_workload(seed, 200).await;
        }
    };
    let (rebuilt, ()) = tokio::join!(rebuild.run(), append);
    let rebuilt = rebuilt.unwrap();
    rebuild.catch_up(rebuilt).await.unwrap();
    let check = fixture.verify(rebuilt).await;
    assert_eq!((check.mismatches, check.events), (vec![], 4_000));
}

#[tokio::test]
async fn an_empty_log_is_rebuilt_to_nothing() {
    let fixture = Fixture::create(1).await;
    let rebuilt = fixture.rebuild(SHAPE).await;
    assert_eq!(fixture.verify(rebuilt).await.mismatches, []);
}

/// Whatever part it was in when it stopped, it goes on there, and comes to the same.
// Seen to fail with the bucket not noted in the transaction of its rows, and with the cursors not moved in that of the statuses.
#[tokio::test]
async fn a_rebuild_that_is_broken_off_anywhere_goes_on_and_comes_to_the_same() {
    let fixture = Fixture::create(3).await;
    fixture.append_workload(12, 6_000).await;
    fixture.project(2_000).await;
    let digests = fixture.verify(fixture.generation).await.digests;
    let pool = fixture.database.pool(&rebuild_pool_options()).unwrap();
    let shape = Shape { shard_count: 3, ..SHAPE };
    let mut interruptions = 0;
    let rebuilt = loop {
        let progress = Progress::default();
        let rebuild = Rebuild { pool: &pool, shape, is_fresh: false, progress: &progress };
        // A little further each time.
        let long = Duration::from_millis(40 + 25 * interruptions);
        match timeout(long, rebuild.run()).await {
            Ok(Ok(rebuilt)) => break rebuilt,
            // The connection of the one before still holds the lock.
            Ok(Err(ProjectError::RebuildUnderWay)) => {}
            Ok(Err(error)) => panic!("{error:?}"),
            Err(_) => interruptions += 1,
        }
        fixture.client.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'payload-tracker rebuild' and datname = current_database()", &[]).await.unwrap();
    };
    assert!(interruptions > 3, "{interruptions}");
    assert_eq!(list_generations(&pool).await.unwrap().len(), 2, "it was one generation all along");
    let check = fixture.verify(rebuilt).await;
    assert_eq!((check.mismatches, check.digests), (vec![], digests));
}

// Seen to fail with every rebuild made afresh; with a generation that readers have seen; with one of another shape; with `is_fresh`
// not looked at; and with nothing caught up.
#[tokio::test]
async fn one_that_readers_never_saw_is_gone_on_with() {
    let fixture = Fixture::create(1).await;
    fixture.append_workload(1, 300).await;
    let pool = fixture.database.pool(&rebuild_pool_options()).unwrap();
    let rebuild = async |shape, is_fresh| {
        let rebuild = Rebuild { pool: &pool, shape, is_fresh, progress: &Progress::default() };
        rebuild.run().await.unwrap().id.0
    };
    assert_eq!(rebuild(SHAPE, false).await, 2, "readers see the first");
    fixture.append_workload(2, 100).await;
    assert_eq!(rebuild(SHAPE, false).await, 2);
    let lag = list_generations(&pool).await.unwrap()[1].lag_events;
    assert_eq!(lag, 0, "it was caught up");
    assert_eq!(rebuild(Shape { shard_count: 3, ..SHAPE }, false).await, 3, "other writers were asked for");
    assert_eq!(rebuild(SHAPE, true).await, 4);
    activate(&pool, GenerationId(4), Consent::ToDifferences).await.unwrap();
    assert_eq!(rebuild(SHAPE, false).await, 5, "what is older than what readers see was left behind");
    assert_eq!(rebuild(SHAPE, false).await, 5, "of those that readers never saw, the newest of the shape");
}

#[tokio::test]
async fn of_two_rebuilds_at_once_one_is_refused() {
    let fixture = Fixture::create(1).await;
    fixture.client.execute("select pg_advisory_lock(hashtext('rebuild'))", &[]).await.unwrap();
    let pool = fixture.database.pool(&rebuild_pool_options()).unwrap();
    let refused =
        Rebuild { pool: &pool, shape: SHAPE, is_fresh: false, progress: &Progress::default() }.run().await;
    assert!(matches!(refused, Err(ProjectError::RebuildUnderWay)), "{refused:?}");
}

// Seen to fail with nobody looking whether the lock is still held.
#[tokio::test]
async fn a_rebuild_whose_lock_is_lost_stops() {
    let fixture = Fixture::create(1).await;
    fixture.append_workload(1, 100).await;
    // The first shard of what is being made: loading waits for it.
    fixture.client.execute("select pg_advisory_lock(2, 0)", &[]).await.unwrap();
    let pool = fixture.database.pool(&rebuild_pool_options()).unwrap();
    let rebuild = Rebuild { pool: &pool, shape: SHAPE, is_fresh: false, progress: &Progress::default() };
    let end_lock = async {
        let locks = "pg_locks where locktype = 'advisory'
            and database = (select oid from pg_database where datname = current_database())";
        let waiting = format!("select from {locks} and not granted");
        wait_until("it is loading", async || fixture.client.query_opt(&waiting, &[]).await.unwrap()).await;
        // Of all that are held, only this one is of one number.
        let end = format!("select pg_terminate_backend(pid) from {locks} and granted and objsubid = 1");
        assert_eq!(fixture.client.execute(&end, &[]).await.unwrap(), 1);
    };
    let (stopped, ()) = tokio::join!(timeout(Duration::from_secs(30), rebuild.run()), end_lock);
    assert!(matches!(stopped, Ok(Err(ProjectError::LockLost(_)))), "{stopped:?}");
}
