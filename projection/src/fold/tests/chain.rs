//! The chains that real producers send, each with what must come of it.

use schema::Outcome;

use super::*;

/// Who says what of which part, in the order of dates; `@` repeats the date before.
type Chain = &'static [(&'static str, &'static str, &'static str)];

struct Case {
    name: &'static str,
    chain: Chain,
    outcome: Outcome,
    /// Of the first failure, the service and what it said.
    failure: Option<(&'static str, &'static str)>,
    bad_closings: i64,
    recovered_parts: i64,
}

impl Case {
    const fn good(name: &'static str, chain: Chain) -> Self {
        Self { name, chain, outcome: Outcome::Success, failure: None, bad_closings: 0, recovered_parts: 0 }
    }

    const fn open(name: &'static str, chain: Chain) -> Self {
        Self { outcome: Outcome::InProgress, ..Self::good(name, chain) }
    }

    const fn bad(
        name: &'static str,
        chain: Chain,
        failure: (&'static str, &'static str),
        bad_closings: i64,
    ) -> Self {
        Self { outcome: Outcome::Failure, failure: Some(failure), bad_closings, ..Self::good(name, chain) }
    }
}

const CASES: [Case; 27] = [
    Case::good("ingress", &[("ingress", "", "received"), ("ingress", "", "success")]),
    Case::good("puptoo", &[("puptoo", "", "received"), ("puptoo", "", "success")]),
    Case::bad(
        "puptoo says error, then failed",
        &[("puptoo", "", "received"), ("puptoo", "", "error"), ("puptoo", "", "failed")],
        ("puptoo", "failed"),
        2,
    ),
    Case::good(
        "storage-broker, once a report",
        &[
            ("storage-broker", "", "received"),
            ("storage-broker", "", "received"),
            ("storage-broker", "", "success"),
            ("storage-broker", "", "received"),
            ("storage-broker", "", "received"),
            ("storage-broker", "", "success"),
        ],
    ),
    Case::good(
        "inventory's success is dated before its processing",
        &[
            ("inventory-mq-service", "h1", "received"),
            ("inventory-mq-service", "h1", "success"),
            ("inventory-mq-service", "h1", "processing"),
            ("inventory-mq-service", "h1", "processing_success"),
        ],
    ),
    Case::good(
        "inventory learns the host on the way",
        &[
            ("inventory-mq-service", "", "received"),
            ("inventory-mq-service", "", "processing"),
            ("inventory-mq-service", "h1", "processing_success"),
            ("inventory-mq-service", "h1", "success"),
        ],
    ),
    Case::bad(
        "inventory fails at one of three hosts",
        &[
            ("inventory-mq-service", "h1", "received"),
            ("inventory-mq-service", "h1", "success"),
            ("inventory-mq-service", "h2", "received"),
            ("inventory-mq-service", "h2", "processing_error"),
            ("inventory-mq-service", "h3", "received"),
            ("inventory-mq-service", "h3", "success"),
        ],
        ("inventory-mq-service", "processing_error"),
        1,
    ),
    Case::good("insights-engine", &[("insights-engine", "", "received"), ("insights-engine", "", "success")]),
    Case::open("insights-engine fails without a word", &[("insights-engine", "", "received")]),
    Case::good(
        "advisor",
        &[
            ("insights-advisor-service", "", "received"),
            ("insights-advisor-service", "", "processing"),
            ("insights-advisor-service", "", "success"),
        ],
    ),
    Case::bad(
        "advisor finds it invalid",
        &[
            ("insights-advisor-service", "", "received"),
            ("insights-advisor-service", "", "processing"),
            ("insights-advisor-service", "", "invalid"),
        ],
        ("insights-advisor-service", "invalid"),
        1,
    ),
    Case::good(
        "vulnerability",
        &[
            ("vulnerability", "h1", "received"),
            ("vulnerability", "h1", "received"),
            ("vulnerability", "h1", "processing"),
            ("vulnerability", "h1", "success"),
        ],
    ),
    Case::good(
        "patchman dates a whole batch alike",
        &[("patchman", "h1", "success"), ("patchman", "h1", "@received"), ("patchman", "h1", "@received")],
    ),
    Case::bad(
        "patchman fails, and dates it alike",
        &[("patchman", "h1", "error"), ("patchman", "h1", "@received")],
        ("patchman", "error"),
        1,
    ),
    Case::good(
        "compliance, two reports",
        &[
            ("compliance", "", "received"),
            ("compliance", "", "@processing"),
            ("compliance", "", "@success"),
            ("compliance", "", "received"),
            ("compliance", "", "processing"),
            ("compliance", "", "success"),
        ],
    ),
    Case {
        recovered_parts: 1,
        bad_closings: 1,
        ..Case::good(
            "compliance fails at the first of two reports: without a part nobody can tell it from a retry",
            &[
                ("compliance", "", "received"),
                ("compliance", "", "error"),
                ("compliance", "", "received"),
                ("compliance", "", "success"),
            ],
        )
    },
    Case::good(
        "ccx",
        &[
            ("ccx-data-pipeline", "", "received"),
            ("ccx-data-pipeline", "", "processing"),
            ("ccx-data-pipeline", "", "success"),
        ],
    ),
    Case::good(
        "archive-sync",
        &[
            ("archive-sync", "", "received"),
            ("archive-sync", "", "processing"),
            ("archive-sync", "", "success"),
        ],
    ),
    Case::bad(
        "rules-uploader",
        &[
            ("rules-uploader", "", "received"),
            ("rules-uploader", "", "processing"),
            ("rules-uploader", "", "error"),
        ],
        ("rules-uploader", "error"),
        1,
    ),
    Case::good(
        "dvo-extractor",
        &[
            ("dvo-extractor", "", "received"),
            ("dvo-extractor", "", "processing"),
            ("dvo-extractor", "", "success"),
        ],
    ),
    Case::good(
        "db-writer",
        &[
            ("insights-results-db-writer", "", "received"),
            ("insights-results-db-writer", "", "processed"),
            ("insights-results-db-writer", "", "success"),
        ],
    ),
    Case::good("dvo-writer is processed", &[("dvo-writer", "", "received"), ("dvo-writer", "", "processed")]),
    Case::good(
        "ocp-vulnerability, swapped",
        &[("ocp-vulnerability", "", "success"), ("ocp-vulnerability", "", "received")],
    ),
    Case::open("yuptoo fails silently", &[("yuptoo", "", "received"), ("yuptoo", "", "processing")]),
    Case::open(
        "tasks never closes",
        &[("ingress", "", "received"), ("ingress", "", "success"), ("tasks", "", "received")],
    ),
    Case::good(
        "inventory deletes hosts",
        &[
            ("inventory", "", "received"),
            ("inventory", "h1", "processing"),
            ("inventory", "h1", "processing_success"),
            ("inventory", "h2", "processing"),
            ("inventory", "h2", "processing_success"),
            ("inventory", "", "success"),
        ],
    ),
    Case {
        recovered_parts: 1,
        bad_closings: 1,
        ..Case::good(
            "a crash repeats a whole chain, and it goes well",
            &[
                ("puptoo", "", "received"),
                ("puptoo", "", "error"),
                ("puptoo", "", "received"),
                ("puptoo", "", "success"),
            ],
        )
    },
];

