//! Links to archives: what storage-broker may answer, and what becomes of it.

use std::time::Duration;

use serde_json::json;
use testkit::{Said, Upstream};

use crate::case::{Case, case};
use crate::identity::{HEADER, archivist};
use crate::served::Served;
use crate::traffic::{CANONICAL, DASHED, PART, TIMELINE, UNKNOWN, UPLOAD};

const LINK: &str = "https://bucket.example/archive?signature=x";
/// What storage-broker says and nobody must hear.
const TEXT: &str = "upstream-text";

fn link(id: &str) -> String {
    format!("/payloads/{id}/archiveLink")
}

/// With a storage-broker that gives links.
pub(crate) fn cases() -> Vec<Case> {
    let invalid = ["nope", "-1", &format!("{UPLOAD}:{PART}"), &UNKNOWN[1..]].map(str::to_owned);
    let invalid = invalid.iter().fold(
        case("An id that isn't 32 hex digits or a dashed UUID is a 400 `X is not a valid UUID`."),
        |case, id| {
            let message = format!("{id} is not a valid UUID");
            case.get(link(id)).with(HEADER, archivist()).refuses(400, message)
        },
    );
    vec![
        invalid.get(link(&UNKNOWN.to_uppercase())).with(HEADER, archivist()),
        case("`archiveLink` is `{\"url\"}`, the link that storage-broker gave.")
            .get(link(TIMELINE))
            .with(HEADER, archivist())
            .is(json!({ "url": LINK })),
    ]
}

/// What storage-broker says, and what comes of it.
fn answers() -> Vec<(Said, Case)> {
    let gives = |sentence, said: Said, status| {
        let case = case(sentence).get(link(TIMELINE)).with(HEADER, archivist());
        let case = match status {
            404 => case.refuses(404, "Payload not found"),
            _ => case.refuses(502, "a service that this one asks gave no usable answer"),
        };
        (said, case)
    };
    let none = "Where storage-broker knows no link, by a 404 or by an answer without one, it is a 404 `Payload not found`.";
    let failed = "Where storage-broker fails, takes longer than `STORAGEBROKERREQUESTTIMEOUT`, or answers anything else, it is a 502 that says nothing of its answer.";
    let redirect = "Redirects of storage-broker aren't followed.";
    let web = "Only links of `http` and `https` are passed on.";
    vec![
        gives(none, Said::new(404, TEXT), 404),
        gives(none, Said::new(200, r#"{"url":""}"#), 404),
        gives(none, Said::new(200, r#"{"url":null}"#), 404),
        gives(none, Said::new(200, format!(r#"{{"other":"{TEXT}"}}"#)), 404),
        gives(failed, Said::new(500, TEXT), 502),
        gives(failed, Said::new(401, TEXT), 502),
        gives(failed, Said::new(200, format!("<html>{TEXT}")), 502),
        gives(failed, Said::new(200, r#"{"url":5}"#), 502),
        gives(failed, Said::new(200, format!(r#"{{"url":"{LINK}","x":"{}"}}"#, TEXT.repeat(10_000))), 502),
        gives(failed, Said { after: Duration::from_secs(20), ..Said::link(LINK) }, 502),
        gives(redirect, Said::new(302, TEXT), 502),
        gives(redirect, Said::new(308, TEXT), 502),
        gives(web, Said::link("javascript:alert('upstream-text')"), 502),
        gives(web, Said::link("\tjavascript:upstream-text"), 502),
        gives(web, Said::link("ftp://upstream-text"), 502),
        gives(web, Said::link("//upstream-text"), 502),
        gives(web, Said::link("https://a\r\nb: upstream-text"), 502),
    ]
}

/// The sentences of `answers`.
pub(crate) fn cases_of_answers() -> Vec<Case> {
    answers().into_iter().map(|(_, case)| case).collect()
}

async fn served(upstream: &Upstream) -> Served {
    Served::start(&[("STORAGEBROKERURL", upstream.url()), ("STORAGEBROKERREQUESTTIMEOUT", "300")]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn links() {
    let upstream = Upstream::start(Said::link(LINK)).await.unwrap();
    served(&upstream).await.hold(cases()).await;
}

// Seen to fail with the size unlimited, and with every link let pass.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_storage_broker_answers_nothing_but_a_link_gets_through() {
    let upstream = Upstream::start(Said::link(LINK)).await.unwrap();
    let served = served(&upstream).await;
    for (said, case) in answers() {
        let what = format!("{said:?}");
        upstream.say(said);
        served.hold(vec![case]).await;
        assert_eq!(upstream.asked().len(), 2, "once for each prefix, and nowhere else: {what}");
    }
    drop(upstream);
    let away = case(
        "Where storage-broker fails, takes longer than `STORAGEBROKERREQUESTTIMEOUT`, or answers anything else, it is a 502 that says nothing of its answer.",
    );
    served.hold(vec![away.get(link(TIMELINE)).with(HEADER, archivist()).status(502)]).await;
}

// Seen to fail with the id asked for as the client has it.
#[tokio::test(flavor = "multi_thread")]
async fn storage_broker_is_asked_by_the_form_that_most_messages_used() {
    let upstream = Upstream::start(Said::link(LINK)).await.unwrap();
    let served = served(&upstream).await;
    for (asked, form) in [
        (CANONICAL, DASHED),
        (TIMELINE, TIMELINE),
        (&*TIMELINE.to_uppercase(), TIMELINE),
        (UPLOAD, UPLOAD),
        (UNKNOWN, UNKNOWN),
    ] {
        upstream.say(Said::link(LINK));
        let case = case(
            "storage-broker is asked by the form of the id that most of the payload's first hundred messages used.",
        );
        served.hold(vec![case.get(link(asked)).with(HEADER, archivist())]).await;
        assert_eq!(upstream.asked(), vec![format!("/archive/url?request_id={form}"); 2], "{asked}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_of_mock_leads_to_a_page_of_ours() {
    let served = Served::start(&[("REQUESTOR_IMPL", "mock"), ("HOSTNAME", "h")]).await;
    let url = format!("http://h:{}/app/payload-tracker/api/v1/archive/{TIMELINE}", served.port);
    let linked = case("With `REQUESTOR_IMPL=mock` the link is `http://{HOSTNAME}:{PUBLICPORT}/app/payload-tracker/api/v1/archive/{id}`.")
        .get(link(&TIMELINE.to_uppercase()))
        .with(HEADER, archivist())
        .is(json!({ "url": url }));
    let led = case("The link of mock leads to `You got an archive for {id}`.")
        .get(format!("/archive/{TIMELINE}"))
        .says("You got an archive for 0a1b2c3d4e5f60718293a4b5c6d7e8f9");
    served.hold(vec![linked, led]).await;
}
