//! Who may do what: every role, every table, every verb, and every function.

use testkit::TestDatabase;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

const VERBS: [&str; 7] = ["select", "insert", "update", "delete", "truncate", "references", "trigger"];

/// What each role may do with each table, where it may do anything. Columns are named where it isn't granted for all.
const EXPECTED: &str = "
appender events: select insert (record_offset timestamp_ms stream_id key value header_names header_values chain_mark)
appender offset_gaps: select insert
appender refinery_schema_history: select
appender seals: select insert
appender streams: select insert update (next_offset last_record_hash topic_id owner_epoch event_count head)
auditor active_generation: select
auditor archive_requests: select
auditor cursors: select
auditor events: select
auditor freshness: select
auditor generations: select
auditor horizons: select
auditor mismatches: select
auditor offset_gaps: select
auditor refinery_schema_history: select
auditor retired_ranges: select
auditor seals: select
auditor streams: select
projector active_generation: select insert update delete
projector cursors: select insert update delete
projector events: select
projector freshness: select
projector generations: select insert update delete
projector horizons: select insert
projector mismatches: select insert
projector offset_gaps: select
projector refinery_schema_history: select
projector retired_ranges: select
projector streams: select
reader active_generation: select
reader cursors: select
reader events: select (record_offset appended_at stream_id value)
reader freshness: select
reader generations: select
reader horizons: select
reader mismatches: select
reader refinery_schema_history: select
reader retired_ranges: select (stream_id from_offset to_offset)
reader streams: select
recorder archive_requests: insert (request_id email)
";

async fn database() -> (TestDatabase, Client) {
    let database = TestDatabase::create().await.unwrap();
    let client = database.client().await.unwrap();
    client
        .batch_execute("select create_event_day('2026-11-24'), create_event_day('2026-11-25')")
        .await
        .unwrap();
    (database, client)
}

/// What the server says, in the form of [`EXPECTED`].
async fn granted(client: &Client) -> String {
    let sql = "select role.name as role, relname as table_name, verb.name as verb, verb.number,
                   has_table_privilege('payload_tracker_' || role.name, pg_class.oid, verb.name) as is_whole,
                   (select string_agg(attname, ' ' order by attnum) from pg_attribute
                    where attrelid = pg_class.oid and attnum > 0 and not attisdropped
                        and verb.name in ('select', 'insert', 'update', 'references')
                        and has_column_privilege('payload_tracker_' || role.name, pg_class.oid, attnum, verb.name)) as columns
               from unnest(array['appender', 'auditor', 'projector', 'reader', 'recorder', 'tenant']) as role(name), pg_class,
                   unnest($1::text[]) with ordinality as verb(name, number)
               where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm')
                   and (has_table_privilege('payload_tracker_' || role.name, pg_class.oid, verb.name)
                       or verb.name in ('select', 'insert', 'update', 'references')
                           and has_any_column_privilege('payload_tracker_' || role.name, pg_class.oid, verb.name))
               order by 1, 2, verb.number";
    let rows = client.query(sql, &[&VERBS.to_vec()]).await.unwrap();
    let mut text = String::new();
    let mut last = String::new();
    for row in rows {
        let holder = format!("{} {}", row.get::<_, &str>("role"), row.get::<_, &str>("table_name"));
        if holder != last {
            text.push_str(&format!("\n{holder}:"));
            last = holder;
        }
        let verb: &str = row.get("verb");
        text.push_str(&match row.get::<_, Option<&str>>("columns") {
            Some(columns) if !row.get::<_, bool>("is_whole") => format!(" {verb} ({columns})"),
            _ => format!(" {verb}"),
        });
    }
    text + "\n"
}

// Seen to fail with `delete` granted on events to the appender in permissions.sql.
#[tokio::test]
async fn every_role_may_do_what_its_service_needs_and_nothing_else() {
    let (_database, client) = database().await;
    assert_eq!(granted(&client).await, EXPECTED);
}