fn statuses(chain: Chain) -> Vec<Status> {
    let mut second = 0;
    let says = |(offset, (service, part, said)): (i64, &(&str, &str, &str))| {
        second += i64::from(!said.starts_with('@'));
        Status {
            service: (*service).to_owned(),
            inventory_id: Some((*part).to_owned()).filter(|part| !part.is_empty()),
            status: said.trim_start_matches('@').to_owned(),
            ..status(offset, second)
        }
    };
    (0..).zip(chain).map(says).collect()
}

#[test]
fn every_producer_s_chain_has_its_outcome_in_any_order_of_arrival() {
    for Case { name, chain, outcome, failure, bad_closings, recovered_parts } in CASES {
        let mut statuses = statuses(chain);
        for turn in 0..statuses.len() {
            statuses.rotate_left(turn);
            for statuses in [statuses.clone(), statuses.iter().rev().cloned().collect()] {
                let payload = folded(&statuses);
                assert_eq!(payload.outcome(), outcome, "{name}");
                let told = payload.failure.as_ref();
                let told = told.map(|failure| (failure.service.as_str(), failure.closing.status.as_str()));
                assert_eq!(told, failure, "{name}");
                let counted = (payload.tally.bad_closings, payload.tally.recovered_parts);
                assert_eq!(counted, (bad_closings, recovered_parts), "{name}");
            }
        }
    }
}
