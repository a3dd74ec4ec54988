//! Pages, taken one after the other.

use serde_json::Value;

use crate::served::{PREFIXES, Served};
use crate::traffic::{PAYLOADS, STATUSES};

// Seen to fail with ties in no order.
#[tokio::test(flavor = "multi_thread")]
async fn pages_put_together_are_the_whole_list() {
    let served = Served::start(&[]).await;
    for (list, all) in [("payloads?sort_by=org_id", PAYLOADS), ("statuses?sort_by=service", STATUSES)] {
        for direction in ["asc", "desc"] {
            let of = |page: usize, size: usize| {
                format!("{}/{list}&sort_dir={direction}&page={page}&page_size={size}", PREFIXES[0])
            };
            let whole = served.get(&of(0, 1_000)).await.column("id");
            assert_eq!(whole.len(), usize::try_from(all).unwrap());
            for size in [1, 7, 10] {
                let mut pages = Vec::new();
                for page in 0..=whole.len() / size {
                    pages.extend(served.get(&of(page, size)).await.column("id"));
                }
                assert_eq!(pages, whole, "{list}, {size} to a page");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_polls_are_the_same_but_for_the_time_they_took() {
    let served = Served::start(&[]).await;
    for path in ["/payloads?page_size=50", "/statuses?page_size=50&sort_by=status", "/payloads/x"] {
        let path = format!("{}{path}", PREFIXES[1]);
        let (first, second) = (served.get(&path).await, served.get(&path).await);
        let elapsed = |json: Value| json["elapsed"].to_string();
        let bytes = |text: &str, elapsed: &str| text.replacen(elapsed, "", 1);
        assert_eq!(
            bytes(&first.text, &elapsed(first.json())),
            bytes(&second.text, &elapsed(second.json())),
            "{path}"
        );
    }
}
