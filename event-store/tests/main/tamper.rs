//! Somebody with all rights changes the log: `verify` finds it, and names it.

use std::sync::Arc;

use event_store::verify::{ExportedHead, Known, LogCheck, verify_coverage, verify_log};
use runtime::database::{PoolOptions, Role};
use schema::Head;
use tokio_postgres::Client;

use crate::log::Log;

const EVENTS: i64 = 3_500;

impl Log {
    async fn verify_against(&self, exported: &[ExportedHead]) -> LogCheck {
        let (pool, known) = (self.auditor(), Known { heads: exported.to_vec(), is_replay: false });
        verify_log(&pool, 2, &known, &Arc::default()).await.unwrap()
    }

    fn auditor(&self) -> runtime::database::Pool {
        let options = PoolOptions { role: Role::Auditor, max_size: 4, ..event_store::pool_options() };
        self.database.pool(&options).unwrap()
    }

    async fn export(&self) -> Vec<ExportedHead> {
        ExportedHead::list(&self.auditor().get().await.unwrap()).await.unwrap()
    }

    /// Changes the log as a superuser who knows how to go around the triggers, and gives what `verify log` finds.
    async fn tamper(&self, sql: &str) -> Vec<String> {
        tamper(&self.client, sql).await;
        findings(&self.verify_against(&[]).await)
    }

    async fn uncovered(&self) -> Vec<String> {
        let coverage = verify_coverage(&self.auditor()).await.unwrap();
        coverage.findings.iter().map(|finding| finding.what.to_string()).collect()
    }
}

async fn tamper(client: &Client, sql: &str) {
    let sql = format!("begin; set local session_replication_role = replica; {sql}; commit");
    client.batch_execute(&sql).await.unwrap();
}

fn findings(check: &LogCheck) -> Vec<String> {
    check.findings.iter().map(|finding| finding.what.to_string()).collect()
}

