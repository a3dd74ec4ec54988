//! Policies: who checks the read models is shown all of them, or says that it isn't.

use projector::progress::Progress;
use projector::{ProjectError, verify_pool_options, verify_projection};
use testkit::{MessageBuilder, wait_until};

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

/// What is shown to whom.
const SHOWN: &str = "select relname as name, concat_ws(' ', 'secured', relrowsecurity) as how
    from pg_class where relnamespace = 'projection_1'::regnamespace and relkind = 'r'
    union all
    select tablename, concat_ws(' ', policyname, roles, cmd, qual) from pg_policies where schemaname = 'projection_1'
    union all
    select relname, concat_ws(' ', grantee::regrole, privilege_type)
    from pg_class cross join aclexplode(relacl) where relnamespace = 'projection_1'::regnamespace
    union all
    select nspname, concat_ws(' ', grantee::regrole, privilege_type)
    from pg_namespace cross join aclexplode(nspacl) where nspname = 'projection_1'";

// Seen to fail with tables without row security looked at only; with own_organisation made only where there is none at all; and with
// the grants to readers given only when a generation is made.
#[tokio::test]
async fn migrate_restores_each_policy_and_grant_that_is_missing() {
    let fixture = Fixture::create(1).await;
    let shown = fixture.rows(SHOWN).await;
    let mut client = fixture.database.client().await.unwrap();
    for damage in [
        "alter table statuses disable row level security",
        "drop policy everything on parts",
        "drop policy own_organisation on services",
        "drop policy own_organisation on payloads; drop policy everything on payloads",
        "revoke select on conflicts from payload_tracker_tenant",
        "revoke select on status_counts from payload_tracker_reader, payload_tracker_auditor",
        "revoke usage on schema projection_1 from payload_tracker_reader, payload_tracker_tenant",
    ] {
        fixture.client.batch_execute(damage).await.unwrap();
        assert_ne!(fixture.rows(SHOWN).await, shown, "{damage}");
        schema::migrate(&mut client).await.unwrap();
        assert_eq!(fixture.rows(SHOWN).await, shown, "{damage}");
    }
}

// Seen to fail (the append waits in vain) with the policies restored in the transaction that locks the log.
#[tokio::test]
async fn migrate_waits_for_who_reads_a_generation_and_holds_up_no_append_meanwhile() {
    let fixture = Fixture::create(1).await;
    let shown = fixture.rows(SHOWN).await;
    fixture.client.batch_execute("drop policy everything on parts; set lock_timeout = '1s'").await.unwrap();
    let reader = fixture.database.client().await.unwrap();
    reader.batch_execute("begin; lock table projection_1.parts in access share mode").await.unwrap();
    let mut client = fixture.database.client().await.unwrap();
    let append = async {
        let waiting = "select from pg_locks where relation = 'projection_1.parts'::regclass and not granted";
        wait_until("it waits", async || fixture.client.query_opt(waiting, &[]).await.unwrap()).await;
        fixture.append_one(MessageBuilder::new(ID).build()).await;
        reader.batch_execute("commit").await.unwrap();
    };
    let (migrated, ()) = tokio::join!(schema::migrate(&mut client), append);
    migrated.unwrap();
    assert_eq!(fixture.rows(SHOWN).await, shown);
}
