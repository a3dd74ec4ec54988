//! Readers see another generation while somebody listens.

use projector::progress::Progress;
use projector::{Consent, Rebuild, Shape, activate, rebuild_pool_options, step};
use serde_json::json;

use super::client::Client;
use super::served::Served;
use super::{STATUSES, id, said};

#[tokio::test(flavor = "multi_thread")]
async fn whoever_listens_is_told_that_readers_see_another_generation_and_hears_on() {
    let served = Served::start(&[]).await;
    let mut clients = Vec::new();
    for _ in 0..2 {
        let mut client = Client::connect(served.address).await;
        client.subscribe("s", STATUSES).await;
        client.subscribe("q", "{ __typename }").await;
        assert_eq!(client.data().await, json!({"__typename": "Query"}));
        client.is_complete("q").await;
        clients.push(client);
    }
    served.log.tell(0, &[said(1, "ingress", "received")]).await;
    for client in &mut clients {
        assert_eq!(client.data().await["statuses"]["status"]["requestId"], id(1));
    }

    let pool = served.log.database.pool(&rebuild_pool_options()).unwrap();
    let shape = Shape { request_id_length: 32, shard_count: 2 };
    let progress = Progress::default();
    let rebuilt = Rebuild { pool: &pool, shape, is_fresh: true, progress: &progress }.run().await.unwrap();
    activate(&served.log.pool, rebuilt.id, Consent::ToDifferences).await.unwrap();
    served.log.append(0, &[said(2, "ingress", "received")]).await;
    step(&served.log.pool, rebuilt, 1_000).await.unwrap();
    for client in &mut clients {
        let news = client.data().await["statuses"].clone();
        assert_eq!(news["reason"], "GENERATION", "{news}");
    }
    served.log.append(0, &[said(3, "ingress", "received")]).await;
    step(&served.log.pool, rebuilt, 1_000).await.unwrap();
    for client in &mut clients {
        // It goes on from where the switch was seen: behind the second, or before it.
        let mut heard = client.data().await["statuses"]["status"]["requestId"].clone();
        if heard == id(2) {
            heard = client.data().await["statuses"]["status"]["requestId"].clone();
        }
        assert_eq!(heard, id(3));
    }
}
