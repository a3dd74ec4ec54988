//! Who hears what under `ACCESS_POLICY=identity`.

use std::time::Duration;

use serde_json::json;

use super::client::{Client, Told};
use super::served::Served;
use super::{STATUSES, id, said};
use crate::access::{graphql, tenant};
use crate::archive::{associate, identity};

const HEADER: &str = "x-rh-identity";
const FAILURES: &str =
    "subscription { failures { ... on NewFailure { status { requestId } payload { orgId } } } }";

async fn served() -> Served {
    Served::start(&["--access-policy", "identity"]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_hears_of_its_own_organisation_alone() {
    let served = served().await;
    let own = Client::connect_with(served.address, &[(HEADER, &tenant("1"))]).await;
    let mut named = Client::open(served.address, &[]).await;
    named.init(json!({ HEADER: tenant("1") })).await;
    let mut all = Client::connect_with(served.address, &[(HEADER, &associate())]).await;
    let mut tenants = [own, named];
    for client in tenants.iter_mut().chain([&mut all]) {
        client.subscribe("s", STATUSES).await;
        client.subscribe("f", FAILURES).await;
        let payload = format!("subscription {{ payload(requestId: \"{}\") {{ orgId }} }}", id(2));
        client.subscribe("p", &payload).await;
        assert_eq!(client.data().await, json!({"payload": null}));
    }
    let of = |number, org: &str| said(number, "ingress", "error").with("org_id", org);
    served.log.tell(0, &[of(2, "2"), of(3, ""), of(1, "1")]).await;
    let heard = async |client: &mut Client, count| {
        let mut heard = Vec::new();
        for _ in 0..count {
            let Told::Message(message) = client.told().await else { panic!("it is closed") };
            let data = &message["payload"]["data"];
            let news = if data["statuses"].is_null() { &data["failures"] } else { &data["statuses"] };
            let request = news["status"]["requestId"].as_str().unwrap_or_default().trim_start_matches('0');
            heard.push(format!("{}{request}", message["id"].as_str().unwrap()));
        }
        heard.sort();
        heard
    };
    for client in &mut tenants {
        assert_eq!(heard(client, 2).await, ["f1", "s1"]);
        client.hears_nothing_for(Duration::from_millis(700)).await.expect("nothing else is theirs");
    }
    // The last two say what the payload is, and that it is over.
    assert_eq!(heard(&mut all, 8).await, ["f1", "f2", "f3", "p", "p", "s1", "s2", "s3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_who_comes_back_hears_what_is_its_own_and_nothing_twice() {
    let served = served().await;
    let of = |number, org: &str| said(number, "ingress", "received").with("org_id", org);
    let mut client = Client::connect_with(served.address, &[(HEADER, &tenant("1"))]).await;
    client.subscribe("s", STATUSES).await;
    client.subscribe("q", "{ __typename }").await;
    assert_eq!(client.data().await, json!({"__typename": "Query"}));
    client.is_complete("q").await;
    served.log.tell(0, &[of(1, "1"), of(2, "2")]).await;
    let news = client.data().await["statuses"].clone();
    assert_eq!(news["status"]["requestId"], id(1));
    drop(client);
    served.log.tell(1, &[of(4, "2"), of(5, "1")]).await;
    let query = STATUSES.replace("statuses", &format!("statuses(after: {})", news["cursor"]));
    for (org, number) in [("1", 5), ("2", 2)] {
        let mut client = Client::connect_with(served.address, &[(HEADER, &tenant(org))]).await;
        client.subscribe("s", &query).await;
        assert_eq!(client.data().await["statuses"]["status"]["requestId"], id(number), "to {org}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_nobody_hears_nothing() {
    let served = served().await;
    let stranger = identity(&json!({"type": "X509", "org_id": "1"}));
    for (header, status) in [("%", 401), (&stranger, 403)] {
        let refused = Client::try_open(served.address, &[(HEADER, header)]).await.err().expect("nobody");
        assert_eq!(refused.status().as_u16(), status);
    }
    for (payload, code) in [
        (json!({}), 4401),
        (json!({ HEADER: "%" }), 4401),
        (json!({ HEADER: 7 }), 4401),
        (json!({ HEADER: stranger }), 4403),
    ] {
        let mut client = Client::open(served.address, &[]).await;
        client.say(&json!({"type": "connection_init", "payload": payload})).await;
        assert_eq!(client.told().await, Told::Closed(code), "{payload}");
    }
    // What the gateway says goes before what a client says of itself.
    let mut client = Client::open(served.address, &[(HEADER, &tenant("1"))]).await;
    client.init(json!({ HEADER: associate() })).await;
    client.subscribe("q", "{ freshness { lagRecords } generations { number } }").await;
    assert_eq!(client.data().await, json!({"freshness": null, "generations": []}));
}

#[tokio::test(flavor = "multi_thread")]
async fn how_far_everybodys_log_is_read_is_not_for_tenants() {
    let served = served().await;
    let query = "{ freshness { lagRecords cursor } generations { number } }";
    let own = graphql(&served.api, query, &tenant("1")).await;
    assert_eq!(own, json!({"data": {"freshness": null, "generations": []}}));
    let all = graphql(&served.api, query, &associate()).await;
    assert_eq!(all["data"]["generations"], json!([{"number": 1}]));
    assert_eq!(all["data"]["freshness"]["lagRecords"], 0);
}
