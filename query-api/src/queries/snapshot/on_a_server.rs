//! What a tenant's transaction sees when a query forgets whose it is.

use runtime::database::{Pool, PoolOptions, Role};
use schema::PROJECTION_TABLES;
use testkit::{MessageBuilder, TestDatabase, append_events, create_stream};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::*;
use crate::queries::{Conditions, tail};

/// Tables whose rows are somebody's, by their request. Of all others a tenant sees nothing.
const OWNED: [&str; 5] = ["payloads", "services", "parts", "conflicts", "statuses"];
/// What a tenant may not even ask: a count of everybody's would be a wrong one, and nothing, too.
const REFUSED: [&str; 4] = ["status_kinds", "status_counts", "payload_counts", "service_counts"];

/// Of organisations 1 and 2, and of nobody's, a payload each, with parts and conflicts, and some messages in quarantine.
async fn fixture() -> (TestDatabase, Client, Pool) {
    let database = TestDatabase::create().await.unwrap();
    let client = database.client().await.unwrap();
    let stream = create_stream(&client, "topic", 0).await.unwrap();
    let mut values = Vec::new();
    for (number, org_id) in [(1, "1"), (2, "2"), (3, "")] {
        let id = format!("{number:032x}");
        let message = MessageBuilder::new(&id).with("org_id", org_id).with("account", "a");
        let part = message.clone().with("inventory_id", "h").with("account", "b").with("status", "success");
        let unreadable = message.clone().with("date", "never");
        values.extend([message, part, unreadable].map(|message| Some(message.build())));
    }
    append_events(&client, stream, &values).await.unwrap();
    let projecting = database.pool(&projector::pool_options()).unwrap();
    let shape = projector::Shape { request_id_length: 32, shard_count: 2 };
    let generation = projector::find_or_create(&projecting, shape).await.unwrap();
    projector::step(&projecting, generation, values.len()).await.unwrap();
    let pool = reading(&database);
    (database, client, pool)
}

/// As `serve` has it, but with one connection, which all take in turn.
fn reading(database: &TestDatabase) -> Pool {
    let options = PoolOptions {
        application_name: "payload-tracker serve",
        role: Role::Reader,
        max_size: 1,
        statement_timeout: std::time::Duration::from_secs(5),
        is_read_only: true,
    };
    database.pool(&options).unwrap()
}

/// The tables of a generation, as they are made.
fn tables() -> Vec<&'static str> {
    let names = PROJECTION_TABLES.lines().filter_map(|line| line.strip_prefix("create table "));
    names.map(|line| line.trim_end_matches(" (")).collect()
}

/// The request ids of all rows of a table that somebody sees, each once; `None` where they may not ask.
async fn seen(pool: &Pool, viewer: Viewer, table: &str) -> Option<Vec<String>> {
    let mut connection = Connection::take(pool).await.unwrap();
    let snapshot = Snapshot::begin(&mut connection, viewer).await.unwrap();
    // Rows without a request are told by their whole text.
    let sql = format!(
        "select distinct coalesce(to_jsonb(seen) ->> 'request_id', seen::text) from {table} as seen order by 1"
    );
    match snapshot.query_once(&sql, &[]).await {
        Ok(rows) => Some(rows.iter().map(|row| row.get(0)).collect()),
        Err(QueryError::Database(error)) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => None,
        Err(error) => panic!("{table}: {error}"),
    }
}

async fn tenants_see_their_own_alone(pool: &Pool) {
    for table in tables() {
        let all = seen(pool, Viewer::All, table).await.unwrap();
        assert!(all.len() >= 2, "{table} has rows of several");
        for (org_id, id) in [("1", 1), ("2", 2)] {
            let of_tenant = seen(pool, Viewer::Tenant(org_id.to_owned()), table).await;
            let expected = match table {
                _ if OWNED.contains(&table) => Some(vec![format!("{id:032x}")]),
                _ if REFUSED.contains(&table) => None,
                _ => Some(Vec::new()),
            };
            assert_eq!(of_tenant, expected, "{table} to {org_id}");
        }
        for nobody in ["", "9", "*", "%", "1 ", "1' or true --", "null", "1,2"] {
            let of_nobody = seen(pool, Viewer::Tenant(nobody.to_owned()), table).await;
            assert_eq!(of_nobody.unwrap_or_default(), [""; 0], "{table} to {nobody:?}");
        }
    }
}

