//! Outcomes through the database, batch by batch: what the tables hold is what the whole story folds to.

use testkit::MessageBuilder;

use crate::fixture::{Fixture, ID};

fn says(second: u32, service: &str, host: &str, status: &str) -> Option<Vec<u8>> {
    let date = format!("2026-08-22T00:{:02}:{:02}Z", second / 60, second % 60);
    let message = MessageBuilder::new(ID).with("service", service).with("status", status).with("date", date);
    Some(message.with("inventory_id", host).build())
}

const OUTCOME: &str =
    "select outcome, failed_service, failed_part, failed_status, open_services, bad_services, bad_closings,
    recovered_parts from payloads";

#[tokio::test]
async fn a_payload_goes_from_in_progress_to_failure_to_success() {
    let fixture = Fixture::create(1).await;
    for (said, expected) in [
        (says(1, "puptoo", "", "received"), "(in_progress,,,,1,0,0,0)"),
        (says(2, "puptoo", "", "error"), "(failure,puptoo,,error,0,1,1,0)"),
        (says(3, "puptoo", "", "failed"), "(failure,puptoo,,failed,0,1,2,0)"),
        (says(4, "engine", "", "received"), "(failure,puptoo,,failed,1,1,2,0)"),
        (says(5, "puptoo", "", "success"), "(in_progress,,,,1,0,2,1)"),
        (says(6, "engine", "", "success"), "(success,,,,0,0,2,1)"),
    ] {
        fixture.append(0, &[said]).await;
        fixture.project(10).await;
        assert_eq!(fixture.rows(OUTCOME).await, [expected]);
    }
}

// Seen to fail with `elsewhere` not looked for: the failure of the other host is forgotten.
#[tokio::test]
async fn when_the_first_of_many_bad_hosts_recovers_the_next_one_is_told() {
    let fixture = Fixture::create(1).await;
    let hosts: Vec<String> = (0..40).map(|host| format!("h{host:02}")).collect();
    let failing: Vec<_> =
        (0..).zip(&hosts).map(|(second, host)| says(second, "inventory", host, "error")).collect();
    fixture.append(0, &failing).await;
    fixture.append(0, &[says(20, "engine", "", "failed")]).await;
    fixture.project(7).await;
    let mut told = Vec::new();
    for host in &hosts[..30] {
        fixture.append(0, &[says(100, "inventory", host, "success")]).await;
        fixture.project(7).await;
        told.push(fixture.rows("select failed_service, failed_part from payloads").await.remove(0));
    }
    let expected = |second: usize| match second {
        // Of the same date as the engine's, which stands later in the log.
        ..20 => format!("(inventory,h{:02})", second + 1),
        _ => "(engine,)".to_owned(),
    };
    assert_eq!(told, (0..30).map(expected).collect::<Vec<_>>());
    let services = "select service, state, part_count, bad_parts, recovered_parts from services";
    assert_eq!(fixture.rows(services).await, ["(engine,bad,0,0,0)", "(inventory,bad,40,10,30)"]);
}

#[tokio::test]
async fn claims_that_lost_are_kept_and_leave_when_they_win() {
    let fixture = Fixture::create(1).await;
    let claims = |second: u32, org_id: &str| {
        Some(
            MessageBuilder::new(ID)
                .with("org_id", org_id)
                .with("date", format!("2026-08-22T00:00:{second:02}Z"))
                .build(),
        )
    };
    let conflicts = "select attribute, value, record_offset from conflicts";
    fixture.append(0, &[claims(5, "new"), claims(3, "old"), claims(4, "old")]).await;
    fixture.project(1).await;
    assert_eq!(fixture.rows(conflicts).await, ["(org_id,old,2)"]);
    fixture.append(0, &[claims(9, "old")]).await;
    fixture.project(1).await;
    assert_eq!(fixture.rows(conflicts).await, ["(org_id,new,0)"]);
    assert_eq!(fixture.rows("select org_id, has_conflicts from payloads").await, ["(old,t)"]);
}

