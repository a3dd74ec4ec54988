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
        let error = unsafe {
            sys::rd_kafka_header_add(
                native.cast_mut(),
                name.as_ptr().cast(),
                name.len() as isize,
                bytes,
                size,
            )
        };
        assert_eq!(error, sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    headers
}

// Seen to fail (the consumer's thread panics) with the headers read through the crate's own iterator.
#[tokio::test(flavor = "multi_thread")]
async fn headers_of_any_bytes_are_stored_as_they_are() {
    let (broker, database) = (broker().await, TestDatabase::create().await.unwrap());
    let pairs: [(&[u8], Option<&[u8]>); 4] =
        [(b"\xff\xfe", Some(b"\x00\x01")), (b"", None), (b"a", Some(b"")), ("ä".as_bytes(), Some(b"\xc3"))];
    let servers = broker.bootstrap_servers();
    let publish = move || {
        let producer: BaseProducer = ClientConfig::new().set("bootstrap.servers", servers).create().unwrap();
        let record = BaseRecord::<(), str>::to(TOPIC).payload("x").headers(headers(&pairs));
        producer.send(record).unwrap();
        producer.flush(Duration::from_secs(20)).unwrap();
    };
    tokio::task::spawn_blocking(publish).await.unwrap();
    let ingest = Running::start(&broker, &database);
    let client = database.client().await.unwrap();
    let row = wait_until("the event", async || {
        client.query_opt("select header_names, header_values from events", &[]).await.unwrap()
    })
    .await;
    let names: Vec<Vec<u8>> = row.get("header_names");
    let values: Vec<Option<Vec<u8>>> = row.get("header_values");
    let stored: Vec<_> = names.iter().map(Vec::as_slice).zip(values.iter().map(Option::as_deref)).collect();
    assert_eq!(stored, pairs);
    ingest.stop().await;
}

// Seen to fail (the record is appended without its headers) with every error of rd_kafka_message_headers taken for "none".
#[tokio::test(flavor = "multi_thread")]
async fn a_record_whose_headers_can_not_be_read_stops_ingestion_before_it() {
    let (broker, database) = (broker().await, TestDatabase::create().await.unwrap());
    let servers = broker.bootstrap_servers();
    let publish = move || {
        let producer: BaseProducer = ClientConfig::new().set("bootstrap.servers", servers).create().unwrap();
        let many = (0..100_001).map(|_| (b"".as_slice(), None)).collect::<Vec<_>>();
        let record = BaseRecord::<(), str>::to(TOPIC).partition(0).payload("before");
        producer.send(record).unwrap();
        let record = BaseRecord::<(), str>::to(TOPIC).partition(0).payload("x").headers(headers(&many));
        producer.send(record).unwrap();
        producer.flush(Duration::from_secs(20)).unwrap();
    };
    tokio::task::spawn_blocking(publish).await.unwrap();
    let run = ingest(&broker, &database).run(Health::default(), CancellationToken::new());
    let error = timeout(Duration::from_secs(60), run).await.expect("it stops by itself").unwrap_err();
    assert!(error.to_string().contains("partition 0, offset 1"), "{error}");
    let client = database.client().await.unwrap();
    let offsets: Vec<i64> =
        client.query_one("select array_agg(record_offset) from events", &[]).await.unwrap().get(0);
    assert_eq!(offsets, [0], "what came before is appended");
}