/// Which functions each may run, where not everybody may: those that run as their owner above all.
#[tokio::test]
async fn every_role_may_run_what_its_service_needs_and_nothing_else() {
    let (_database, client) = database().await;
    let sql = "select string_agg(format('%s: %s', role.name, proname), E'\n' order by role.name, proname)
        from unnest(array['appender', 'auditor', 'projector', 'reader', 'recorder', 'tenant']) as role(name), pg_proc
        where pronamespace = 'public'::regnamespace and prorettype <> 'trigger'::regtype
            and has_function_privilege('payload_tracker_' || role.name, pg_proc.oid, 'execute')";
    let allowed: String = client.query_one(sql, &[]).await.unwrap().get(0);
    let expected =
        "appender: create_event_day\nappender: drain_event_default\nprojector: create_generation_schema";
    assert_eq!(allowed, expected);
}

#[tokio::test]
async fn nobody_can_log_in_as_a_role() {
    let (_database, client) = database().await;
    let sql = "select rolname::text from pg_roles where rolname like 'payload_tracker_%' and (rolcanlogin or rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls)";
    assert_eq!(client.query(sql, &[]).await.unwrap().len(), 0);
    let owned = client
        .query_one("select count(*) from pg_class where relname ~ '^(events|streams|seals)' and relkind in ('r', 'p')
            and pg_get_userbyid(relowner) <> 'payload_tracker_owner'", &[])
        .await
        .unwrap();
    assert_eq!(owned.get::<_, i64>(0), 0);
}

// Seen to fail with protect_event_table taken out of create_event_day.
#[tokio::test]
async fn triggers_stop_even_the_superuser_on_every_partition() {
    let (_database, client) = database().await;
    let tables = [
        "archive_requests",
        "events",
        "events_default",
        "events_20261124",
        "events_20261125",
        "offset_gaps",
        "retired_ranges",
        "seals",
        "streams",
    ];
    for table in tables {
        let column = match table {
            "streams" => "topic",
            "archive_requests" => "email",
            _ => "stream_id",
        };
        let update = format!("update {table} set {column} = {column}");
        for sql in [update, format!("delete from {table}"), format!("truncate {table} cascade")] {
            let is_by_row =
                ["delete from seals", "update streams"].iter().any(|start| sql.starts_with(start));
            match client.batch_execute(&sql).await {
                // These fire for each row, and there is none yet.
                Ok(()) => assert!(is_by_row, "{sql}"),
                Err(error) => {
                    assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{sql}: {error}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_seal_can_be_deleted_only_once_its_events_are_retired() {
    let (_database, client) = database().await;
    testkit::create_stream(&client, "topic", 0).await.unwrap();
    let refused = client.batch_execute("delete from seals").await.unwrap_err();
    assert_eq!(refused.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE));
}

// Seen to fail with functions and triggers in a migration, and with the roles' own grants revoked only.
#[tokio::test]
async fn migrating_again_puts_grants_triggers_owners_and_partitions_right() {
    let (database, client) = database().await;
    let damage = "grant delete on events to payload_tracker_reader;
        grant all on events_20261124 to public;
        revoke insert on events from payload_tracker_appender;
        drop trigger append_only on events_20261125;
        alter table events_20261124 disable trigger append_only;
        alter table seals disable trigger all;
        drop trigger forward_only on streams;
        create or replace function refuse_change() returns trigger language plpgsql as 'begin return null; end';
        create role stranger;
        grant select, delete on events_20261125 to stranger;
        grant update (value) on events to stranger;
        create table events_20300101 partition of events for values from ('2030-01-01Z') to ('2030-01-02Z')";
    client.batch_execute(damage).await.unwrap();
    assert_ne!(granted(&client).await, EXPECTED);
    schema::migrate(&mut database.client().await.unwrap()).await.unwrap();
    assert_eq!(granted(&client).await, EXPECTED);
    for table in ["events_20261124", "events_20261125", "events_20300101"] {
        assert!(client.batch_execute(&format!("truncate {table}")).await.is_err(), "{table}");
    }
    assert!(client.batch_execute("truncate seals").await.is_err());
    testkit::create_stream(&client, "topic", 0).await.unwrap();
    for change in ["next_offset = -1", "owner_epoch = 2", "topic = 'other'"] {
        let refused = client.batch_execute(&format!("update streams set {change}")).await.unwrap_err();
        assert_eq!(refused.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{change}: {refused}");
    }
    let sql = "select has_any_column_privilege('stranger', 'events', 'update')
        or has_table_privilege('stranger', 'events_20261125', 'select, delete')";
    assert!(!client.query_one(sql, &[]).await.unwrap().get::<_, bool>(0));
}
