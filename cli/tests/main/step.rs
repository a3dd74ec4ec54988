//! `ingest` that dies, stands still, or loses its connection at a named step of an append.

use rustix::process::Signal;
use testkit::{Fault, Proxy, Step, TestDatabase, wait_until};

use crate::ingest::Ingest;
use crate::ledger::Ledger;
use crate::topic::Topic;

const STEPS: [Step; 4] = [Step::AmidCopy, Step::AfterInsert, Step::BeforeCommit, Step::AfterCommit];

struct Line {
    topic: Topic,
    database: TestDatabase,
    proxy: Proxy,
    ledger: Ledger,
}

impl Line {
    async fn lay(name: &str) -> Self {
        let (topic, database) = (Topic::create(name, 2).await, TestDatabase::create().await.unwrap());
        let proxy = Proxy::start(database.args().port).await.unwrap();
        let ledger = Ledger::open(&topic, &database).await;
        Self { topic, database, proxy, ledger }
    }

    fn ingest(&self, name: &str) -> Ingest {
        Ingest::start(&self.topic, &self.database.through(self.proxy.port()), name)
    }

    /// Publishes while an append is to fail at a step, and waits until it does.
    async fn publish_into(&mut self, fault: Fault) {
        let hits = self.proxy.hits();
        self.proxy.set(fault);
        self.ledger.publish(500).await;
        wait_until("an append is at the step", async || (self.proxy.hits() > hits).then_some(())).await;
    }
}

// Seen to fail with next_offset moved in a transaction of its own, before the records are copied.
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_step_of_an_append_loses_and_doubles_nothing() {
    let mut line = Line::lay("killed-at-step").await;
    for step in STEPS {
        let ingest = line.ingest("only");
        line.publish_into(Fault::HoldAt(step)).await;
        ingest.kill().await;
        line.proxy.set(Fault::None);
        let ingest = line.ingest("only");
        line.ledger.assert_complete().await;
        assert!(ingest.stop().await);
    }
}

// Seen to fail with the compare-and-set taken out of append::advance.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_cut_at_any_step_of_an_append_loses_and_doubles_nothing() {
    let mut line = Line::lay("cut-at-step").await;
    let ingest = line.ingest("only");
    for step in STEPS {
        line.publish_into(Fault::CutAt(step)).await;
        line.ledger.assert_complete().await;
    }
    assert!(
        ingest.known_metric("payload_tracker_append_refused_total").await < 0.5,
        "nobody else has appended"
    );
    assert!(ingest.stop().await);
}

/// The one that stands still holds its streams in a transaction; the server must free them for the next owner.
async fn a_successor_goes_on(name: &str, step: Step) {
    let mut line = Line::lay(name).await;
    let zombie = line.ingest("only");
    line.ledger.publish(100).await;
    line.ledger.assert_complete().await;
    line.publish_into(Fault::HoldAt(step)).await;
    zombie.signal(Signal::STOP);
    // Not through the network that holds the other one up.
    let successor = Ingest::start(&line.topic, &line.database, "only");
    line.ledger.assert_complete().await;
    line.proxy.set(Fault::None);
    zombie.signal(Signal::CONT);
    line.ledger.publish(500).await;
    line.ledger.assert_complete().await;
    zombie.kill().await;
    assert!(successor.stop().await);
}

// Seen to fail without idle_in_transaction_session_timeout.
#[tokio::test(flavor = "multi_thread")]
async fn an_owner_that_stands_still_after_its_insert_is_replaced() {
    a_successor_goes_on("still-after-insert", Step::AfterInsert).await;
}

// Seen to fail without evict_stuck_copies.
#[tokio::test(flavor = "multi_thread")]
async fn an_owner_that_stands_still_amid_its_copy_is_replaced() {
    a_successor_goes_on("still-amid-copy", Step::AmidCopy).await;
}
