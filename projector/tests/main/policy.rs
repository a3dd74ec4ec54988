//! Policies: who checks the read models is shown all of them, or says that it isn't.

use projector::progress::Progress;
use projector::{ProjectError, verify_pool_options, verify_projection};
use testkit::MessageBuilder;

use crate::fixture::{Fixture, ID};

#[tokio::test]
async fn a_policy_that_may_hide_rows_from_the_auditor_makes_checks_fail() {
    let fixture = Fixture::create(1).await;
    fixture.append_one(MessageBuilder::new(ID).build()).await;
    fixture.project(10).await;
    let auditor = "to payload_tracker_auditor";
    for (hide, show, name) in [
        (
            format!(
                "create policy hide on payloads as restrictive {auditor} using (request_id <> 'made up')"
            ),
            "drop policy hide on payloads",
            "projection_1.payloads",
        ),
        (
            "alter policy everything on statuses using (record_offset <> 5)".to_owned(),
            "alter policy everything on statuses using (true)",
            "projection_1.statuses",
        ),
        (
            format!(
                "drop policy everything on parts; create policy hide on parts {auditor} using (part <> 'x')"
            ),
            "drop policy hide on parts; alter table parts disable row level security",
            "projection_1.parts",
        ),
        (
            format!(
                "alter table events enable row level security; create policy hide on events {auditor} using (record_offset <> 5)"
            ),
            "drop policy hide on events; alter table events disable row level security",
            "events",
        ),
    ] {
        fixture.client.batch_execute(&hide).await.unwrap();
        let pool = fixture.database.pool(&verify_pool_options(1)).unwrap();
        let checked = verify_projection(&pool, fixture.generation, 1, &Progress::default()).await;
        let explained = fixture.try_explain(None).await;
        for found in [checked.err(), explained.err()] {
            let is_named = matches!(&found, Some(ProjectError::Hidden(table)) if table.ends_with(name));
            assert!(is_named, "{hide}: {found:?}");
        }
        fixture.client.batch_execute(show).await.unwrap();
        assert_eq!(fixture.verify(fixture.generation).await.mismatches, []);
    }
}
