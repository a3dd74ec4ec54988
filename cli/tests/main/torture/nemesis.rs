//! What inflicts the faults, one at a time, and takes each back.

use std::fmt;
use std::time::Duration;

use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use rand_chacha::ChaCha8Rng;
use rustix::process::Signal;
use testkit::{Fault, Step};
use tokio::time::{Instant, sleep};

use super::world::World;

const STEPS: [Step; 4] = [Step::AmidCopy, Step::AfterInsert, Step::BeforeCommit, Step::AfterCommit];
/// A group that grows for ever would test something else.
const MOST_PARTITIONS: i32 = 24;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Nemesis {
    Kill,
    Terminate,
    Freeze,
    Storm,
    Cut,
    TerminateBackends,
    RestartServer,
    CrashServer,
    FreezeServer,
    KillWhileServerIsAway,
    LockLog,
    SlowNetwork,
    BlackHole,
    KillBroker,
    PauseBroker,
    AddPartition,
}

impl Nemesis {
    pub(super) const ALL: [Self; 16] = [
        Self::Kill,
        Self::Terminate,
        Self::Freeze,
        Self::Storm,
        Self::Cut,
        Self::TerminateBackends,
        Self::RestartServer,
        Self::CrashServer,
        Self::FreezeServer,
        Self::KillWhileServerIsAway,
        Self::LockLog,
        Self::SlowNetwork,
        Self::BlackHole,
        Self::KillBroker,
        Self::PauseBroker,
        Self::AddPartition,
    ];

    /// What takes minutes by itself: only for those who have five times as many.
    pub(super) fn long_forms(duration: Duration) -> Vec<(Self, Option<u64>)> {
        let forms =
            [(Self::CrashServer, 60), (Self::FreezeServer, 360), (Self::KillBroker, 120), (Self::Storm, 120)];
        let fitting = forms.into_iter().filter(|(_, seconds)| 5 * seconds <= duration.as_secs());
        fitting.map(|(nemesis, seconds)| (nemesis, Some(seconds))).collect()
    }

    /// For how long, out of a whole duration.
    pub(super) fn seconds(self, duration: Duration, random: &mut ChaCha8Rng) -> u64 {
        let most = (duration.as_secs() / 30).clamp(2, 20);
        match self {
            // Longer than the group waits for a member, or it would be no fault.
            Self::Freeze => random.random_range(12..15),
            Self::Storm => random.random_range(most / 2..=2 * most),
            Self::Kill | Self::Terminate | Self::RestartServer | Self::Cut | Self::AddPartition => 0,
            _ => random.random_range(1..=most),
        }
    }

    /// Does it for so long, and takes it back.
    pub(super) async fn inflict(self, world: &mut World, lasting: Duration, random: &mut ChaCha8Rng) {
        let which = random.random_range(0..world.members.len());
        match self {
            Self::Kill => world.replace_member(which).kill().await,
            Self::Terminate => assert!(world.replace_member(which).stop().await, "it ends in order"),
            Self::Freeze => freeze(world, which, lasting).await,
            Self::Storm => storm(world, lasting, random).await,
            Self::Cut => cut(world, *STEPS.choose(random).unwrap()).await,
            Self::TerminateBackends => terminate_backends(world, lasting).await,
            Self::RestartServer => world.server.restart().await.unwrap(),
            Self::CrashServer => {
                world.server.crash().await.unwrap();
                sleep(lasting).await;
                world.server.restart().await.unwrap();
            }
            Self::FreezeServer => {
                world.server.freeze().unwrap();
                sleep(lasting).await;
                world.server.thaw().unwrap();
            }
            Self::KillWhileServerIsAway => {
                world.server.crash().await.unwrap();
                sleep(lasting).await;
                world.replace_member(which).kill().await;
                world.server.restart().await.unwrap();
            }
            Self::LockLog => {
                let lock = "begin; lock table events in access exclusive mode; select pg_sleep($)";
                let client = world.client().await;
                client.batch_execute(&lock.replace('$', &lasting.as_secs().to_string())).await.unwrap();
            }
            Self::SlowNetwork => network(world, Fault::Slow(Duration::from_millis(50)), lasting).await,
            Self::BlackHole => network(world, Fault::BlackHole, lasting).await,
            Self::KillBroker => {
                world.kafka.kill().await.unwrap();
                sleep(lasting).await;
                world.kafka.restart().await.unwrap();
            }
            Self::PauseBroker => {
                world.kafka.pause().await.unwrap();
                sleep(lasting).await;
                world.kafka.resume().await.unwrap();
            }
            Self::AddPartition if world.partitions < MOST_PARTITIONS => {
                world.partitions += 1;
                world.kafka.add_partitions(&world.topic.name, world.partitions).await.unwrap();
            }
            Self::AddPartition => {}
        }
    }
}

