//! Reads go to a standby where there is one, and what is written to the primary.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use testkit::{TestServer, wait_until};

use crate::api::{ID, eventually, three_messages};
use crate::service::{Service, database_environment};

/// An associate with the role, in base64: `somebody@example.com`.
const ASSOCIATE: &str = "eyJpZGVudGl0eSI6eyJ0eXBlIjoiQXNzb2NpYXRlIiwiYXNzb2NpYXRlIjp7IlJvbGUiOlsicGxhdGZvcm0tYXJjaGl2ZS1kb3dubG9hZCJdLCJlbWFpbCI6InNvbWVib2R5QGV4YW1wbGUuY29tIn19fQ==";

#[tokio::test(flavor = "multi_thread")]
async fn serve_reads_from_the_standby_and_writes_down_links_on_the_primary() {
    let mut primary = TestServer::start(&[]).await.unwrap();
    let client = primary.database().client().await.unwrap();
    let stream = testkit::create_stream(&client, "topic", 0).await.unwrap();
    testkit::append_events(&client, stream, &three_messages()).await.unwrap();
    let environment = database_environment(&primary.database());
    let project = Service::start("project", &environment);
    let is_folded = "select from projection_1.payloads where status_count = 3";
    wait_until("it is folded", async || client.query_opt(is_folded, &[]).await.ok().flatten()).await;
    project.kill().await;

    let folder =
        tempfile::Builder::new().permissions(Permissions::from_mode(0o700)).tempdir().unwrap().keep();
    primary.back_up_to(&folder).await.unwrap();
    fs::write(folder.join("standby.signal"), "").unwrap();
    let standby = TestServer::start_in(&folder, &[]).await.unwrap();
    // What only one of them knows tells which is asked.
    primary.execute("update projection_1.payloads set org_id = 'primary'").await.unwrap();

    let port = embedded::free_port().unwrap();
    let reading = vec![
        ("DB_READ_HOST", "127.0.0.1".to_owned()),
        ("DB_READ_PORT", standby.database().args().port.to_string()),
        ("PUBLICPORT", port.to_string()),
        // Nobody is there: that somebody asked is written down before.
        ("STORAGEBROKERURL", format!("http://127.0.0.1:{}", embedded::free_port().unwrap())),
    ];
    let _serve = Service::start("serve", &[environment, reading].concat());
    let base = format!("http://127.0.0.1:{port}/api/v1");
    let payloads =
        eventually(&format!("{base}/payloads"), "one payload", |answer| answer["count"] == 1).await;
    assert_eq!(payloads["data"][0]["org_id"], "77");

    let ask = async || {
        let request = reqwest::Client::new().get(format!("{base}/payloads/{ID}/archiveLink"));
        request.header("x-rh-identity", ASSOCIATE).send().await.unwrap().status().as_u16()
    };
    assert_eq!(ask().await, 502);
    let written = "select request_id, email from archive_requests";
    let row = client.query_one(written, &[]).await.unwrap();
    assert_eq!((row.get::<_, &str>(0), row.get::<_, &str>(1)), (ID, "somebody@example.com"));

    // Without the primary nothing can be written, so there is no link; the rest is answered.
    primary.crash().await.unwrap();
    assert_eq!(ask().await, 503);
    assert_eq!(reqwest::get(format!("{base}/payloads/{ID}")).await.unwrap().status(), 200);
}
