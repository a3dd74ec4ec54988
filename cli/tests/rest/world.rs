//! The world that all cases look at: a broker, `ingest` and `project` have filled it once, and nobody changes it.

use std::time::Duration;

use embedded::{Broker, BrokerOptions};
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rustix::process::Signal;
use testkit::{TestDatabase, wait_until};
use tokio::sync::OnceCell;

use crate::served::scrape;
use crate::service::{Service, database_environment};
use crate::traffic::{QUARANTINED, STATUSES, messages};

const TOPIC: &str = "platform.payload-status";
const PARTITIONS: i32 = 4;

/// A database whose read models hold all of the traffic.
pub(crate) struct World {
    pub(crate) database: TestDatabase,
    /// What `ingest` counted.
    pub(crate) ingested: String,
    /// What `project` counted.
    pub(crate) projected: String,
}

/// The one of this test process.
pub(crate) async fn world() -> &'static World {
    static WORLD: OnceCell<World> = OnceCell::const_new();
    WORLD.get_or_init(fill).await
}

async fn fill() -> World {
    let topics = vec![(TOPIC.to_owned(), PARTITIONS)];
    let broker = Broker::start(BrokerOptions { port: None, topics }).await.unwrap();
    let servers = broker.bootstrap_servers();
    let database = TestDatabase::create().await.unwrap();
    tokio::task::spawn_blocking(move || publish(&servers)).await.unwrap();
    // That everything arrives shows that a topic is read from its start, whatever this says.
    let kafka = [
        ("KAFKA_BOOTSTRAP_SERVERS", broker.bootstrap_servers()),
        ("KAFKA_AUTO_OFFSET_RESET", "latest".to_owned()),
    ];
    let [ingest, project] = ["ingest", "project"].map(|name| {
        let port = embedded::free_port().unwrap();
        let ports = vec![("METRICSPORT", port.to_string())];
        let environment = [database_environment(&database), kafka.to_vec(), ports].concat();
        (Service::start(name, &environment), port)
    });
    let client = database.client().await.unwrap();
    wait_until("everything is folded", async || {
        let sql = "select (select count(*) from projection_1.statuses) as statuses,
            (select count(*) from projection_1.quarantine) as quarantined";
        let row = client.query_one(sql, &[]).await.ok()?;
        (row.get::<_, i64>("statuses") == STATUSES && row.get::<_, i64>("quarantined") == QUARANTINED)
            .then_some(())
    })
    .await;
    let (ingested, projected) = (scrape(ingest.1).await, scrape(project.1).await);
    for (service, _) in [ingest, project] {
        assert!(service.end_with(Signal::TERM).await.success());
    }
    broker.stop().await;
    World { database, ingested, projected }
}

/// To any partition, as real producers do.
fn publish(servers: &str) {
    let mut config = ClientConfig::new();
    let config = config.set("bootstrap.servers", servers).set("sticky.partitioning.linger.ms", "0");
    let producer: BaseProducer = config.create().unwrap();
    for value in messages() {
        let mut record = BaseRecord::<(), [u8]>::to(TOPIC);
        record.payload = value.as_deref();
        producer.send(record).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(Duration::from_secs(60)).unwrap();
}
