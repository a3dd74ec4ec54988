//! GraphiQL, which must work without internet access.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use testkit::wait_until;

use crate::api::{Api, ID, message};
use crate::browser::Browser;
use crate::live::served::Served;

/// What the page and its own script load: the values of `src`, `href` and `url`.
pub(crate) fn links(text: &str) -> Vec<String> {
    let values = ["src=\"", "href=\"", "url: \""].into_iter().flat_map(|start| text.split(start).skip(1));
    values.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())).collect()
}

#[tokio::test]
async fn everything_that_the_page_loads_is_served_from_here() {
    let api = Api::of(&[]).await;
    let page = api.get("/graphql").await;
    assert!(page.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html"));
    let start = api.get("/graphql/assets/start.js").await;
    let links = [links(&page.text), links(&start.text)].concat();
    assert!(links.len() >= 6, "{links:?}");
    for link in links.iter().filter(|link| !link.starts_with("data:")) {
        assert!(link.starts_with("/graphql"), "{link} is somewhere else");
        let answer = api.get(link).await;
        assert_eq!(answer.status, 200, "{link}");
        let kind = answer.headers[header::CONTENT_TYPE].to_str().unwrap();
        assert!(
            ["text/javascript", "text/css", "text/html"].iter().any(|known| kind.starts_with(known)),
            "{link}: {kind}"
        );
        assert!(!answer.text.contains("sourceMappingURL"), "{link} asks for a source map");
    }
}

#[tokio::test]
async fn what_graphiql_asks_of_the_schema_is_answered() {
    let api = Api::of(&[]).await;
    // The depth to which GraphiQL unwraps types.
    let kind = (0..9).fold("kind name".to_owned(), |inner, _| format!("kind name ofType {{ {inner} }}"));
    let query = format!("{{ __schema {{ types {{ fields {{ args {{ type {{ {kind} }} }} }} }} }} }}");
    let answer = api.graphql(&query).await;
    assert!(answer["errors"].is_null(), "{}", answer["errors"]);
}

/// The queries of its tabs.
async fn examples(api: &Api) -> Vec<String> {
    let start = api.get("/graphql/assets/start.js").await.text;
    let after = start.split("query: `").skip(1);
    after.map(|rest| rest.split_once('`').expect("it ends").0.to_owned()).collect()
}

#[tokio::test]
async fn every_example_asks_what_the_schema_has() {
    let api = Api::of(&[message(1)]).await;
    let examples = examples(&api).await;
    assert!(examples.len() >= 6, "{}", examples.len());
    let variables = json!({"requestId": ID, "from": "2026-08-22T00:00:00Z", "to": "2026-08-23T00:00:00Z"});
    // A subscription is run in the browser.
    for query in examples.iter().filter(|query| !query.contains("subscription")) {
        let body = json!({"query": query, "variables": variables}).to_string();
        let request = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
        let answer: Value = api.send(request.body(Body::from(body)).unwrap()).await.json();
        assert!(answer["errors"].is_null(), "{query}: {}", answer["errors"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_shows_what_is_asked_and_then_what_happens() {
    let Some(browser) = Browser::start().await else { return };
    let served = Served::start(&[]).await;
    served.log.tell(0, &[message(1)]).await;
    browser.open(&format!("http://{}/graphql", served.address)).await;
    let response = ".graphiql-response";
    let execute = ".graphiql-execute-button[aria-label^=Execute]";
    browser.click(execute).await;
    browser.wait_for_text(response, &format!("{:032x}", 1)).await;

    let tabs: Vec<String> = examples(&served.api).await;
    let live = 1 + tabs.iter().position(|query| query.contains("subscription Live")).unwrap();
    browser.click(&format!(".graphiql-tab:nth-child({live}) .graphiql-tab-button")).await;
    browser.wait_for_text(".graphiql-query-editor", "subscription Live").await;
    let mut number = 1;
    // What was there before it listened isn't told.
    wait_until("it hears of something new", async || {
        // Once may not be enough: the button stops what hasn't ended yet, and just after a tab was chosen a click was seen to start nothing.
        browser.click_if_there(execute).await;
        number += 1;
        served.log.tell(0, &[message(number)]).await;
        browser.says(response, "statusMsg").await.then_some(())
    })
    .await;
    browser.close().await;
}
