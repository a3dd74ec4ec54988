//! A broker and a database that are reached over TLS alone, as a pod in production finds them.

use serde_json::{Value, json};
use tempfile::NamedTempFile;
use testkit::{Authority, Kafka, TestServer, wait_until};
use tokio::sync::OnceCell;

use crate::ingest::Ingest;
use crate::ledger::Ledger;
use crate::topic::Topic;

/// What the tests of this file share: nobody but the first writes to the database.
struct Platform {
    authority: Authority,
    kafka: Kafka,
    server: TestServer,
}

async fn platform() -> &'static Platform {
    static PLATFORM: OnceCell<Platform> = OnceCell::const_new();
    PLATFORM.get_or_init(Platform::build).await
}

impl Platform {
    async fn build() -> Self {
        let authority = Authority::new().unwrap();
        let kafka = Kafka::start_secured(&authority).await.unwrap();
        let server = TestServer::start(&[]).await.unwrap();
        server.encrypt(&authority).await.unwrap();
        Self { authority, kafka, server }
    }

    /// The Clowder file that names both.
    fn config(&self) -> Value {
        let (host, port, username, password) = self.kafka.secured().unwrap();
        let args = self.server.database().args().clone();
        json!({
            "metricsPort": 1, "metricsPath": "/metrics", "logging": { "type": "null" },
            "kafka": {
                "brokers": [{
                    "hostname": host, "port": port, "cacert": self.authority.pem(),
                    "securityProtocol": "SASL_SSL", "authtype": "sasl",
                    "sasl": { "username": username, "password": password, "saslMechanism": "SCRAM-SHA-512" },
                }],
                "topics": [{ "requestedName": "platform.payload-status", "name": "pod" }],
            },
            "database": {
                "hostname": "localhost", "port": args.port, "name": args.name, "username": args.user,
                "password": "", "adminUsername": "", "adminPassword": "",
                "sslMode": "verify-full", "rdsCa": self.authority.pem(),
            },
        })
    }
}

/// An `ingest` that has nothing but that file.
fn start(config: &Value) -> (Ingest, NamedTempFile) {
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), config.to_string()).unwrap();
    let ingest = Ingest::start_in(vec![("ACG_CONFIG", file.path().display().to_string())], None);
    (ingest, file)
}

/// Runs one until it says why it isn't ready.
async fn assert_refuses(config: &Value, because: &str) {
    let (ingest, _file) = start(config);
    wait_until(because, async || ingest.readiness().await.contains(because).then_some(())).await;
    ingest.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_that_has_a_clowder_file_alone_reaches_both_over_tls() {
    let platform = platform().await;
    platform.kafka.create_topic("pod", 2).await.unwrap();
    let topic = Topic { servers: platform.kafka.bootstrap_servers(), name: "pod".to_owned() };
    let (ingest, _file) = start(&platform.config());
    let mut ledger = Ledger::open(&topic, &platform.server.database()).await;
    ledger.publish(500).await;
    ledger.assert_complete().await;
    let sql = "select bool_and(ssl) from pg_stat_ssl join pg_stat_activity using (pid) where application_name like '%ingest'";
    assert!(ledger.one::<bool>(sql).await, "no connection is in plain text");
    assert!(ingest.stop().await);
}

// Seen to fail with DB_SSL_MODE read as the driver's `prefer`: it speaks to a server without TLS.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_can_not_prove_who_it_is_is_not_spoken_to() {
    let platform = platform().await;
    let mut by_another = platform.config();
    by_another["database"]["rdsCa"] = Authority::new().unwrap().pem().into();
    assert_refuses(&by_another, "certificate").await;
    let mut of_another = platform.config();
    of_another["database"]["hostname"] = "127.0.0.1".into();
    assert_refuses(&of_another, "certificate").await;
    let mut in_plain_text = platform.config();
    let plain = TestServer::start(&[]).await.unwrap();
    in_plain_text["database"]["port"] = plain.database().args().port.into();
    assert_refuses(&in_plain_text, "TLS").await;
}

// Seen to fail with enable.ssl.certificate.verification=false, and with ssl.endpoint.identification.algorithm=none.
#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_can_not_prove_who_it_is_is_told_no_password() {
    let platform = platform().await;
    let mut by_another = platform.config();
    by_another["kafka"]["brokers"][0]["cacert"] = Authority::new().unwrap().pem().into();
    assert_refuses(&by_another, "certificate").await;
    let mut of_another = platform.config();
    of_another["kafka"]["brokers"][0]["hostname"] = "127.0.0.1".into();
    assert_refuses(&of_another, "certificate").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_is_refused_is_what_readiness_tells() {
    let mut config = platform().await.config();
    config["kafka"]["brokers"][0]["sasl"]["password"] = "another".into();
    assert_refuses(&config, "uthentication").await;
}
