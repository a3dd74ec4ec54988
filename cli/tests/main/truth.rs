//! What was published, and so what must be stored.

use std::collections::HashMap;

use tokio_postgres::Client;
use workload::{Expectation, Workload, WorkloadConfig};

/// Published values, and what a tracker must make of them.
pub(crate) struct Truth {
    messages: Vec<workload::Message>,
}

impl Truth {
    /// The first messages of the generator, more of them malformed than in real traffic.
    pub(crate) fn of_workload(seed: u64, count: usize) -> Self {
        let config = WorkloadConfig { seed, malformed_share: 0.02, ..WorkloadConfig::default() };
        Self { messages: Workload::new(config).take(count).collect() }
    }

    /// The values to publish, in order.
    pub(crate) fn values(&self) -> Vec<Option<Vec<u8>>> {
        self.messages.iter().map(|message| message.value.clone()).collect()
    }

    /// Every record is in `events`, byte for byte and once; every decodable one in the read models, every other in
    /// quarantine with its reason.
    pub(crate) async fn assert_stored(&self, client: &Client) {
        self.assert_events(client).await;
        self.assert_statuses(client).await;
        self.assert_payloads(client).await;
        self.assert_quarantine(client).await;
    }

    async fn assert_events(&self, client: &Client) {
        let published = counted(self.messages.iter().map(|message| message.value.clone()));
        let rows = client.query("select value from events", &[]).await.unwrap();
        let stored = counted(rows.iter().map(|row| row.get::<_, Option<Vec<u8>>>("value")));
        assert_eq!(rows.len(), self.messages.len());
        assert!(published == stored, "the values differ");
        // No offset twice, and none missing: each stream's records are consecutive from its first offset.
        let broken = client
            .query(
                "select streams.id from streams left join events on stream_id = streams.id
                group by streams.id
                having count(distinct record_offset) <> next_offset - first_offset
                    or count(record_offset) <> next_offset - first_offset",
                &[],
            )
            .await
            .unwrap();
        assert_eq!(broken.len(), 0);
    }

    async fn assert_statuses(&self, client: &Client) {
        let expected = counted(self.messages.iter().filter_map(|message| match &message.expected {
            Expectation::Status { request_id, part } => Some((request_id.clone(), part.clone())),
            Expectation::Quarantine { .. } => None,
        }));
        let rows = client.query("select request_id, part from projection_1.statuses", &[]).await.unwrap();
        let stored = counted(rows.iter().map(|row| (row.get("request_id"), row.get("part"))));
        assert_same(&expected, &stored);
    }

    /// They are what the statuses add up to, by PostgreSQL's own reckoning.
    async fn assert_payloads(&self, client: &Client) {
        let differing = client
            .query(
                "select request_id
                from projection_1.payloads full join (
                    select request_id, min(id) as first_id, count(*) as count, min(date) as first, max(date) as last
                    from projection_1.statuses group by request_id
                ) as expected using (request_id)
                where (id, status_count, created_at, last_date) is distinct from (first_id, count, first, last)",
                &[],
            )
            .await
            .unwrap();
        assert_eq!(differing.len(), 0);
    }

    async fn assert_quarantine(&self, client: &Client) {
        let expected = counted(self.messages.iter().filter_map(|message| match &message.expected {
            Expectation::Quarantine { reason } => Some((*reason).to_owned()),
            Expectation::Status { .. } => None,
        }));
        let rows = client.query("select reason from projection_1.quarantine", &[]).await.unwrap();
        let stored = counted(rows.iter().map(|row| row.get::<_, String>("reason")));
        assert_same(&expected, &stored);
    }
}

fn counted<T: std::hash::Hash + Eq>(items: impl Iterator<Item = T>) -> HashMap<T, usize> {
    let mut counts = HashMap::new();
    for item in items {
        *counts.entry(item).or_insert(0) += 1;
    }
    counts
}

fn assert_same<T: std::hash::Hash + Eq + std::fmt::Debug>(
    expected: &HashMap<T, usize>,
    stored: &HashMap<T, usize>,
) {
    let differing = expected.keys().chain(stored.keys()).filter(|key| expected.get(*key) != stored.get(*key));
    let shown: Vec<_> = differing.map(|key| (key, expected.get(key), stored.get(key))).take(5).collect();
    assert!(shown.is_empty(), "(what, expected, stored): {shown:?}");
}
