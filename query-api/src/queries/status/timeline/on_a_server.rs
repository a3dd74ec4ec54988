//! A payload of many statuses, and the same as if they were few.

use testkit::{MessageBuilder, TestDatabase, append_events, create_stream};

use super::*;
use crate::access::Viewer;
use crate::queries::Connection;

const ID: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
const SORTS: [Sort; 7] = [
    Sort::Date,
    Sort::Service,
    Sort::Source,
    Sort::RequestId,
    Sort::Status,
    Sort::StatusMsg,
    Sort::CreatedAt,
];

/// Statuses of all kinds of ties, for a reader who takes part in none.
async fn folded() -> TestDatabase {
    let database = TestDatabase::create().await.unwrap();
    let client = database.client().await.unwrap();
    let stream = create_stream(&client, "topic", 0).await.unwrap();
    let message = |number: u32| {
        let date = format!("2026-08-22T04:17:0{}Z", number % 3);
        let message = MessageBuilder::new(ID).with("date", date).with("service", format!("s{}", number % 4));
        let message = message.with("status", format!("status {}", number % 5));
        match number % 7 {
            0 => message,
            tie => {
                message.with("status_msg", "m".repeat(tie as usize)).with("source", format!("{}", tie % 2))
            }
        }
    };
    let values: Vec<_> = (0..40).map(|number| Some(message(number).build())).collect();
    append_events(&client, stream, &values).await.unwrap();
    let pool = database.pool(&projector::pool_options()).unwrap();
    let shape = projector::Shape { request_id_length: 32, shard_count: 1 };
    let generation = projector::find_or_create(&pool, shape).await.unwrap();
    projector::step(&pool, generation, values.len()).await.unwrap();
    database
}

// Seen to fail without either of the orders of the long one.
#[tokio::test]
async fn many_statuses_come_in_the_order_of_few() {
    let database = folded().await;
    let options = runtime::database::PoolOptions {
        application_name: "payload-tracker serve",
        role: runtime::database::Role::Reader,
        max_size: 1,
        statement_timeout: std::time::Duration::from_secs(5),
        is_read_only: true,
    };
    let pool = database.pool(&options).unwrap();
    let mut connection = Connection::take(&pool).await.unwrap();
    let snapshot = Snapshot::begin(&mut connection, Viewer::All).await.unwrap();
    for sort in SORTS {
        for direction in [Direction::Ascending, Direction::Descending] {
            let mut ids = Vec::new();
            let (id, order) = (RequestId::lookup(ID), (sort, direction));
            let (payload, brief) = timeline(&snapshot, &id, order).await.unwrap().unwrap();
            assert_eq!(payload.status_count, 40);
            let (few, many) =
                (all(&snapshot, &id, order, FEW).await, all(&snapshot, &id, order, FEW + 1).await);
            for statuses in [brief, few.unwrap(), many.unwrap()] {
                let statuses = statuses.collect().await.unwrap();
                ids.push(statuses.into_iter().map(|status| status.id).collect::<Vec<_>>());
            }
            assert_eq!(ids[0].len(), 40);
            assert_eq!((&ids[0], &ids[0]), (&ids[1], &ids[2]), "{sort:?} {direction:?}");
        }
    }
}