#[tokio::test]
async fn names_of_any_length_are_kept() {
    let fixture = Fixture::create(1).await;
    // Not to be compressed into what an index can hold.
    let long: String =
        (0_u64..20_000).map(|number| format!("{:x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    let long = &long[..100_000];
    fixture.append(0, &[says(1, long, long, long), says(2, long, long, "success")]).await;
    for field in ["account", "org_id", "system_id", "source", "status_msg"] {
        fixture.append_one(MessageBuilder::new(ID).with("service", long).with(field, long).build()).await;
    }
    fixture.project(1).await;
    assert_eq!(fixture.verify(fixture.generation).await.mismatches, []);
    fixture.rebuild(crate::fixture::SHAPE).await;
    let lengths = "select length(service), (select length(part) from parts), (select max(length(status)) from status_kinds) from services where source is null";
    assert_eq!(fixture.rows(lengths).await, ["(100000,100000,100000)"]);
    assert_eq!(fixture.rows("select length(org_id), length(latest_source) from payloads").await.len(), 1);
}

#[tokio::test]
async fn dates_at_both_ends_of_time_are_kept_and_counted() {
    let fixture = Fixture::create(1).await;
    for date in ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"] {
        fixture.append_one(MessageBuilder::new(ID).with("date", date).build()).await;
    }
    fixture.project(2).await;
    let times = "select to_char(created_at at time zone 'UTC', 'YYYY'), to_char(last_date at time zone 'UTC', 'YYYY') from payloads";
    assert_eq!(fixture.rows(times).await, ["(0001,9999)"]);
    assert_eq!(
        fixture.rows("select sum(count) from status_counts where clock = 'd' and width = 3600").await,
        ["(6)"]
    );
    assert_eq!(fixture.verify(fixture.generation).await.mismatches, []);
}

/// Rows that the views' tables gave to one step.
async fn rows_read(fixture: &Fixture, host: &str) -> i64 {
    let sql = "select sum(coalesce(idx_tup_fetch, 0) + seq_tup_read)::bigint as rows from pg_stat_user_tables
        where schemaname = 'projection_1' and relname in ('payloads', 'services', 'parts')";
    let before: i64 = fixture.client.query_one(sql, &[]).await.unwrap().get("rows");
    let pool = fixture.database.pool(&projector::pool_options()).unwrap();
    fixture.append(0, &[says(3_000, "inventory", host, "success")]).await;
    projector::step(&pool, fixture.generation, 10).await.unwrap();
    // A server process tells what it did when it ends.
    pool.close();
    drop(pool);
    testkit::wait_until("its connections are gone", async || {
        let sql =
            "select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
            and query like '%payload::list%'";
        fixture.client.query_opt(sql, &[]).await.unwrap().is_none().then_some(())
    })
    .await;
    fixture.client.batch_execute("select pg_stat_clear_snapshot()").await.unwrap();
    fixture.client.query_one(sql, &[]).await.unwrap().get::<_, i64>("rows") - before
}

// Seen to fail with all parts of the touched services loaded in write::view::load.
#[tokio::test]
async fn a_status_of_a_payload_with_thousands_of_hosts_costs_no_more_than_another() {
    let fixture = Fixture::create(1).await;
    let failing: Vec<_> =
        (0..3_000).map(|host| says(host, "inventory", &format!("h{host:04}"), "error")).collect();
    fixture.append(0, &failing).await;
    fixture.project(1_000).await;
    fixture.client.batch_execute("analyze payloads, services, parts").await.unwrap();
    // The first that failed recovers, so the next is looked for.
    let rows = rows_read(&fixture, "h0000").await;
    assert!((1..20).contains(&rows), "{rows}");
    assert_eq!(fixture.rows("select failed_part from payloads").await, ["(h0001)"]);
}
