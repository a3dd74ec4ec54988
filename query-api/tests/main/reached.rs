//! Every status that is documented, reached by a request that is made for it.

use runtime::database::DatabaseArgs;
use serde_json::json;
use testkit::{MessageBuilder, Said, Upstream};

use crate::access::tenant;
use crate::api::{Answer, Api, ID};
use crate::archive::{associate, identity};
use crate::document::Document;

/// The APIs that are asked.
struct Apis {
    open: Api,
    strict: Api,
    limited: Api,
    away: Api,
    without_links: Api,
}

impl Apis {
    async fn start(upstream: &Upstream) -> Self {
        let now = chrono::Utc::now().to_rfc3339();
        let messages = [MessageBuilder::new(ID).with("org_id", "77").with("date", now)];
        let links = ["--storage-broker-url", upstream.url(), "--kibana-url", "http://k"];
        let open = Api::of(&messages).await.with(&links);
        // Nothing listens on port 1.
        let away = open.over(&DatabaseArgs { port: 1, ..open.database.args() });
        Self {
            strict: open.with(&[&links[..], &["--access-policy", "identity"]].concat()),
            limited: open.with(&[&links[..], &["--max-requests-per-minute", "1"]].concat()),
            without_links: open.with(&["--storage-broker-url", "http://127.0.0.1:1/"]),
            away,
            open,
        }
    }

    /// The answer to a request that is made to have this status.
    async fn reach(&self, path: &str, status: u16) -> Option<Answer> {
        let id_of = |id: &str| format!("/api/v1{}", path.replace("{request_id}", id));
        let (asked, archivist) = (id_of(ID), associate());
        let who = [("x-rh-identity", &*archivist)];
        let stranger = identity(&json!({"type": "X509"}));
        Some(match (status, path) {
            (200, _) => self.open.get_with(&asked, &who).await,
            (304, _) => {
                let tag = self.open.get(&asked).await.headers["etag"].to_str().unwrap().to_owned();
                self.open.get_with(&asked, &[("if-none-match", &tag)]).await
            }
            (400, "/roles/archiveLink") => self.open.get_with(&asked, &[who[0], who[0]]).await,
            (400, "/payloads/{request_id}/archiveLink" | "/payloads/{request_id}/kibanaLink") => {
                self.open.get_with(&id_of("nope"), &who).await
            }
            (400, _) => self.open.get(&format!("{asked}?sort_by=x&stat=x")).await,
            (401, _) => self.strict.get(&asked).await,
            (403, _) => self.strict.get_with(&asked, &[("x-rh-identity", &stranger)]).await,
            (404, "/payloads/{request_id}/archiveLink") => {
                self.open.get_with(&id_of(&"0".repeat(32)), &who).await
            }
            (404, _) => {
                self.strict.get_with(&id_of(&"0".repeat(32)), &[("x-rh-identity", &tenant("77"))]).await
            }
            (414, _) => self.open.get_with(&format!("{asked}?{}", "x".repeat(8 * 1024)), &who).await,
            (429, _) => {
                // Nobody else asks as this one.
                let name = identity(&json!({"type": "Associate", "associate": {"email": path}}));
                self.limited.get_with(&asked, &[("x-rh-identity", &name)]).await;
                self.limited.get_with(&asked, &[("x-rh-identity", &name)]).await
            }
            (502, _) => self.without_links.get_with(&asked, &who).await,
            (503, _) => self.away.get_with(&asked, &who).await,
            _ => return None,
        })
    }
}

// Seen to fail with a status in the document that nothing answers with.
#[tokio::test]
async fn every_status_that_is_documented_is_reached() {
    let document = Document::read();
    let upstream = Upstream::start(Said::link("https://bucket.example/archive")).await.unwrap();
    let apis = Apis::start(&upstream).await;
    let mut count = 0;
    for (path, operation) in document.operations() {
        // 500 is what a bug would make of a request: `server.rs` has its test.
        for status in operation.statuses().into_iter().filter(|status| *status != 500) {
            let is_known = status != 404 || !path.ends_with("archiveLink");
            upstream.say(if is_known {
                Said::link("https://bucket.example/archive")
            } else {
                Said::new(404, "")
            });
            let answer =
                apis.reach(path, status).await.unwrap_or_else(|| panic!("{path}: what makes it {status}?"));
            assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.text);
            assert_eq!(document.faults(path, &answer), [""; 0], "{path} {status}: {}", answer.text);
            count += 1;
        }
    }
    assert!(count > 50, "{count}");
}