#[tokio::test]
async fn an_untouched_log_is_what_it_was() {
    let log = Log::with((0..EVENTS).filter(|offset| offset % 100 != 7)).await;
    log.append_to_other_partition(30).await;
    let check = log.verify_against(&log.export().await).await;
    assert_eq!(findings(&check), Vec::<String>::new());
    assert_eq!((check.streams, check.events), (2, 3_465 + 30));
    assert_eq!(log.uncovered().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_changed_event_is_named_whatever_of_it_was_changed() {
    let changes = [
        "value = 'x'",
        "value = null",
        "key = ''",
        "timestamp_ms = timestamp_ms + 1",
        "header_names = '{a}', header_values = '{b}'",
        "chain_mark = null",
    ];
    for change in changes {
        let log = Log::with(0..EVENTS).await;
        let found = log.tamper(&format!("update events set {change} where record_offset = 1234")).await;
        assert_eq!(found, ["offset 1234 is not what was appended: changed"], "{change}");
    }
}

/// Whoever may change the table may write rows that none of our types can hold.
// Seen to fail with Row::get in ChainedRecord::from_row (the worker panicked), the last three with has_paired_headers taken out.
#[tokio::test]
async fn a_row_that_can_not_be_an_event_is_named() {
    let changes = [
        "header_names = '{null}', header_values = '{b}'",
        "header_names = '{{a},{b}}', header_values = '{a,b}'",
        "appended_at = 'infinity'",
        "header_values = '{b}'",
        "header_names = '{a}'",
        "header_names = '{a}', header_values = '{}'",
    ];
    for change in changes {
        let log = Log::with(0..EVENTS).await;
        let sql = format!(
            "alter table events drop constraint events_finite, drop constraint events_headers;
            update events set {change} where record_offset = 1234"
        );
        assert_eq!(log.tamper(&sql).await, ["offset 1234 is not what was appended: changed"], "{change}");
    }
}

#[tokio::test]
async fn deleted_events_are_named() {
    let log = Log::with(0..EVENTS).await;
    let found = log.tamper("delete from events where record_offset in (1234, 1235)").await;
    let missing = "offsets 1234 to 1235 are missing, and no gap says why";
    assert_eq!((found, log.uncovered().await), (vec![missing.to_owned()], vec![missing.to_owned()]));
}

#[tokio::test]
async fn a_deleted_event_is_found_even_when_a_gap_was_forged_for_it() {
    let log = Log::with(0..EVENTS).await;
    let forged = "delete from events where record_offset = 1234;
        insert into offset_gaps (stream_id, from_offset, to_offset, reason) select id, 1234, 1235, 'expired' from streams";
    let found = log.tamper(forged).await;
    assert_eq!(found, ["offset 1235 is not what was appended: changed"]);
    assert_eq!(log.uncovered().await, Vec::<String>::new(), "offsets alone can't show it");
}

#[tokio::test]
async fn an_event_slipped_into_a_gap_is_named() {
    let log = Log::with((0..EVENTS).filter(|&offset| offset != 1234)).await;
    let found = log
        .tamper("insert into events (stream_id, record_offset, value) select id, 1234, 'forged' from streams")
        .await;
    assert_eq!(found[0], "offset 1234 was added: nothing was appended there");
    assert_eq!(log.uncovered().await, ["offset 1234 was added: nothing was appended there"]);
}

#[tokio::test]
async fn an_event_copied_into_another_day_is_named() {
    let log = Log::with(0..EVENTS).await;
    let copied = "select create_event_day((now() at time zone 'UTC')::date - 9);
        insert into events (stream_id, record_offset, timestamp_ms, value, chain_mark, appended_at)
        select stream_id, record_offset, timestamp_ms, value, chain_mark, appended_at - interval '9 days'
        from events where record_offset = 1234";
    let found = log.tamper(copied).await;
    assert_eq!(found, ["offset 1234 was added: nothing was appended there"]);
    assert_eq!(log.uncovered().await, ["offset 1234 was added: nothing was appended there"]);
}

#[tokio::test]
async fn an_event_beyond_the_end_and_one_of_a_stream_that_is_not_there_are_named() {
    let log = Log::with(0..EVENTS).await;
    let found = log
        .tamper("insert into events (stream_id, record_offset) select id, 9999 from streams union all select 77, 0")
        .await;
    let expected = [
        "there are events of stream 77, which does not exist: added",
        "offset 9999 was added: nothing was appended there",
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn two_swapped_events_are_named() {
    let log = Log::with(0..EVENTS).await;
    let swapped =
        "update events set record_offset = case record_offset when 1234 then -1 when 1240 then 1234 end
            where record_offset in (1234, 1240);
        update events set record_offset = 1240 where record_offset = -1";
    let found = log.tamper(swapped).await;
    assert_eq!(found, ["offset 1234 holds another event: swapped with offset 1240"]);
}

#[tokio::test]
async fn swapped_values_are_named() {
    let log = Log::with(0..EVENTS).await;
    let swapped = "update events set value = other.value, timestamp_ms = other.timestamp_ms
        from (select record_offset, value, timestamp_ms from events) as other
        where (events.record_offset, other.record_offset) in ((1234, 1240), (1240, 1234))";
    let found = log.tamper(swapped).await;
    assert_eq!(found, ["offset 1234 holds another event: swapped with offset 1240"]);
}

#[tokio::test]
async fn a_truncated_partition_is_named() {
    let log = Log::with(0..EVENTS).await;
    let found = log.tamper("truncate events").await;
    assert_eq!(found[0], "offsets 0 to 999 are missing, and no gap says why");
    assert_eq!(log.uncovered().await, ["offsets 0 to 3499 are missing, and no gap says why"]);
}

#[tokio::test]
async fn a_tail_that_was_cut_off_with_the_stream_wound_back_is_found_by_the_seals() {
    let log = Log::with(0..EVENTS).await;
    let cut = "delete from events where record_offset >= 2500; update streams set next_offset = 2500, event_count = 2500";
    let found = log.tamper(cut).await;
    assert!(
        found.contains(
            &"the stream ends at offset 2500, but the seal there knows it up to 3000: truncated".to_owned()
        ),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_rewritten_seal_is_named() {
    let log = Log::with(0..EVENTS).await;
    let found =
        log.tamper("update seals set head = decode(repeat('07', 32), 'hex') where next_offset = 2000").await;
    assert!(found[0].starts_with("between offsets 1000 and 2000 the chain is broken"), "{found:?}");
    assert!(found[0].contains(&format!("the seal there says {}", Head([7; 32]))), "{found:?}");
}

#[tokio::test]
async fn the_seal_that_a_chain_starts_from_is_missed() {
    let log = Log::with(0..EVENTS).await;
    let found = log.tamper("delete from seals where event_count = 0").await;
    assert_eq!(found, ["the seal that the chain starts from, at offset 0, is gone or changed"]);
}

// Seen to fail without check_count in Walk::reach.
#[tokio::test]
async fn changed_counts_are_named() {
    let log = Log::with(0..EVENTS).await;
    let found = log.tamper("update seals set event_count = 1999 where event_count = 2000").await;
    assert_eq!(found, ["there are 2000 events before offset 2000, but the seal there says 1999: changed"]);
    let log = Log::with(0..EVENTS).await;
    let found = log.tamper("update streams set event_count = event_count + 1").await;
    assert_eq!(
        found,
        ["there are 3500 events before offset 3500, but the stream's own row says 3501: changed"]
    );
}

// Seen to fail without the look for the seal in Walk::step.
#[tokio::test]
async fn a_deleted_seal_is_missed() {
    let log = Log::with(0..EVENTS).await;
    assert_eq!(
        log.tamper("delete from seals where event_count = 2000").await,
        ["the seal at offset 2000 is gone"]
    );
}

// Seen to fail without check_last in Walk::reach.
#[tokio::test]
async fn a_changed_digest_of_the_last_event_is_named() {
    let log = Log::with(0..EVENTS).await;
    let found = log.tamper("update streams set last_record_hash = decode(repeat('07', 32), 'hex')").await;
    assert_eq!(found, ["the stream's own row has another digest of its last event, offset 3499: changed"]);
}

/// Events from before the stream began, unchained, and the gap that leads from them to where it did.
// Seen to fail without check_exported's look at first_offset, and without check_start.
#[tokio::test]
async fn a_stream_that_was_given_an_earlier_beginning_is_found() {
    let log = Log::with(0..EVENTS).await;
    let exported = log.export().await;
    let forged = "update streams set first_offset = -10;
        insert into events (stream_id, record_offset, value) select id, -10, 'forged' from streams;
        insert into offset_gaps (stream_id, from_offset, to_offset, reason) select id, -9, 0, 'expired' from streams";
    let found = log.tamper(forged).await;
    let restarted = "the chain starts at offset 0, not with the stream at -10 and from nothing: restarted";
    assert_eq!(found, [restarted]);
    let found = findings(&log.verify_against(&exported).await);
    let moved = "the stream starts at offset -10, but at 0 when its head was exported: changed";
    assert_eq!(found, [restarted, moved]);
}

// Seen to fail without list_forged, in both.
#[tokio::test]
async fn gaps_beyond_the_stream_and_into_one_another_are_named() {
    let log = Log::with((0..EVENTS).filter(|offset| !(1_000..1_010).contains(offset))).await;
    let found = log
        .tamper("insert into offset_gaps (stream_id, from_offset, to_offset, reason)
            select id, 1005, 1010, 'expired' from streams union all select id, 3500, 3600, 'expired' from streams")
        .await;
    let expected = [
        "the gap from offset 1005 to 1010 reaches beyond the stream or into another gap: forged",
        "the gap from offset 3500 to 3600 reaches beyond the stream or into another gap: forged",
    ];
    assert_eq!(
        (&found[..], &log.uncovered().await[..]),
        (&expected.map(str::to_owned)[..], &expected.map(str::to_owned)[..])
    );
}

/// What is before the chain's start is proved by nothing, so who moves the start has a free hand there.
// Seen to fail without check_start.
#[tokio::test]
async fn a_chain_that_was_restarted_is_named() {
    let log = Log::with(0..EVENTS).await;
    let restart = "update streams set chain_offset = 2000; delete from seals where event_count < 2000;
        update events set value = 'forged' where record_offset = 1234";
    let expected = [
        "the chain starts at offset 2000, not with the stream at 0 and from nothing: restarted",
        "offset 0 was in the chain, which starts only later now: restarted",
    ];
    assert_eq!(log.tamper(restart).await, expected);
    // A stream may be older than the chain, but then that starts from nothing.
    log.client.batch_execute("update streams set created_at = '2020-01-01'").await.unwrap();
    assert_eq!(findings(&log.verify_against(&[]).await), expected);
}

// Seen to fail without list_missing.
#[tokio::test]
async fn a_stream_that_was_deleted_from_among_its_lineages_is_missed() {
    let log = Log::with(0..10).await;
    let later = "insert into streams (topic, partition, lineage, first_offset, next_offset, chain_offset)
            values ('topic', 0, 1, 0, 0, 0), ('topic', 0, 2, 0, 0, 0);
        insert into seals (stream_id, next_offset, event_count, head) select id, 0, 0, head from streams where lineage > 0";
    log.client.batch_execute(later).await.unwrap();
    assert_eq!(findings(&log.verify_against(&[]).await), Vec::<String>::new());
    let found = log.tamper("delete from streams where lineage = 1").await;
    assert_eq!(found[0], "there is no such stream, though there are later ones of its partition");
}

/// A stub for what was deleted, with the heads that are recorded there: the chain agrees.
// Seen to fail without list_still_there, in both.
#[tokio::test]
async fn a_stub_that_was_forged_for_deleted_events_is_named() {
    let log = Log::with(0..EVENTS).await;
    let forged = "delete from events where record_offset >= 1000 and record_offset < 2000;
        insert into retired_ranges (stream_id, from_offset, to_offset, day, events_before, event_count, head_before, head_after)
        select stream_id, 1000, 2000, (now() at time zone 'UTC')::date, 1000, 1000, before.head, after.head
        from seals as before join seals as after using (stream_id)
        where before.event_count = 1000 and after.event_count = 2000";
    let found = log.tamper(forged).await;
    assert!(
        found.len() == 1 && found[0].contains("is recorded as retired but holds events: forged"),
        "{found:?}"
    );
    assert_eq!(log.uncovered().await, found);
}

// Seen to fail without pass_day, the second without list_out_of_order.
#[tokio::test]
async fn events_that_were_moved_into_an_earlier_day_are_named() {
    let log = Log::with(0..EVENTS).await;
    let moved = "select create_event_day((now() at time zone 'UTC')::date - 40);
        update events set appended_at = appended_at - interval '40 days' where record_offset between 1200 and 1300";
    let expected = "lies in an earlier day than offsets before it: moved there, or the clock went back";
    assert_eq!(log.tamper(moved).await, [format!("offset 1200 {expected}")]);

    let log = Log::with(0..60_000).await;
    let moved = moved.replace("between 1200 and 1300", ">= 20000");
    assert_eq!(log.tamper(&moved).await, [format!("offset 20000 {expected}")]);
}

/// The one who rewrites everything in the database, with the same program and to the last seal, is caught by what was kept
/// elsewhere.
#[tokio::test]
async fn a_log_that_was_rewritten_whole_is_found_by_an_exported_head_alone() {
    let log = Log::with(0..EVENTS).await;
    let exported = log.export().await;
    let forged = Log::with((0..EVENTS).filter(|&offset| offset != 1234)).await;
    let (check, against) = (forged.verify_against(&[]).await, forged.verify_against(&exported).await);
    assert_eq!(findings(&check), Vec::<String>::new(), "it is a log like any other");
    let found = findings(&against);
    assert!(found[0].contains("the exported head says"), "{found:?}");

    let gone = Log::create().await;
    tamper(&gone.client, "delete from streams").await;
    let found = findings(&gone.verify_against(&exported).await);
    assert_eq!(found, ["heads of this stream were exported, but it is gone or starts later now"]);
}

#[tokio::test]
async fn a_log_cut_back_to_before_an_exported_head_is_truncated() {
    let log = Log::with(0..EVENTS).await;
    let exported = log.export().await;
    let cut = Log::with(0..2_500).await;
    let found = findings(&cut.verify_against(&exported).await);
    assert_eq!(
        found,
        ["the stream ends at offset 2500, but the exported head knows it up to 3500: truncated"]
    );
}

// Seen to fail with whether it is a replay taken from owner_epoch.
#[tokio::test]
async fn a_log_that_was_made_to_look_like_a_replay_is_named() {
    let log = Log::with(0..EVENTS).await;
    let exported = log.export().await;
    let forged = "delete from events where record_offset >= 2000;
        delete from seals where next_offset > 2000;
        update streams set owner_epoch = 0, next_offset = 2000, event_count = 2000, last_record_hash = null,
            head = (select head from seals where next_offset = 2000)";
    let found = log.tamper(forged).await;
    assert!(found.iter().any(|found| found.contains("no consumer ever took the stream over")), "{found:?}");
    let found = findings(&log.verify_against(&exported).await);
    assert!(found.iter().any(|found| found.ends_with("knows it up to 3500: truncated")), "{found:?}");
}

// Seen to fail without list_unchained.
#[tokio::test]
async fn a_chain_that_was_emptied_as_if_the_log_were_older_is_named() {
    let log = Log::with(0..EVENTS).await;
    let forged = "delete from seals;
        update streams set created_at = '2020-01-01', chain_offset = next_offset, event_count = 0,
            head = decode(repeat('00', 32), 'hex');
        insert into seals (stream_id, next_offset, event_count, head) select id, next_offset, 0, head from streams";
    assert_eq!(
        log.tamper(forged).await,
        ["offset 0 was in the chain, which starts only later now: restarted"]
    );
}

// Seen to fail with a null digest taken for right.
#[tokio::test]
async fn a_digest_of_the_last_event_that_was_taken_away_is_named() {
    let log = Log::with(0..EVENTS).await;
    let found = log.tamper("update streams set last_record_hash = null").await;
    assert_eq!(found, ["the stream's own row has another digest of its last event, offset 3499: changed"]);
}

// Seen to fail without row_security=off in the auditor's settings: the event that is hidden from it isn't seen.
#[tokio::test]
async fn rows_that_are_hidden_from_the_auditor_make_it_fail() {
    let log = Log::with(0..10).await;
    let hide = "alter table events enable row level security;
        create policy hide on events to payload_tracker_auditor using (record_offset <> 5)";
    tamper(&log.client, hide).await;
    assert!(verify_coverage(&log.auditor()).await.is_err());
}
