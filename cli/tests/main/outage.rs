//! A PostgreSQL that crashes, is away, freezes, refuses, or is replaced, and a network that fails: `ingest` waits, keeps its place
//! in the group, and goes on by itself.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use rustix::process::Signal;
use testkit::{Fault, Proxy, SmallDisk, TestServer, wait_until};
use tokio::time::sleep;

use crate::ingest::Ingest;
use crate::ledger::Ledger;
use crate::service::{Service, database_environment};
use crate::topic::Topic;

const REBALANCES: &str = "payload_tracker_rebalances_total";

/// An `ingest` at work on a server of its own, through a network of its own.
struct Line {
    server: TestServer,
    proxy: Proxy,
    ledger: Ledger,
    ingest: Ingest,
}

impl Line {
    async fn lay(name: &str, settings: &[(&str, &str)]) -> Self {
        let topic = Topic::create(name, 4).await;
        let server = TestServer::start(settings).await.unwrap();
        let proxy = Proxy::start(server.database().args().port).await.unwrap();
        let ingest = Ingest::start(&topic, &server.database().through(proxy.port()), "only");
        let mut ledger = Ledger::open(&topic, &server.database()).await;
        ledger.publish(1_000).await;
        ledger.assert_complete().await;
        Self { server, proxy, ledger, ingest }
    }

    /// Publishes on, until ingestion says why it isn't ready.
    async fn publish_until_not_ready(&mut self) {
        self.ledger.publish(3_000).await;
        let ingest = &self.ingest;
        wait_until("it says that it isn't ready", async || {
            ingest.readiness().await.contains("\"database\"").then_some(())
        })
        .await;
    }

    /// All is there within a minute, though nobody helped; the group was never left, and the broker was polled in time.
    async fn assert_healed(mut self) {
        self.ledger.publish(100).await;
        self.ledger.assert_complete().await;
        let ingest = &self.ingest;
        wait_until("it is ready again", async || {
            (ingest.readiness().await == r#"{"ready":true}"#).then_some(())
        })
        .await;
        self.ingest.assert_polled().await;
        let rebalances = self.ingest.known_metric(REBALANCES).await;
        assert!((0.5..1.5).contains(&rebalances), "it had its partitions all along: {rebalances}");
        assert!(self.ingest.stop().await);
    }

    async fn reconnect(&mut self) {
        self.ledger.client = self.server.database().client().await.unwrap();
    }
}

// Seen to fail with errors of the connection handled as errors for good.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_restarts_and_crashes_is_waited_for() {
    let mut line = Line::lay("restarts", &[]).await;
    line.server.restart().await.unwrap();
    line.reconnect().await;
    line.ledger.publish(1_000).await;
    line.ledger.assert_complete().await;
    line.server.crash().await.unwrap();
    line.publish_until_not_ready().await;
    // Long enough for more than the partitions' patience.
    sleep(Duration::from_secs(8)).await;
    line.server.restart().await.unwrap();
    line.reconnect().await;
    line.assert_healed().await;
}

/// What the API answers, and how long it took.
async fn status_of(port: u16) -> (u16, Duration) {
    let (url, asked_at) = (format!("http://127.0.0.1:{port}/api/v1/statuses"), tokio::time::Instant::now());
    let answer = reqwest::get(url).await.map_or(0, |answer| answer.status().as_u16());
    (answer, asked_at.elapsed())
}

// Seen to fail with errors of the connection that pass taken for ones that don't: the projector is gone.
#[tokio::test(flavor = "multi_thread")]
async fn readers_are_told_503_in_time_and_the_read_models_catch_up_by_themselves() {
    let mut line = Line::lay("readers", &[]).await;
    let port = embedded::free_port().unwrap();
    let environment =
        [database_environment(&line.server.database()), vec![("PUBLICPORT", port.to_string())]].concat();
    let services = ["project", "serve"].map(|name| Service::start(name, &environment));
    wait_until("it answers", async || (status_of(port).await.0 == 200).then_some(())).await;
    for is_frozen in [true, false] {
        if is_frozen {
            line.server.freeze().unwrap();
        } else {
            line.server.crash().await.unwrap();
        }
        for _ in 0..3 {
            let (status, took) = status_of(port).await;
            assert!(status == 503 && took < Duration::from_secs(15), "{status} after {took:?}");
        }
        if is_frozen {
            line.server.thaw().unwrap();
        } else {
            line.server.restart().await.unwrap();
        }
        line.reconnect().await;
        line.ledger.publish(200).await;
        line.ledger.assert_complete().await;
        wait_until("it answers again, with all there is", async || {
            let behind = "select count(*) from streams left join cursors on stream_id = streams.id
                where cursors.next_offset is distinct from streams.next_offset";
            let is_folded = line.ledger.one::<i64>(behind).await == 0;
            (is_folded && status_of(port).await.0 == 200).then_some(())
        })
        .await;
    }
    for service in services {
        assert!(service.end_with(Signal::TERM).await.success());
    }
    assert!(line.ingest.stop().await);
}

