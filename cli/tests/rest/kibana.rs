//! Links to Kibana.

use serde_json::json;

use crate::case::{Case, case};
use crate::served::Served;
use crate::traffic::{CANONICAL, DASHED, TIMELINE, UNKNOWN};

/// The link of a query, as it is encoded.
fn url(query: &str) -> serde_json::Value {
    json!({"url": format!(
        "https://kibana.example/app#/discover?_g=(filters:!(),refreshInterval:(pause:!t,value:0),time:(from:now-24h,to:now))\
        &_a=(columns:!(_source),filters:!(),index:'i',interval:auto,query:(language:lucene,query:'{query}'),sort:!('@timestamp',desc))"
    )})
}

fn link(id: &str, query: &str) -> String {
    format!("/payloads/{id}/kibanaLink?{query}")
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        case("`kibanaLink` takes a UUID, and no role.")
            .get(link(UNKNOWN, ""))
            .is(url(&format!("request_id:{UNKNOWN}")))
            .get(link("x'y", ""))
            .refuses(400, "x'y is not a valid UUID"),
        case("`kibanaLink` is `{\"url\"}`: the page `KIBANA_URL`, with the index, the last day, `request_id:X` and, where `service` is given, `AND {KIBANA_SERVICE_FIELD}:{service}`.")
            .get(link(TIMELINE, ""))
            .is(url(&format!("request_id:{TIMELINE}")))
            .get(link(TIMELINE, "service=puptoo"))
            .is(url(&format!("request_id:{TIMELINE}%20AND%20kubernetes.container_name:puptoo"))),
        case("`kibanaLink` names the payload as most of its messages do.")
            .get(link(&CANONICAL.to_uppercase(), ""))
            .is(url(&format!("request_id:{DASHED}")))
            .get(link(&TIMELINE.to_uppercase(), ""))
            .is(url(&format!("request_id:{TIMELINE}"))),
        case("In a link to Kibana each value is encoded, so that it can't end the query that it is put into.")
            .get(link(TIMELINE, "service=pup%20too'%29"))
            .is(url(&format!(
                "request_id:{TIMELINE}%20AND%20kubernetes.container_name:pup%5C%20too%5C%21%27%5C%29"
            ))),
    ]
}

/// Without Kibana.
pub(crate) fn cases_without() -> Vec<Case> {
    vec![
        case("Without `KIBANA_URL` there are no links to Kibana: a 404.")
            .get(link(TIMELINE, ""))
            .refuses(404, "no Kibana is known here: KIBANA_URL isn't set"),
    ]
}

// Seen to fail with the rarest form taken.
#[tokio::test(flavor = "multi_thread")]
async fn kibana() {
    let environment = [
        ("KIBANA_URL", "https://kibana.example/app#/discover"),
        ("KIBANA_INDEX", "i"),
        ("KIBANA_SERVICE_FIELD", "kubernetes.container_name"),
    ];
    Served::start(&environment).await.hold(cases()).await;
    Served::start(&[]).await.hold(cases_without()).await;
}
