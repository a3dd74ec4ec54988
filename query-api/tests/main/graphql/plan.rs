//! How PostgreSQL comes by pages of lists.

use std::collections::BTreeSet;

use testkit::{TestServer, wait_until};

use super::filter::every;
use crate::pages::filled;
use crate::pages::plan::{explain, plans};

/// Indexes that lists of GraphQL walk and nobody else does, and those that they share with REST's.
const WALKED: [&str; 16] = [
    "payloads_account_created_at",
    "payloads_created_at",
    "payloads_failed_service",
    "payloads_failure",
    "payloads_in_progress",
    "payloads_org_id_created_at",
    "payloads_pkey",
    "payloads_success",
    "quarantine_created_at",
    "quarantine_reason",
    "statuses_created_at",
    "statuses_date",
    "statuses_kind",
    "statuses_late_date",
    "statuses_pkey",
    "statuses_status_msg",
];

/// So many messages that can't be decoded that nobody reads them all for a page.
const QUARANTINED: &str = "insert into projection_1.quarantine (stream_id, record_offset, id, reason, detail, created_at)
    select 1, 100000 + number, 100000 + number, case number % 3 when 0 then 'too_deep' else 'not_json' end, '',
        '2026-08-22'::timestamptz + number * interval '1 s'
    from generate_series(1, 20000) as number;
    analyze projection_1.quarantine";

// Seen to fail with several outcomes looked for at once, where no index goes with them.
#[tokio::test]
async fn no_list_takes_a_sequential_scan_or_a_sort_of_more_than_itself() {
    let server = TestServer::start(&[]).await.unwrap();
    let api = filled(server.database()).await;
    server.execute(QUARANTINED).await.unwrap();
    explain(&server).await;
    // Explaining takes longer than answering: of other orders a third.
    let every = every().into_iter().enumerate();
    let every = every.filter(|(number, asked)| !asked.is_of_all() && (asked.is_by_time() || number % 3 == 0));
    let mut lists: Vec<(&str, String)> = every.map(|(_, asked)| (asked.list, asked.order())).collect();
    lists.extend(
        [
            "sortDir: ASC",
            "filter: {reason: {eq: TOO_DEEP}}",
            "filter: {reason: {in: [TOO_DEEP, NOT_JSON]}, createdAt: {gt: \"2026-08-22T01:00:00Z\"}}",
        ]
        .map(|order| ("quarantine", order.to_owned())),
    );
    lists.extend(["", ", filter: {date: {gte: \"2026-08-22T06:00:00Z\"}}", ", sortDir: ASC"].map(|filter| {
        ("payloads", format!("sortBy: REQUEST_ID, asOf: {{time: \"2026-08-23T00:30:00Z\"}}{filter}"))
    }));
    let mut asked = 0;
    for (list, order) in &lists {
        let first = format!("{{ {list}({order}, first: 5) {{ pageInfo {{ endCursor }} }} }}");
        let cursor = api.graphql(&first).await["data"][list]["pageInfo"]["endCursor"].clone();
        if cursor.is_string() {
            asked += 2;
            let rest =
                format!("{{ {list}({order}, first: 5, after: {cursor}) {{ pageInfo {{ endCursor }} }} }}");
            api.graphql(&rest).await;
        }
    }
    assert!(asked > 150, "only {asked} pages held anything");
    // It is logged when a transaction ends, which the answer doesn't wait for.
    let plans = wait_until("all is explained", async || {
        Some(plans(&server.log().unwrap())).filter(|plans| plans.len() >= asked)
    });
    let mut walked = BTreeSet::new();
    for plan in plans.await {
        assert!(plan.faults().is_empty(), "{:?} in {plan:#?}", plan.faults());
        walked.extend(plan.indexes());
    }
    let missed: Vec<_> = WALKED.into_iter().filter(|index| !walked.contains(*index)).collect();
    assert!(missed.is_empty(), "{missed:?} of {walked:?}");
}
