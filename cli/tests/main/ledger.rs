//! A ledger: numbered messages, and whether each of them is in the log, once.

use testkit::{MessageBuilder, TestDatabase, wait_until};
use tokio_postgres::Client;

use crate::topic::Topic;

/// What was published to a topic, and where it must arrive.
pub(crate) struct Ledger {
    topic: Topic,
    published: i64,
    pub(crate) client: Client,
}

/// The message of that number, always the same.
pub(crate) fn value(number: usize) -> Vec<u8> {
    let request_id = format!("{:032x}", number / 10);
    MessageBuilder::new(&request_id).with("number", number).build()
}

impl Ledger {
    pub(crate) async fn open(topic: &Topic, database: &TestDatabase) -> Self {
        Self { topic: topic.clone(), published: 0, client: database.client().await.unwrap() }
    }

    /// Publishes so many more.
    pub(crate) async fn publish(&mut self, count: i64) {
        let numbers = self.published..self.published + count;
        self.published = numbers.end;
        let values = numbers.map(|number| Some(value(usize::try_from(number).unwrap())));
        self.topic.publish(values.collect()).await;
    }

    /// How many there are.
    pub(crate) fn published(&self) -> i64 {
        self.published
    }

    /// How many records of the log there are.
    pub(crate) async fn appended(&self) -> i64 {
        self.client.query_one("select count(*) from events", &[]).await.map_or(0, |row| row.get(0))
    }

    /// Waits until as many are in the log as were published, or `lost` fewer.
    pub(crate) async fn wait_but_for(&self, lost: i64) {
        let expected = self.published - lost;
        wait_until("all is appended", async || (self.appended().await >= expected).then_some(())).await;
    }

    /// Waits until all is in the log; then asserts that each message is there, once, in streams without a hole.
    pub(crate) async fn assert_complete(&self) {
        self.wait_but_for(0).await;
        let row = self
            .client
            .query_one(
                "select count(*) as events, count(distinct convert_from(value, 'UTF8')::json ->> 'number') as numbers,
                    (select count(*) from offset_gaps) as gaps,
                    (select sum(next_offset - first_offset)::bigint from streams) as offsets
                from events",
                &[],
            )
            .await
            .unwrap();
        let counts = ["events", "numbers", "gaps", "offsets"].map(|name| row.get::<_, i64>(name));
        assert_eq!(
            counts,
            [self.published, self.published, 0, self.published],
            "events, numbers, gaps, offsets"
        );
    }

    /// The first column of the only row.
    pub(crate) async fn one<T: for<'a> tokio_postgres::types::FromSql<'a>>(&self, sql: &str) -> T {
        self.client.query_one(sql, &[]).await.unwrap().get(0)
    }
}