// Seen to fail without serve_group in Consumer::hand_over: the broker isn't polled for too long.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_freezes_holds_nobody_up_but_the_log() {
    let mut line = Line::lay("freezes", &[]).await;
    line.server.freeze().unwrap();
    line.publish_until_not_ready().await;
    // Longer than the broker may go unpolled.
    sleep(Duration::from_secs(8)).await;
    line.server.thaw().unwrap();
    line.assert_healed().await;
}

// Seen to fail with class 57 taken out of the errors that pass.
#[tokio::test(flavor = "multi_thread")]
async fn backends_terminated_in_a_loop_lose_and_double_nothing() {
    let mut line = Line::lay("terminated", &[]).await;
    for _ in 0..15 {
        line.ledger.publish(300).await;
        let terminate =
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name like '%ingest'";
        line.server.execute(terminate).await.unwrap();
        // The beat of the fault.
        sleep(Duration::from_millis(300)).await;
    }
    line.assert_healed().await;
}

// Seen to fail with a TRANSACTION_TIMEOUT of a minute.
#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_swallows_everything_is_noticed_in_15_seconds() {
    let mut line = Line::lay("black-hole", &[]).await;
    line.proxy.set(Fault::BlackHole);
    let began_at = tokio::time::Instant::now();
    line.publish_until_not_ready().await;
    assert!(began_at.elapsed() < Duration::from_secs(16), "it took {:?}", began_at.elapsed());
    line.proxy.set(Fault::None);
    line.assert_healed().await;
}

// Seen to fail with a TRANSACTION_TIMEOUT of 100 ms.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_network_makes_ingestion_slow_and_nothing_else() {
    let mut line = Line::lay("slow", &[]).await;
    line.proxy.set(Fault::Slow(Duration::from_millis(20)));
    line.ledger.publish(2_000).await;
    line.ledger.assert_complete().await;
    line.proxy.set(Fault::None);
    line.assert_healed().await;
}

// Seen to fail with class 25 taken out of the errors that pass.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_no_writes_is_waited_for() {
    let mut line = Line::lay("read-only", &[]).await;
    line.server.restart_as_standby().await.unwrap();
    line.reconnect().await;
    line.publish_until_not_ready().await;
    line.server.execute("select pg_promote()").await.unwrap();
    line.assert_healed().await;
}

// Seen to fail with class 53 taken out of the errors that pass.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_a_connection_to_spare_is_waited_for() {
    let mut line =
        Line::lay("crowded", &[("max_connections", "12"), ("superuser_reserved_connections", "3")]).await;
    let terminate =
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name like '%ingest'";
    let mut guests = Vec::new();
    let database = line.server.database().args();
    let mut config = tokio_postgres::Config::new();
    config.host(database.host()).port(database.port).dbname(&database.name).user("postgres");
    // All that there are, those kept for superusers included: the guests are such.
    while let Ok((client, connection)) = config.connect(tokio_postgres::NoTls).await {
        let mut driver = tokio::task::JoinSet::new();
        driver.spawn(async { drop(connection.await) });
        guests.push((client, driver));
    }
    guests[0].0.batch_execute(terminate).await.unwrap();
    while let Ok((client, connection)) = config.connect(tokio_postgres::NoTls).await {
        let mut driver = tokio::task::JoinSet::new();
        driver.spawn(async { drop(connection.await) });
        guests.push((client, driver));
    }
    line.publish_until_not_ready().await;
    drop(guests);
    line.assert_healed().await;
}

// Seen to fail with a refused append handled as an error for good.
#[tokio::test(flavor = "multi_thread")]
async fn a_failover_to_a_standby_that_missed_commits_appends_them_again() {
    let mut line = Line::lay("failover", &[]).await;
    let folder =
        tempfile::Builder::new().permissions(Permissions::from_mode(0o700)).tempdir().unwrap().keep();
    line.server.back_up_to(&folder).await.unwrap();
    line.ledger.publish(1_000).await;
    line.ledger.assert_complete().await;
    line.server.crash().await.unwrap();
    fs::write(folder.join("standby.signal"), "").unwrap();
    line.server = TestServer::start_in(&folder, &[]).await.unwrap();
    line.server.execute("select pg_promote()").await.unwrap();
    line.proxy.lead_to(line.server.database().args().port);
    line.reconnect().await;
    assert!(line.ledger.appended().await <= 1_000, "what came after the copy is gone");
    line.assert_healed().await;
}

// Seen to fail with class 53 taken out of the errors that pass.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_is_waited_for() {
    let Some(disk) = SmallDisk::mount(2 << 20) else {
        eprintln!("skipped: a small disk can't be mounted here");
        return;
    };
    let mut line = Line::lay("disk-full", &[]).await;
    let folder = disk.folder_of(&line.server).unwrap();
    let move_log = "do $$ begin
            execute (select format('alter table events_%s set tablespace small', to_char(now() at time zone 'utc', 'YYYYMMDD')));
        end $$";
    line.server.execute(&format!("create tablespace small location '{}'", folder.display())).await.unwrap();
    line.server.execute(move_log).await.unwrap();
    line.ledger.publish(20_000).await;
    line.publish_until_not_ready().await;
    let resources = "payload_tracker_retries_total{what=\"append\",class=\"resources\"}";
    assert!(line.ingest.metric_line(resources).await > 0.5, "the full disk is what is waited for");
    disk.resize(64 << 20).unwrap();
    line.assert_healed().await;
}
