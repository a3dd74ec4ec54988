//! The same records give the same read models, whatever the order of arrival, the size of batches and the layout of
//! partitions.

use std::collections::HashMap;

use projector::{RequestIdRule, Shape, decode};
use workload::{Message, Workload, WorkloadConfig};

use crate::fixture::{Fixture, SHAPE};

/// Reproducible chance, enough to shuffle: the constants are of Knuth's MMIX.
struct Shuffler(u64);

impl Shuffler {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}

/// Real traffic, without the ties that only a position can settle: two messages of a payload that claim different things of
/// the same date.
fn messages() -> Vec<Message> {
    let config = WorkloadConfig { seed: 3, malformed_share: 0.03, ..WorkloadConfig::default() };
    let mut claims = HashMap::new();
    let is_settled = |message: &Message| {
        let Ok(decoded) = decode(message.value.as_deref(), RequestIdRule::Length(32)) else { return true };
        let moment = (decoded.request_id.clone(), decoded.date);
        // Two that differ in nothing but these two change no payload by their order.
        let claim = projector::Message { part: None, status_msg: None, ..decoded };
        *claims.entry(moment).or_insert_with(|| claim.clone()) == claim
    };
    Workload::new(config).take(20_000).filter(is_settled).take(6_000).collect()
}

/// The read models without what names a place in the log or a shard.
const READ_MODELS: [&str; 8] = [
    "select request_id, account, org_id, inventory_id, system_id, has_conflicts, created_at, last_date, latest_service,
        latest_source, latest_status, status_count, outcome, service_count, open_services, bad_services, bad_closings,
        recovered_parts, failed_date, failed_service, failed_source, failed_part, failed_status
    from payloads",
    "select request_id, service_id, service, source, state, first_date, last_date, status_count, bad_closings, own_state,
        own_count, own_bad_closings, own_closing_date, own_closing_status, part_count, open_parts, bad_parts, recovered_parts
    from services",
    "select request_id, service_id, part_id, part, state, status_count, bad_closings, closing_date, closing_status from parts",
    "select request_id, attribute, value_id, value, date from conflicts",
    "select request_id, part, service, source, status, status_msg, account, org_id, inventory_id, system_id, date from statuses",
    "select reason, detail, request_id, service from quarantine",
    "select kind_id, service_id, service, source, status, sum(count) from status_kinds group by 1, 2, 3, 4, 5",
    "select 'statuses', width, bucket, kind_id::text, sum(count) from status_counts where clock <> 'c' group by 2, 3, 4
    union all select 'payloads', width, bucket, outcome, sum(count) from payload_counts group by 2, 3, 4
    union all select 'services', width, bucket, concat_ws(' ', service_id, state), sum(count) from service_counts group by 2, 3, 4",
];

async fn read_models(fixture: &Fixture) -> Vec<Vec<String>> {
    let mut tables = Vec::new();
    for sql in READ_MODELS {
        tables.push(fixture.rows(sql).await);
    }
    tables
}

async fn projected(
    messages: &[Message],
    (partitions, shard_count): (i32, i16),
    batch_events: usize,
    random: &mut Shuffler,
) -> Vec<Vec<String>> {
    let fixture = Fixture::shaped(partitions, Shape { shard_count, ..SHAPE }).await;
    // Appended and folded in turns, so that the projector meets every state of the log.
    for chunk in messages.chunks(messages.len() / 3 + 1) {
        let mut values: Vec<Vec<Option<Vec<u8>>>> = vec![Vec::new(); usize::try_from(partitions).unwrap()];
        for message in chunk {
            let partition = random.below(values.len());
            values[partition].push(message.value.clone());
        }
        for (partition, values) in values.iter().enumerate() {
            fixture.append(partition, values).await;
        }
        fixture.project(batch_events).await;
    }
    read_models(&fixture).await
}

#[tokio::test]
async fn any_order_batch_size_layout_and_number_of_writers_give_equal_read_models() {
    let (mut messages, mut random) = (messages(), Shuffler(1));
    let expected = projected(&messages, (1, 1), 1_000, &mut random).await;
    let sizes: Vec<usize> = expected.iter().map(Vec::len).collect();
    assert!(
        sizes.iter().zip([200, 1_000, 300, 10, 3_000, 50, 30, 100]).all(|(size, least)| *size > least),
        "{sizes:?}"
    );
    for (partitions, shards, batch_events) in [(1, 2, 37), (7, 1, 333), (20, 4, 10_000)] {
        random.shuffle(&mut messages);
        let other = projected(&messages, (partitions, shards), batch_events, &mut random).await;
        let differing: Vec<usize> =
            (0..expected.len()).filter(|table| other[*table] != expected[*table]).collect();
        assert_eq!(differing, [0; 0], "{partitions} partitions, {shards} shards, batches of {batch_events}");
    }
}
