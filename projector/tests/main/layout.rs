//! The same records give the same read models, whatever the order of arrival, the size of batches and the layout of
//! partitions.

use std::collections::HashMap;

use projector::{RequestIdRule, decode};
use workload::{Message, Workload, WorkloadConfig};

use crate::fixture::Fixture;

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

/// The read models without what names a place in the log.
async fn read_models(fixture: &Fixture) -> [Vec<String>; 3] {
    [
        fixture.rows("select request_id, account, org_id, inventory_id, system_id, created_at, last_date, latest_service, latest_source, latest_status, status_count from payloads").await,
        fixture.rows("select request_id, part, service, source, status, status_msg, account, org_id, inventory_id, system_id, date from statuses").await,
        fixture.rows("select reason, detail, request_id, service from quarantine").await,
    ]
}

async fn projected(
    messages: &[Message],
    partitions: i32,
    batch_events: usize,
    random: &mut Shuffler,
) -> [Vec<String>; 3] {
    let fixture = Fixture::create(partitions).await;
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
async fn any_order_batch_size_and_layout_give_equal_read_models() {
    let (mut messages, mut random) = (messages(), Shuffler(1));
    let [payloads, statuses, quarantine] = projected(&messages, 1, 1_000, &mut random).await;
    assert!(payloads.len() > 200 && statuses.len() > 3_000 && quarantine.len() > 50);
    for (partitions, batch_events) in [(1, 37), (7, 333), (20, 10_000)] {
        random.shuffle(&mut messages);
        let other = projected(&messages, partitions, batch_events, &mut random).await;
        let equal = [other[0] == payloads, other[1] == statuses, other[2] == quarantine];
        assert_eq!(equal, [true; 3], "{partitions} partitions, batches of {batch_events}");
    }
}
