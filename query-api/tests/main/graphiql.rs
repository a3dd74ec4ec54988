//! GraphiQL, which must work without internet access.

use axum::http::header;

use crate::api::Api;

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
