//! Batches that are too much for the database, or for us: they are tried again as smaller ones, until they go well.

use std::time::Duration;

use projector::{ProjectError, step};
use testkit::MessageBuilder;

use crate::fixture::Fixture;

fn of_request(number: usize) -> MessageBuilder {
    MessageBuilder::new(&format!("{number:032x}"))
}

// Seen to fail (it waits in vain) with a pace that doesn't change.
#[tokio::test]
async fn a_batch_that_takes_too_long_is_written_in_smaller_ones() {
    let fixture = Fixture::create(1).await;
    let values: Vec<_> = (0..3_000).map(|number| Some(of_request(number).build())).collect();
    fixture.append(0, &values).await;
    // A database so slow that it takes in a few hundred a second.
    let slow = "create function projection_1.dawdle() returns trigger language plpgsql as
            $$ begin perform pg_sleep(0.001); return new; end $$;
        create trigger slow before insert on payloads for each row execute function projection_1.dawdle()";
    fixture.client.batch_execute(slow).await.unwrap();
    fixture.run_until(&[], Duration::from_secs(1), fixture.caught_up(fixture.generation)).await;
    assert_eq!(fixture.verify(fixture.generation).await.mismatches, []);
}

// Seen to fail with an allowance that is never used up, and (it waits in vain) with a pace that doesn't change.
#[tokio::test]
async fn a_batch_of_requests_that_hold_megabytes_is_refused_and_folded_in_smaller_ones() {
    let fixture = Fixture::create(1).await;
    let long = "x".repeat(1 << 20);
    for number in 0..80 {
        fixture.append_one(of_request(number).with("account", long.as_str()).build()).await;
    }
    fixture.project(10).await;
    let values: Vec<_> =
        (0..80).map(|number| Some(of_request(number).with("service", "last").build())).collect();
    fixture.append(0, &values).await;
    let refused = step(&fixture.pool, fixture.generation, 1_000).await;
    assert!(matches!(refused, Err(ProjectError::TooLarge)), "{refused:?}");
    fixture.run_until(&[], Duration::from_secs(60), fixture.caught_up(fixture.generation)).await;
    assert_eq!(fixture.rows("select distinct status_count from payloads").await, ["(2)"]);
}
