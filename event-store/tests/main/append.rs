//! The append transaction.

use event_store::{AppendError, Record, append};

use crate::log::{Log, batch_from, begin};

#[tokio::test]
async fn a_record_is_stored_byte_for_byte() {
    let mut log = Log::create().await;
    let records = vec![
        Record {
            offset: 0,
            timestamp_ms: Some(1_770_000_000_123),
            key: Some(vec![0, 255, 1]),
            value: Some(b"\x00\xff not json \xc3\x28".to_vec()),
            header_names: Some(vec![b"a".to_vec(), Vec::new(), b"\xff".to_vec()]),
            header_values: Some(vec![Some(vec![0, 1]), None, Some(Vec::new())]),
        },
        Record { offset: 1, ..Record::default() },
    ];
    log.append(records.clone()).await.unwrap();
    let rows = log
        .client
        .query("select record_offset, timestamp_ms, key, value, header_names, header_values from events order by 1", &[])
        .await
        .unwrap();
    let stored = rows.iter().map(|row| Record {
        offset: row.get(0),
        timestamp_ms: row.get(1),
        key: row.get(2),
        value: row.get(3),
        header_names: row.get(4),
        header_values: row.get(5),
    });
    assert_eq!(stored.collect::<Vec<_>>(), records);
}

// Seen to fail with the condition on next_offset taken out of append::advance.
#[tokio::test]
async fn a_batch_seen_twice_is_stored_once() {
    let log = Log::create().await;
    append(&log.pool, &log.batch(0, &[0, 1])).await.unwrap();
    // It succeeds, as after a commit whose answer was lost.
    append(&log.pool, &log.batch(0, &[0, 1])).await.unwrap();
    assert_eq!(log.offsets().await, [0, 1]);
    let other = append(&log.pool, &log.batch(0, &[0])).await;
    assert!(matches!(other, Err(AppendError::Moved)), "{other:?}");
}

#[tokio::test]
async fn a_batch_that_starts_beyond_the_stream_is_refused() {
    let log = Log::create().await;
    let ahead = append(&log.pool, &log.batch(5, &[5])).await;
    assert!(matches!(ahead, Err(AppendError::Moved)), "{ahead:?}");
    assert_eq!((log.offsets().await, log.next_offset().await), (vec![], 0));
}

#[tokio::test]
async fn a_batch_of_which_one_stream_has_moved_is_refused_whole() {
    let log = Log::create().await;
    let other = begin(&log.client, 1).await;
    append(&log.pool, &log.batch(0, &[0])).await.unwrap();
    let mut batch = log.batch(0, &[0]);
    batch.streams.extend(batch_from(&other, vec![Record::default()]).streams);
    let refused = append(&log.pool, &batch).await;
    assert!(matches!(refused, Err(AppendError::Moved)), "{refused:?}");
    assert_eq!(log.offsets().await, [0]);
}

#[tokio::test]
async fn of_two_writers_at_once_one_wins() {
    let log = Log::create().await;
    let (batch, longer) = (log.batch(0, &[0, 1, 2]), log.batch(0, &[0, 1, 2, 3]));
    let (one, other) = tokio::join!(append(&log.pool, &batch), append(&log.pool, &longer));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    let offsets = log.offsets().await;
    assert_eq!(offsets, if one.is_ok() { vec![0, 1, 2] } else { vec![0, 1, 2, 3] });
}

#[tokio::test]
async fn offsets_that_the_broker_skipped_are_recorded_as_gaps() {
    let log = Log::create().await;
    append(&log.pool, &log.batch(0, &[2, 3, 7])).await.unwrap();
    let rows =
        log.client.query("select from_offset, to_offset from offset_gaps order by 1", &[]).await.unwrap();
    let gaps: Vec<(i64, i64)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!((gaps, log.next_offset().await), (vec![(0, 2), (4, 7)], 8));
}

// Seen to fail with the condition on owner_epoch taken out of append::advance.
#[tokio::test]
async fn a_batch_of_an_earlier_owner_is_refused_even_where_the_offset_is_right() {
    let log = Log::create().await;
    log.client.batch_execute("update streams set owner_epoch = owner_epoch + 1").await.unwrap();
    let late = append(&log.pool, &log.batch(0, &[0])).await;
    assert!(matches!(late, Err(AppendError::Moved)), "{late:?}");
    assert_eq!(log.offsets().await, Vec::<i64>::new());
}

#[tokio::test]
async fn a_stream_never_goes_back_whoever_asks() {
    let log = Log::create().await;
    append(&log.pool, &log.batch(0, &[0, 1])).await.unwrap();
    for change in
        ["next_offset = 1", "owner_epoch = -1", "event_count = 0", "topic = 'other'", "first_offset = 1"]
    {
        let error = log.client.batch_execute(&format!("update streams set {change}")).await.unwrap_err();
        assert_eq!(error.code().map(tokio_postgres::error::SqlState::code), Some("42501"), "{change}");
    }
}

#[tokio::test]
async fn the_appender_can_neither_change_nor_delete_an_event() {
    let log = Log::create().await;
    append(&log.pool, &log.batch(0, &[0])).await.unwrap();
    let appender = log.pool.get().await.unwrap();
    for forbidden in
        ["update events set value = null", "delete from events", "truncate events", "drop table events"]
    {
        let error = appender.batch_execute(forbidden).await.unwrap_err();
        assert_eq!(error.code().map(tokio_postgres::error::SqlState::code), Some("42501"), "{forbidden}");
    }
    assert_eq!(log.offsets().await, [0]);
}
