//! A log of one stream, filled through the append.

use event_store::{AppendError, Batch, Chain, Record, StreamBatch, Tail, append, pool_options};
use runtime::database::Pool;
use schema::Head;
use testkit::TestDatabase;
use tokio_postgres::Client;

pub(crate) struct Log {
    pub(crate) database: TestDatabase,
    pub(crate) client: Client,
    pub(crate) pool: Pool,
    tail: Tail,
}

impl Log {
    /// An empty stream, as a consumer begins it.
    pub(crate) async fn create() -> Self {
        let database = TestDatabase::create().await.unwrap();
        let client = database.client().await.unwrap();
        let pool = database.pool(&pool_options()).unwrap();
        let tail = begin(&client, 0).await;
        Self { database, client, pool, tail }
    }

    /// One of these offsets, in batches of 700.
    pub(crate) async fn with(offsets: impl IntoIterator<Item = i64>) -> Self {
        let mut log = Self::create().await;
        let offsets: Vec<i64> = offsets.into_iter().collect();
        for offsets in offsets.chunks(700) {
            log.append(offsets.iter().map(|&offset| record(offset)).collect()).await.unwrap();
        }
        log
    }

    /// Another stream of the same topic, with as many records.
    pub(crate) async fn append_to_other_partition(&self, count: i64) {
        let tail = begin(&self.client, 1).await;
        let batch = batch_from(&tail, (0..count).map(record).collect());
        append(&self.pool, &batch).await.unwrap();
    }

    /// Appends where the log stands, or where it stood the last time that this succeeded.
    pub(crate) async fn append(&mut self, records: Vec<Record>) -> Result<(), AppendError> {
        let batch = batch_from(&self.tail, records);
        append(&self.pool, &batch).await?;
        self.tail = batch.streams[0].end();
        Ok(())
    }

    /// A batch from this offset on, whatever the log stands at.
    pub(crate) fn batch(&self, from_offset: i64, offsets: &[i64]) -> Batch {
        let tail = Tail { next_offset: from_offset, ..self.tail.clone() };
        batch_from(&tail, offsets.iter().map(|&offset| record(offset)).collect())
    }

    pub(crate) async fn offsets(&self) -> Vec<i64> {
        let rows = self.client.query("select record_offset from events order by 1", &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    pub(crate) async fn next_offset(&self) -> i64 {
        self.client.query_one("select next_offset from streams", &[]).await.unwrap().get(0)
    }
}

pub(crate) fn record(offset: i64) -> Record {
    let value = Some(format!("value {offset}").into_bytes());
    Record { offset, timestamp_ms: Some(1_770_000_000_000 + offset), value, ..Record::default() }
}

pub(crate) fn batch_from(tail: &Tail, records: Vec<Record>) -> Batch {
    let mut stream = StreamBatch::from(tail);
    records.into_iter().for_each(|record| stream.push(record));
    let mut batch = Batch::default();
    batch.streams.push(stream);
    batch
}

pub(crate) async fn begin(client: &Client, partition: i32) -> Tail {
    let stream = testkit::create_stream(client, "topic", partition).await.unwrap();
    // By a consumer, which whoever replays archives isn't.
    client.execute("update streams set owner_epoch = 1 where id = $1", &[&stream]).await.unwrap();
    let chain = Chain::of("topic", partition, 0, Head::default(), 0);
    Tail { stream, partition, owner_epoch: 1, next_offset: 0, chain }
}
