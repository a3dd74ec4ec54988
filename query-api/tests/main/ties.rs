//! Paging through ties while others are written.

use crate::api::{Api, message};

const STATUSES: u32 = 60;
const SIZE: usize = 7;

// Seen to fail with ties in another order than that of their ids.
#[tokio::test]
async fn no_row_is_skipped_or_repeated_among_ties_while_others_are_written() {
    let messages: Vec<_> = (1..=STATUSES).map(message).collect();
    let api = Api::of(&messages).await;
    let client = api.database.client().await.unwrap();
    let stream = client.query_one("select id from streams", &[]).await.unwrap().get(0);
    for list in ["payloads", "statuses"] {
        let (mut read, mut page, mut more) = (Vec::new(), 0, 1_000 * STATUSES);
        while read.len() < STATUSES as usize {
            let path = format!("/api/v1/{list}?sort_dir=asc&page={page}&page_size={SIZE}");
            read.extend(api.column(&path, "request_id").await);
            page += 1;
            // At the same moment as all others.
            let new = [Some(message(more).build()), Some(message(more + 1).build())];
            testkit::append_events(&client, stream, &new).await.unwrap();
            api.project(new.len()).await;
            more += 2;
        }
        read.truncate(STATUSES as usize);
        let expected: Vec<_> = (1..=STATUSES).map(|number| format!("{number:032x}")).collect();
        assert_eq!(read, expected, "{list}");
    }
}