// Seen to fail with statuses shown to every tenant, and with the role not taken on.
#[tokio::test]
async fn a_query_that_forgets_the_organisation_shows_nothing_of_another_in_any_table() {
    let (_database, _client, pool) = fixture().await;
    tenants_see_their_own_alone(&pool).await;
}

#[tokio::test]
async fn a_tenants_transaction_without_an_organisation_sees_nothing() {
    let (_database, client, _pool) = fixture().await;
    for setting in ["", "set local payload_tracker.org_id = ''"] {
        for table in tables().into_iter().filter(|table| !REFUSED.contains(table)) {
            let sql = format!(
                "begin; set local role payload_tracker_tenant; {setting}; select * from projection_1.{table}; rollback"
            );
            let messages = client.simple_query(&sql).await.unwrap();
            let rows = messages
                .iter()
                .filter(|message| matches!(message, tokio_postgres::SimpleQueryMessage::Row(_)));
            assert_eq!(rows.count(), 0, "{table} with {setting:?}");
        }
    }
}

// Seen to fail with the role not taken on.
#[tokio::test]
async fn a_connection_is_nobodys_once_a_tenant_is_done_with_it() {
    let (_database, _client, pool) = fixture().await;
    let who = "select current_user::text, current_setting('payload_tracker.org_id', true), pg_backend_pid()";
    let mut backends = Vec::new();
    for _ in 0..2 {
        let mut connection = Connection::take(&pool).await.unwrap();
        let snapshot = Snapshot::begin(&mut connection, Viewer::Tenant("1".to_owned())).await.unwrap();
        let row = &snapshot.query(who, &[]).await.unwrap()[0];
        assert_eq!((row.get::<_, &str>(0), row.get::<_, &str>(1)), ("payload_tracker_tenant", "1"));
        backends.push(row.get::<_, i32>(2));
        // One way or the other it is over.
        drop(snapshot.query_once("select 1 / 0", &[]).await);
        drop(snapshot);
        drop(connection);

        let client = pool.get().await.unwrap();
        let row = client.query_one(who, &[]).await.unwrap();
        let org_id = row.get::<_, Option<&str>>(1).unwrap_or_default();
        assert_eq!((row.get::<_, &str>(0), org_id), ("payload_tracker_reader", ""));
        backends.push(row.get(2));
        drop(client);
        assert_eq!(seen(&pool, Viewer::All, "payloads").await.unwrap().len(), 3);
    }
    backends.dedup();
    assert_eq!(backends.len(), 1, "it is one connection");
}

// Seen to fail with nothing ever forgotten.
#[tokio::test]
async fn a_connection_keeps_only_so_many_statements_prepared() {
    let (_database, _client, pool) = fixture().await;
    let mut kept = 0_i64;
    for number in 0..500 {
        let mut connection = Connection::take(&pool).await.unwrap();
        let snapshot = Snapshot::begin(&mut connection, Viewer::All).await.unwrap();
        let sql = format!("select count(*) as kept, {number} from pg_prepared_statements");
        kept = kept.max(snapshot.query(&sql, &[]).await.unwrap()[0].get("kept"));
    }
    assert!((100..=220).contains(&kept), "{kept}");
}

#[tokio::test]
async fn generations_that_were_made_without_policies_get_them() {
    let (database, client, pool) = fixture().await;
    for table in tables() {
        let sql = format!(
            "drop policy everything on projection_1.{table};
            drop policy if exists own_organisation on projection_1.{table};
            alter table projection_1.{table} disable row level security;
            revoke all on projection_1.{table} from payload_tracker_tenant"
        );
        client.batch_execute(&sql).await.unwrap();
    }
    client.batch_execute("revoke usage on schema projection_1 from payload_tracker_tenant").await.unwrap();
    assert_eq!(seen(&pool, Viewer::Tenant("1".to_owned()), "projection_1.payloads").await, None);
    // Twice is once.
    for _ in 0..2 {
        schema::migrate(&mut database.client().await.unwrap()).await.unwrap();
        tenants_see_their_own_alone(&pool).await;
    }
}