/// The group takes it for dead and goes on without it; then it wakes.
async fn freeze(world: &mut World, which: usize, lasting: Duration) {
    let frozen = world.replace_member(which);
    frozen.signal(Signal::STOP);
    sleep(lasting).await;
    frozen.signal(Signal::CONT);
    assert!(frozen.stop().await, "it ends in order");
}

/// Members come and go, in every way there is.
async fn storm(world: &mut World, lasting: Duration, random: &mut ChaCha8Rng) {
    let ends_at = Instant::now() + lasting;
    while Instant::now() < ends_at {
        if world.members.len() < 6 && random.random_bool(0.5) {
            world.members.push(world.start_member());
        } else if world.members.len() > 1 {
            let which = random.random_range(0..world.members.len());
            let leaver = world.members.remove(which);
            match random.random_range(0..3) {
                0 => leaver.kill().await,
                1 => assert!(leaver.stop().await, "it ends in order"),
                _ => {
                    leaver.signal(Signal::STOP);
                    sleep(Duration::from_secs(2)).await;
                    leaver.kill().await;
                }
            }
        }
        sleep(Duration::from_millis(random.random_range(1_000..3_000))).await;
    }
    for leaver in world.members.split_off(2.min(world.members.len())) {
        assert!(leaver.stop().await, "it ends in order");
    }
    while world.members.len() < 2 {
        world.members.push(world.start_member());
    }
}

/// The next append that comes to the step loses its connection there.
async fn cut(world: &World, step: Step) {
    let hits = world.proxy.hits();
    world.proxy.set(Fault::CutAt(step));
    let deadline = Instant::now() + Duration::from_secs(20);
    // Not every append comes to every step: a short copy is over at once.
    while world.proxy.hits() == hits && Instant::now() < deadline {
        sleep(Duration::from_millis(20)).await;
    }
    world.proxy.set(Fault::None);
}

async fn terminate_backends(world: &World, lasting: Duration) {
    let ends_at = Instant::now() + lasting;
    while Instant::now() < ends_at {
        let sql =
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name like '%ingest'";
        world.server.execute(sql).await.unwrap();
        sleep(Duration::from_millis(300)).await;
    }
}

async fn network(world: &World, fault: Fault, lasting: Duration) {
    world.proxy.set(fault);
    sleep(lasting).await;
    world.proxy.set(Fault::None);
}

impl fmt::Display for Nemesis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Kill => "a member is killed",
            Self::Terminate => "a member is asked to end",
            Self::Freeze => "a member stands still until the group goes on without it",
            Self::Storm => "members come and go",
            Self::Cut => "the connection is cut at a step of an append",
            Self::TerminateBackends => "backends are terminated in a loop",
            Self::RestartServer => "PostgreSQL is restarted",
            Self::CrashServer => "PostgreSQL crashes and stays away",
            Self::FreezeServer => "PostgreSQL freezes",
            Self::KillWhileServerIsAway => "a member is killed while PostgreSQL is away",
            Self::LockLog => "the log is locked",
            Self::SlowNetwork => "the network to PostgreSQL is slow",
            Self::BlackHole => "the network to PostgreSQL swallows everything",
            Self::KillBroker => "the broker is killed and stays away",
            Self::PauseBroker => "the broker freezes",
            Self::AddPartition => "the topic gets one more partition",
        })
    }
}
