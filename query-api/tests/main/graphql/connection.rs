//! Connections, and how they are walked.

use serde_json::Value;

use crate::api::Api;

/// A page of a list of the root.
pub(super) async fn page(api: &Api, list: &str, arguments: &str, fields: &str) -> Value {
    let answer = api.graphql(&format!("{{ {list}{arguments} {{ {fields} }} }}")).await;
    assert!(answer["errors"].is_null(), "{list}{arguments}: {answer}");
    answer["data"][list].clone()
}

pub(super) fn numbers(page: &Value) -> Vec<i64> {
    page["nodes"].as_array().unwrap().iter().map(|node| node["number"].as_i64().unwrap()).collect()
}

/// All of a list, page by page, in the order of the list.
pub(super) async fn walked(api: &Api, list: &str, order: &str, is_from_end: bool) -> Vec<i64> {
    let (length, edge) = if is_from_end { ("last", "before") } else { ("first", "after") };
    let (cursor, more) =
        if is_from_end { ("startCursor", "hasPreviousPage") } else { ("endCursor", "hasNextPage") };
    let (mut all, mut from) = (Vec::new(), "null".to_owned());
    loop {
        let arguments = format!("({order}, {length}: 3, {edge}: {from})");
        let fields = format!("nodes {{ number }} pageInfo {{ {cursor} {more} }}");
        let page = page(api, list, &arguments, &fields).await;
        all = if is_from_end { [numbers(&page), all].concat() } else { [all, numbers(&page)].concat() };
        if page["pageInfo"][more] == false {
            return all;
        }
        from = page["pageInfo"][cursor].to_string();
    }
}