// An index of an expression like `left(…)` isn't walked: PostgreSQL doesn't trust it with rows that a policy may hide.
#[tokio::test]
async fn a_tenants_lists_walk_their_indexes_all_the_same() {
    let (_database, client, pool) = fixture().await;
    let many = "insert into projection_1.payloads (id, created_at, last_date, latest_offset, status_count, bad_closings, recovered_parts,
            latest_stream_id, service_count, open_services, bad_services, has_conflicts, request_id, account, org_id, inventory_id,
            system_id, claims, latest_service, latest_status, failed_service, outcome)
        select 1000 + number, now() + number * interval '1 s', now(), 0, 1, 0, 0, 1, 1, 1, 0, false, md5(number::text), 'a' || number,
            (number % 100)::text, 'i' || number, 's' || number, '{}', 'ingress', 'received', case number % 3 when 0 then 'f' || number end,
            case number % 3 when 0 then 'failure' else 'in_progress' end
        from generate_series(1, 20000) as number;
        analyze projection_1.payloads";
    client.batch_execute(many).await.unwrap();
    let mut connection = Connection::take(&pool).await.unwrap();
    let snapshot = Snapshot::begin(&mut connection, Viewer::Tenant("1".to_owned())).await.unwrap();
    for (column, value, order, index) in [
        ("account", "a7", "id", "payloads_account"),
        ("inventory_id", "i7", "id", "payloads_inventory_id"),
        ("system_id", "s7", "id", "payloads_system_id"),
        ("org_id", "1", "created_at desc, id desc", "payloads_org_id_created_at"),
        ("failed_service", "f201", "id", "payloads_failed_service"),
    ] {
        let asked = Some(value.to_owned());
        let mut conditions = Conditions::default();
        conditions.equal_by_its_start("org_id", snapshot.org_id());
        conditions.equal_by_its_start(column, &asked);
        if column == "failed_service" {
            conditions.hold("outcome = 'failure'".to_owned());
        }
        let sql = format!("explain select * from payloads {} order by {order} limit 10", conditions.sql());
        let plan = snapshot.query_once(&sql, conditions.values()).await.unwrap();
        let plan: String = plan.iter().map(|row| row.get::<_, String>(0) + "\n").collect();
        let is_walked =
            plan.contains(&format!("using {index} ")) || plan.contains(&format!("using {index}_created_at "));
        assert!(is_walked && !plan.contains("Seq Scan"), "{column}: {plan}");
    }
}

#[tokio::test]
async fn what_a_subscriber_may_see_is_asked_of_the_query_and_of_the_role_alike() {
    let (database, client, pool) = fixture().await;
    let rows = client
        .query(
            "select request_id, stream_id, record_offset from projection_1.statuses order by record_offset",
            &[],
        )
        .await
        .unwrap();
    let place = |row: &Row| {
        let id: String = row.get(0);
        (schema::RequestId::lookup(&id), schema::Position { stream: row.get(1), offset: row.get(2) })
    };
    let places: Vec<_> = rows.iter().map(place).collect();
    let seen = async |viewer: Viewer| {
        let mut connection = Connection::take(&pool).await.unwrap();
        let snapshot = Snapshot::begin(&mut connection, viewer).await.unwrap();
        let mut seen: Vec<i64> =
            tail::visible(&snapshot, &places).await.unwrap().iter().map(|position| position.offset).collect();
        seen.sort_unstable();
        seen
    };
    let own = [3, 4];
    assert_eq!(seen(Viewer::All).await.len(), 6);
    assert_eq!(seen(Viewer::Tenant("2".to_owned())).await, own);
    // Each guards alone: without the policies the query does.
    let admin = database.client().await.unwrap();
    admin
        .batch_execute(
            "alter table projection_1.statuses disable row level security;
        alter table projection_1.payloads disable row level security",
        )
        .await
        .unwrap();
    assert_eq!(seen(Viewer::Tenant("2".to_owned())).await, own);
}
