//! Headers that are no text.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::message::{BorrowedHeaders, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka_sys as sys;
use runtime::health::Health;
use testkit::{TestDatabase, wait_until};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::ingest::{Running, TOPIC, broker, ingest};

/// Headers as another language's client may send them: with names that aren't UTF-8.
#[expect(unsafe_code, reason = "the crate has no way to a header name that isn't UTF-8")]
fn headers(pairs: &[(&[u8], Option<&[u8]>)]) -> OwnedHeaders {
    let headers = OwnedHeaders::new();
    let native =
        std::ptr::from_ref::<BorrowedHeaders>(headers.as_borrowed()).cast::<sys::rd_kafka_headers_t>();
    for (name, value) in pairs {
        let (bytes, size) =
            value.map_or((std::ptr::null(), -1), |value| (value.as_ptr().cast(), value.len() as isize));
        // SAFETY: borrowed headers are the native ones under another name; librdkafka copies what it is given.
        let run = ingest(&broker, &database).run(Health::default(), CancellationToken::new());
    let error = timeout(Duration::from_secs(60), run).await.expect("it stops by itself").unwrap_err();
    assert!(error.to_string().contains("partition 0, offset 1"), "{error}");
    let client = database.client().await.unwrap();
    let offsets: Vec<i64> =
        client.query_one("select array_agg(record_offset) from events", &[]).await.unwrap().get(0);
    assert_eq!(offsets, [0], "what came before is appended");
}
