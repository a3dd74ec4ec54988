//! Links to Kibana.

use serde_json::json;
use testkit::MessageBuilder;

use crate::api::{Api, ID, PREFIXES};

async fn api(messages: &[&str]) -> Api {
    let messages: Vec<_> = messages.iter().map(|id| MessageBuilder::new(id)).collect();
    Api::of(&messages).await.with(&[
        "--kibana-url",
        "https://kibana.example/app#/discover",
        "--kibana-index",
        "i",
    ])
}

#[tokio::test]
async fn a_link_leads_to_the_logs_of_a_payload_whether_it_is_known_or_not() {
    let api = api(&[]).await;
    for prefix in PREFIXES {
        let url =
            api.json(&format!("{prefix}/payloads/{ID}/kibanaLink?service=pup%20too")).await["url"].clone();
        let expected = format!(
            "https://kibana.example/app#/discover?_g=(filters:!(),refreshInterval:(pause:!t,value:0),time:(from:now-24h,to:now))\
            &_a=(columns:!(_source),filters:!(),index:'i',interval:auto,query:(language:lucene,\
            query:'request_id:{ID}%20AND%20app:pup%5C%20too'),sort:!('@timestamp',desc))"
        );
        assert_eq!(url, expected);
    }
}

// Seen to fail with the rarest form taken.
#[tokio::test]
async fn it_names_the_payload_as_most_of_its_messages_do() {
    let dashed = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";
    let api = api(&[ID, dashed, dashed]).await;
    let url =
        api.json(&format!("/api/v1/payloads/{}/kibanaLink", ID.to_uppercase())).await["url"].to_string();
    assert!(url.contains(&format!("request_id:{dashed}'")), "{url}");
}

#[tokio::test]
async fn an_id_that_is_no_uuid_is_refused_and_without_kibana_there_is_no_link() {
    let answer = api(&[]).await.get("/api/v1/payloads/x'y/kibanaLink").await;
    assert_eq!(
        answer.json(),
        json!({"title": "Bad Request", "message": "x'y is not a valid UUID", "status": 400})
    );
    let answer = Api::of(&[]).await.get(&format!("/api/v1/payloads/{ID}/kibanaLink")).await;
    assert_eq!((answer.status.as_u16(), answer.text.contains("KIBANA_URL")), (404, true));
}
