//! `/stats`, beside what PostgreSQL counts row by row.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use testkit::{MessageBuilder, append_events, create_stream};
use tokio_postgres::Client;

use crate::access::tenant;
use crate::api::{Api, message};

const PATH: &str = "/api/v1/stats";

/// Reproducible chance: the constants are of Knuth's MMIX.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

/// Appends these messages to a stream of its own, and folds them.
pub(crate) async fn add(api: &Api, topic: &str, messages: &[MessageBuilder]) {
    let client = api.database.client().await.unwrap();
    let stream = create_stream(&client, topic, 0).await.unwrap();
    let values: Vec<_> = messages.iter().map(|message| Some(message.build())).collect();
    append_events(&client, stream, &values).await.unwrap();
    api.project(values.len()).await;
}

/// What rows say of the payloads since a time, of an organisation or of all.
async fn counted(client: &Client, since: DateTime<Utc>, org_id: Option<&str>) -> Value {
    let sql = "select service, count(*) filter (where state = 'good') as success, count(*) filter (where state = 'bad') as failure,
            count(*) filter (where state = 'open') as in_progress
        from projection_1.payloads join projection_1.services using (request_id)
        where created_at >= $1 and ($2::text is null or org_id = $2) group by service";
    let mut data = json!({});
    for row in client.query(sql, &[&since, &org_id]).await.unwrap() {
        let (success, failure): (i64, i64) = (row.get("success"), row.get("failure"));
        let service: String = row.get("service");
        data[&service] =
            json!({"success": success, "failure": failure, "in_progress": row.get::<_, i64>("in_progress")});
        if success + failure > 0 {
            data[&service]["success_rate"] = json!(success as f64 / (success + failure) as f64);
        }
    }
    data
}

/// Requests begin everywhere around the last 24 hours, some in the minute of its edge, but not so near that it is passed meanwhile.
fn any_message(chance: &mut Chance) -> MessageBuilder {
    let edge = TimeDelta::hours(24);
    let ago = match chance.below(4) {
        0 => edge + TimeDelta::seconds(15 + chance.below(60) as i64),
        1 => edge - TimeDelta::seconds(15 + chance.below(60) as i64),
        2 => TimeDelta::seconds(chance.below(23 * 3_600) as i64),
        _ => TimeDelta::seconds(chance.below(60 * 3_600) as i64) - TimeDelta::hours(2),
    };
    let ago = if (ago - edge).num_seconds().abs() < 15 { edge * 2 } else { ago };
    let status = ["received", "success", "error", "processing"][chance.below(4)];
    let request = chance.below(60);
    message(u32::try_from(request).unwrap())
        .with("service", format!("service-{}", chance.below(5)))
        .with("source", ["", "one"][chance.below(2)])
        .with("org_id", ["1", "2"][request % 2])
        .with("status", status)
        .with("date", (Utc::now() - ago).to_rfc3339())
}

// Seen to fail with the rows at the edge left out.
#[tokio::test]
async fn stats_are_what_rows_say_whatever_comes() {
    let api = Api::of(&[]).await;
    let client = api.database.client().await.unwrap();
    let secured = api.with(&["--access-policy", "identity"]);
    let mut chance = Chance(7);
    for round in 0..8 {
        let messages: Vec<_> = (0..80).map(|_| any_message(&mut chance)).collect();
        add(&api, &format!("round {round}"), &messages).await;
        let since = Utc::now() - TimeDelta::hours(24);
        let all = counted(&client, since, None).await;
        assert!(all.as_object().unwrap().len() > 3, "{all}");
        assert_eq!(api.json(PATH).await["data"], all, "round {round}");
        let own = secured.get_with(PATH, &[("x-rh-identity", &tenant("1"))]).await.json();
        assert_eq!(own["data"], counted(&client, since, Some("1")).await, "round {round}");
        assert_ne!(own["data"], all);
    }
}

#[tokio::test]
async fn stats_are_from_counts_and_so_of_any_size() {
    let date = (Utc::now() - TimeDelta::hours(12)).to_rfc3339();
    let api = Api::of(&[message(1).with("status", "error").with("date", date)]).await;
    let client = api.database.client().await.unwrap();
    let sql = "update projection_1.service_counts set count = 3000000 where width > 0";
    assert_eq!(client.execute(sql, &[]).await.unwrap(), 3);
    let failures = api.json(PATH).await["data"]["ingress"]["failure"].as_i64().unwrap();
    assert!(failures >= 3_000_000, "{failures}");
}

// Seen to fail with the tenant's payloads counted as none before they are read.
#[tokio::test]
async fn a_tenant_of_too_many_payloads_is_told_so() {
    let date = (Utc::now() - TimeDelta::hours(1)).to_rfc3339();
    let of = |number, org: &str| message(number).with("org_id", org).with("date", date.clone());
    let api = Api::of(&[of(1, "1"), of(2, "2")]).await.with(&["--access-policy", "identity"]);
    let client = api.database.client().await.unwrap();
    let many = "set search_path = projection_1;
        drop index payloads_account; drop index payloads_inventory_id; drop index payloads_system_id;
        drop index payloads_account_created_at; drop index payloads_org_id; drop index payloads_created_at;
        alter table payloads alter account_start drop expression, alter org_id_start drop expression,
            alter inventory_id_start drop expression, alter system_id_start drop expression,
            alter failed_service_start drop expression;
        insert into payloads select (jsonb_populate_record(payloads, jsonb_build_object('request_id', number::text))).*
        from payloads, generate_series(1, 100000) as number where org_id = '1'";
    client.batch_execute(many).await.unwrap();
    let ask = async |org: &str| api.get_with(PATH, &[("x-rh-identity", &tenant(org))]).await;
    let refused = ask("1").await;
    assert_eq!(refused.status, 400, "{}", refused.text);
    assert_eq!(
        refused.json()["message"],
        "the organisation has more than 100,000 payloads of the last 24 hours, and no statistics are made of so many"
    );
    assert_eq!(
        ask("2").await.json()["data"],
        json!({"ingress": {"success": 0, "failure": 0, "in_progress": 1}})
    );
}
