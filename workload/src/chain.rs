//! Chains: which services a payload passes, by its class.

use crate::producer::{
    ADVISOR, ARCHIVE_SYNC, CCX, COMPLIANCE, DB_WRITER, DVO_EXTRACTOR, DVO_WRITER, ENGINE, INGRESS, INVENTORY,
    OCP_VULNERABILITY, PATCHMAN, PUPTOO, Producer, RULES_UPLOADER, STORAGE_BROKER, TASKS, VULNERABILITY,
    YUPTOO,
};
use crate::random::Chance;

/// The most hosts of one upload.
const MOST_HOSTS: f64 = 10_000.0;

const RECEIVED_SUCCESS: &[&str] = &["received", "success"];
const RECEIVED_TWICE: &[&str] = &["received", "received", "success"];
const IN_STEPS: &[&str] = &["received", "processing", "success"];
const PROCESSED: &[&str] = &["received", "processed", "success"];
/// In the order of their dates, odd as it is.
const OF_INVENTORY: &[&str] = &["received", "success", "processing", "processing_success"];

/// One service's work on a payload.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) producer: Producer,
    pub(crate) statuses: Vec<&'static str>,
    /// It writes the request id with dashes.
    pub(crate) is_dashed: bool,
    /// The slice and host that it is about.
    pub(crate) part: Option<String>,
    /// The host's inventory id, where it isn't the payload's own.
    pub(crate) inventory_id: Option<String>,
}

/// All runs of a new payload, in the order of their start.
pub(crate) fn plan(chance: &mut Chance) -> Vec<Run> {
    match chance.below(1_000) {
        0..300 => advisor(chance),
        300..600 => openshift(chance),
        600..910 => conduit(chance),
        910..930 => compliance(chance),
        930..935 => satellite(chance),
        935..940 => deletion(chance),
        _ => other(chance),
    }
}

fn run(producer: Producer, statuses: &[&'static str]) -> Run {
    Run { producer, statuses: statuses.to_vec(), is_dashed: false, part: None, inventory_id: None }
}

fn vulnerability(chance: &mut Chance) -> Run {
    let statuses: &[_] =
        if chance.is(0.3) { &["received", "received", "processing", "success"] } else { RECEIVED_TWICE };
    run(VULNERABILITY, statuses)
}

fn patchman(chance: &mut Chance) -> Run {
    run(PATCHMAN, if chance.is(0.3) { RECEIVED_TWICE } else { RECEIVED_SUCCESS })
}

fn advisor(chance: &mut Chance) -> Vec<Run> {
    vec![
        run(INGRESS, RECEIVED_SUCCESS),
        run(PUPTOO, RECEIVED_SUCCESS),
        run(INVENTORY, OF_INVENTORY),
        run(ENGINE, RECEIVED_SUCCESS),
        run(ADVISOR, IN_STEPS),
        vulnerability(chance),
        patchman(chance),
    ]
}

fn openshift(chance: &mut Chance) -> Vec<Run> {
    let mut runs = vec![
        run(INGRESS, RECEIVED_SUCCESS),
        run(STORAGE_BROKER, RECEIVED_TWICE),
        run(ARCHIVE_SYNC, IN_STEPS),
        run(CCX, IN_STEPS),
        run(RULES_UPLOADER, IN_STEPS),
        run(DVO_EXTRACTOR, IN_STEPS),
        run(DVO_WRITER, PROCESSED),
        run(DB_WRITER, PROCESSED),
    ];
    if chance.is(0.5) {
        runs.push(run(OCP_VULNERABILITY, RECEIVED_SUCCESS));
    }
    runs
}

/// A host that reports by itself: the same id, with and without dashes.
fn conduit(chance: &mut Chance) -> Vec<Run> {
    let dashed = |run| Run { is_dashed: true, ..run };
    vec![run(INVENTORY, OF_INVENTORY), dashed(vulnerability(chance)), dashed(patchman(chance))]
}

fn compliance(chance: &mut Chance) -> Vec<Run> {
    let mut runs =
        vec![run(INGRESS, RECEIVED_SUCCESS), run(PUPTOO, RECEIVED_SUCCESS), run(INVENTORY, OF_INVENTORY)];
    for _ in 0..=chance.below(3) {
        runs.push(run(COMPLIANCE, IN_STEPS));
    }
    runs.push(run(STORAGE_BROKER, RECEIVED_TWICE));
    runs
}

/// One upload of many hosts: inventory names each in a chained id.
fn satellite(chance: &mut Chance) -> Vec<Run> {
    let mut runs = vec![run(INGRESS, RECEIVED_SUCCESS), run(YUPTOO, IN_STEPS)];
    let slice = chance.id();
    for _ in 0..hosts(chance, 120.0, 1.4) {
        runs.push(run(STORAGE_BROKER, RECEIVED_TWICE));
        let (part, inventory_id) = (Some(format!("{slice}:{}", chance.id())), Some(chance.id()));
        runs.push(Run { part, inventory_id, ..run(INVENTORY, OF_INVENTORY) });
    }
    runs
}

fn deletion(chance: &mut Chance) -> Vec<Run> {
    let mut runs = vec![run(INVENTORY, &["received"])];
    for _ in 0..hosts(chance, 4.0, 1.0) {
        let inventory_id = Some(chance.id());
        runs.push(Run { inventory_id, ..run(INVENTORY, &["processing", "processing_success"]) });
    }
    runs.push(run(INVENTORY, &["success"]));
    runs
}

fn other(chance: &mut Chance) -> Vec<Run> {
    let mut runs = vec![run(INGRESS, RECEIVED_SUCCESS)];
    match chance.below(10) {
        0..3 => runs.push(run(STORAGE_BROKER, RECEIVED_SUCCESS)),
        3..5 => runs.push(run(TASKS, &["received"])),
        _ => {}
    }
    runs
}

fn hosts(chance: &mut Chance, median: f64, sigma: f64) -> usize {
    chance.around(median, sigma).clamp(1.0, MOST_HOSTS) as usize
}
