//! What ingestion does on a database that isn't fit for it.

use event_store::{Ingest, IngestError, pool_options};
use runtime::health::Health;
use schema::VersionError;
use testkit::TestDatabase;
use tokio_util::sync::CancellationToken;

use crate::ingest::{batch_args, kafka_args};
use crate::log::{Log, record};

async fn run_on(database: &TestDatabase) -> IngestError {
    let pool = database.pool(&pool_options()).unwrap();
    let ingest = Ingest { kafka: kafka_args("127.0.0.1:1", "topic"), batch: batch_args(), pool };
    ingest.run(Health::default(), CancellationToken::new()).await.unwrap_err()
}

#[tokio::test]
async fn it_refuses_a_schema_of_another_version_and_says_what_to_run() {
    let database = TestDatabase::create().await.unwrap();
    let client = database.client().await.unwrap();
    client
        .execute("update refinery_schema_history set version = version + 100 where version = 8", &[])
        .await
        .unwrap();
    let error = run_on(&database).await;
    assert!(matches!(error, IngestError::Schema(VersionError::Ahead { .. })), "{error:?}");

    client.execute("delete from refinery_schema_history where version > 3", &[]).await.unwrap();
    let error = run_on(&database).await;
    assert!(matches!(error, IngestError::Schema(VersionError::Behind { found: 3, .. })), "{error:?}");
    let advice = runtime::retry::chain(&error);
    assert!(advice.contains("payload-tracker migrate"), "{advice}");
}

#[tokio::test]
async fn it_refuses_an_empty_database_and_says_what_to_run() {
    let database = TestDatabase::create().await.unwrap();
    let client = database.client().await.unwrap();
    client.batch_execute("drop table refinery_schema_history").await.unwrap();
    let error = run_on(&database).await;
    assert!(matches!(error, IngestError::Schema(VersionError::Missing)), "{error:?}");
}

#[tokio::test]
async fn any_number_of_migrators_at_once_migrate_once() {
    let database = TestDatabase::create().await.unwrap();
    let admin = database.client().await.unwrap();
    admin
        .batch_execute("drop owned by payload_tracker_owner, payload_tracker_appender, payload_tracker_projector, payload_tracker_reader, payload_tracker_tenant, payload_tracker_recorder, payload_tracker_auditor cascade; drop schema public cascade; create schema public")
        .await
        .unwrap();
    let migrate = async || {
        let mut client = database.client().await.unwrap();
        schema::migrate(&mut client).await.unwrap().applied.len()
    };
    let applied = tokio::join!(migrate(), migrate(), migrate(), migrate());
    let all: i64 = admin.query_one("select count(*) from refinery_schema_history", &[]).await.unwrap().get(0);
    assert_eq!(applied.0 + applied.1 + applied.2 + applied.3, usize::try_from(all).unwrap());
    schema::check_version(&admin).await.unwrap();
}

/// An append locks the tables of the log in one order, and so must whoever changes what may be done with them.
// Seen to fail without the lock at the beginning of permissions.sql and with triggers enabled whether or not they are.
#[tokio::test]
async fn migrating_again_and_appending_do_not_stand_in_each_other_s_way() {
    let mut log = Log::with(0..1).await;
    log.client.batch_execute("select create_event_day((now() at time zone 'UTC')::date)").await.unwrap();
    let database = log.database.clone();
    let append = async {
        for offset in 1.. {
            log.append(vec![record(offset)]).await.unwrap();
        }
    };
    let migrate = async {
        let mut client = database.client().await.unwrap();
        for _ in 0..30 {
            schema::migrate(&mut client).await.unwrap();
        }
    };
    tokio::select! {
        () = append => unreachable!("offsets have no end"),
        () = migrate => {}
    }
}
