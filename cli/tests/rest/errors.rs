//! Errors, and limits of what is asked.

use crate::case::{Case, case};
use crate::served::{PREFIXES, Served};
use crate::traffic::{TIMELINE, UNKNOWN};

pub(crate) fn cases() -> Vec<Case> {
    let paths = [
        ("/payloads?page=x".to_owned(), 400, "Bad Request"),
        ("/roles/archiveLink".to_owned(), 401, "Unauthorized"),
        (format!("/payloads/{UNKNOWN}"), 404, "Not Found"),
        ("/nope".to_owned(), 404, "Not Found"),
        (format!("/payloads?x={}", "y".repeat(8 * 1024)), 414, "URI Too Long"),
    ];
    let shape = paths.into_iter().fold(
        case("Every error is `{\"title\", \"message\", \"status\"}` in JSON, with the status in words and as a number."),
        |case, (path, status, title)| {
            case.get(path)
                .status(status)
                .fields("", &["title", "message", "status"])
                .at("/title", title)
                .at("/status", status)
                .header("content-type", "application/json")
                .header("cache-control", "no-store")
        },
    );
    let long = |more: usize| format!("/payloads?org_id={}", "y".repeat(8 * 1024 - more));
    vec![
        shape,
        case("A URL of more than 8 KiB is a 414.")
            .get(long(0))
            .refuses(414, "the URL is too long")
            .get(long(60))
            .counts(0)
            .get(format!("/payloads/{TIMELINE}{}", "y".repeat(8 * 1024)))
            .status(414),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn errors() {
    Served::start(&[]).await.hold(cases()).await;
}

// Seen to fail with addresses taken from whoever claims one.
#[tokio::test(flavor = "multi_thread")]
async fn who_asks_too_often_is_told_when_to_come_again() {
    let served = Served::start(&[("MAX_REQUESTS_PER_MINUTE", "2")]).await;
    let path = format!("{}/payloads", PREFIXES[0]);
    let claimed = |number: u32| [("x-forwarded-for", format!("198.51.100.{number}"))];
    for number in [1, 2] {
        assert_eq!(served.ask(&reqwest::Method::GET, &path, &claimed(number)).await.status, 200);
    }
    let refused = served.ask(&reqwest::Method::GET, &path, &claimed(3)).await;
    assert_eq!(refused.status, 429);
    let json = refused.json();
    assert_eq!((&json["title"], &json["status"]), (&"Too Many Requests".into(), &429.into()));
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=31).contains(&wait), "half a minute at most: {wait}");
    assert_eq!((refused.header("x-ratelimit-limit"), refused.header("x-ratelimit-remaining")), ("2", "0"));
    assert_eq!(refused.header("x-ratelimit-reset"), wait.to_string());
    assert_eq!(served.get("/health").await.status, 200, "it is never limited");
}
