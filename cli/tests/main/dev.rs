//! `dev`: what `make run` starts.

use std::path::Path;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rustix::process::Signal;
use testkit::wait_until;

use crate::api::{assert_three_messages, eventually, three_messages};
use crate::service::Service;

struct Dev {
    service: Service,
    origin: String,
    broker: String,
}

impl Dev {
    fn start(data_dir: &Path) -> Self {
        let [api, broker, postgres] = [(); 3].map(|()| embedded::free_port().unwrap().to_string());
        let environment = [
            ("PAYLOAD_TRACKER_DATA_DIR", data_dir.display().to_string()),
            ("PUBLICPORT", api.clone()),
            ("DEV_BROKER_PORT", broker.clone()),
            ("DEV_POSTGRES_PORT", postgres),
        ];
        let service = Service::start("dev", &environment);
        Self { service, origin: format!("http://127.0.0.1:{api}"), broker: format!("127.0.0.1:{broker}") }
    }

    async fn publish(&self, values: Vec<Option<Vec<u8>>>) {
        let broker = self.broker.clone();
        wait_until("the broker listens", async || tokio::net::TcpStream::connect(&broker).await.ok()).await;
        let publish = move || {
            let producer: BaseProducer =
                ClientConfig::new().set("bootstrap.servers", broker).create().unwrap();
            for value in values.iter().flatten() {
                producer.send(BaseRecord::<(), [u8]>::to("platform.payload-status").payload(value)).unwrap();
            }
            producer.flush(Duration::from_secs(30)).unwrap();
        };
        tokio::task::spawn_blocking(publish).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_published_is_still_there_after_a_restart_and_nothing_is_doubled() {
    let folder = tempfile::tempdir().unwrap();
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.path(), permissions).unwrap();
    let data_dir = folder.path().join("data");

    let dev = Dev::start(&data_dir);
    dev.publish(three_messages()).await;
    assert_three_messages(&dev.origin).await;
    assert!(dev.service.end_with(Signal::INT).await.success(), "Ctrl-C stops it in order");

    // The broker starts again at offset 0: the same three messages there are three new ones.
    let dev = Dev::start(&data_dir);
    assert_three_messages(&dev.origin).await;
    dev.publish(three_messages()).await;
    eventually(&format!("{}/api/v1/statuses", dev.origin), "six statuses", |answer| answer["count"] == 6)
        .await;
    assert!(dev.service.end_with(Signal::TERM).await.success(), "SIGTERM stops it in order");
}
