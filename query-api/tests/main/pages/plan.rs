//! Plans: how PostgreSQL came by a page, as it logs it.

use std::collections::BTreeSet;

use serde_json::Value;
use testkit::TestServer;

/// The statements that read a page's rows or keys.
const PAGES: [&str; 10] = [
    "-- payload::list",
    "-- payload::far",
    "-- payload::past_slice",
    "-- payload::slice",
    "-- status::list",
    "-- status::far",
    "-- status::at_hand",
    "-- status::few",
    "-- status::keys",
    "-- quarantine::slice",
];

/// The plan of a statement.
#[derive(Debug)]
pub(crate) struct Plan {
    #[expect(dead_code, reason = "for whoever looks at a failure")]
    statement: String,
    root: Value,
}

/// Has connections that come from now on log the plans of what they ask. Without sequential scans, they are seen where no index would
/// do.
pub(crate) async fn explain(server: &TestServer) {
    for (name, value) in [
        ("session_preload_libraries", "auto_explain"),
        ("auto_explain.log_min_duration", "0"),
        ("auto_explain.log_format", "json"),
        ("enable_seqscan", "off"),
    ] {
        server.execute(&format!("alter database postgres set {name} = '{value}'")).await.unwrap();
    }
}

/// Those of the pages that were read while this was logged.
pub(crate) fn plans(log: &str) -> Vec<Plan> {
    let logged = log.split("plan:\n").skip(1);
    logged
        .filter_map(|text| {
            let explained = serde_json::Deserializer::from_str(text).into_iter::<Value>().next();
            let explained = explained?.expect("a plan is JSON");
            let statement = explained["Query Text"].as_str()?.trim_start().to_owned();
            let is_page = PAGES.iter().any(|page| statement.starts_with(page));
            (is_page && statement.contains("order by"))
                .then(|| Plan { root: explained["Plan"].clone(), statement })
        })
        .collect()
}

impl Plan {
    /// The indexes that it reads.
    pub(crate) fn indexes(&self) -> BTreeSet<String> {
        let (mut nodes, mut indexes) = (vec![&self.root], BTreeSet::new());
        while let Some(node) = nodes.pop() {
            indexes.extend(node["Index Name"].as_str().map(str::to_owned));
            nodes.extend(children(node));
        }
        indexes
    }

    /// What isn't bounded in it.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        // A page behind the end has a limit of 0, and nothing is read for it, however it is planned.
        if self.root["Plan Rows"].as_i64() > Some(1) {
            look(&self.root, "", &mut faults);
        }
        faults
    }
}

fn look(node: &Value, parent: &str, faults: &mut Vec<String>) {
    let kind = node["Node Type"].as_str().expect("a node has a type");
    if is_large(node) && (kind == "Seq Scan" || kind == "Bitmap Heap Scan") {
        faults.push(format!("{kind} of {}", node["Relation Name"]));
    }
    // Under a limit it keeps no more than that, and above one it gets no more.
    if kind == "Sort" && parent != "Limit" && !is_limited(node) && reads_large(node) {
        faults.push(format!("Sort by {}", node["Sort Key"]));
    }
    for child in children(node) {
        look(child, kind, faults);
    }
}

fn is_large(node: &Value) -> bool {
    ["statuses", "payloads", "quarantine"].iter().any(|table| node["Relation Name"] == *table)
}

fn reads_large(node: &Value) -> bool {
    is_large(node) || children(node).any(reads_large)
}

fn is_limited(node: &Value) -> bool {
    children(node).all(|child| match child["Node Type"].as_str() {
        Some("Limit") => true,
        Some("Subquery Scan") => is_limited(child),
        _ => false,
    })
}

fn children(node: &Value) -> impl Iterator<Item = &Value> {
    node["Plans"].as_array().into_iter().flatten()
}
