use async_graphql::{EmptyMutation, EmptySubscription, Object, Request, Schema, SimpleObject, Variables};
use serde_json::json;

use super::measure::PAGE;
use super::*;

const LIMITS: Limits = Limits { bytes: 4_000, tokens: 1_000, depth: 8, size: 100, cost: 100_000 };

struct Query;

#[derive(SimpleObject)]
struct Page {
    count: i32,
    items: Vec<Item>,
}

#[derive(SimpleObject)]
struct Item {
    id: i32,
    names: Vec<String>,
}

#[Object]
impl Query {
    async fn item(&self) -> Item {
        Item { id: 1, names: vec![] }
    }

    async fn page(&self, first: Option<i32>, last: Option<i32>, filter: Option<Vec<i32>>) -> Page {
        let _ = (first, last, filter);
        Page { count: 0, items: vec![] }
    }
}

/// What is said against a query, and its code.
async fn said(limits: Limits, request: impl Into<Request>) -> Option<(String, String)> {
    let gate = Gate { limits, introspection: true };
    let schema = Schema::build(Query, EmptyMutation, EmptySubscription).extension(gate).finish();
    let answer = schema.execute(request).await;
    answer.errors.first().map(|error| {
        let code = error.extensions.as_ref().unwrap().get("code").unwrap();
        (error.message.clone(), code.to_string().trim_matches('"').to_owned())
    })
}

async fn cost(request: impl Into<Request>) -> usize {
    let (message, code) = said(Limits { cost: 0, ..LIMITS }, request).await.unwrap();
    assert_eq!(code, "TOO_COSTLY", "{message}");
    message.split(' ').find_map(|word| word.parse().ok()).unwrap()
}

/// The least limit that lets a query through.
async fn least(query: &str, limited: impl Fn(usize) -> Limits) -> usize {
    let mut least = 0;
    while said(limited(least), query).await.is_some() {
        least += 1;
        assert!(least < 100, "{query} is never let through");
    }
    least
}

#[tokio::test]
async fn the_cost_is_how_many_values_may_be_answered() {
    let question = 501;
    assert_eq!(cost("{ __typename }").await, 1);
    assert_eq!(cost("{ item { id } }").await, question + 1);
    assert_eq!(cost("{ item { id a: id __typename } }").await, question + 3);
    assert_eq!(cost("{ item { names } }").await, question + 20, "a list that nobody gives a length");
    assert_eq!(cost("{ page { count items { id } } }").await, question + 1 + 2 * PAGE);
    assert_eq!(cost("{ page(first: 3) { count items { id } } }").await, question + 1 + 2 * 3);
    assert_eq!(cost("{ page(first: 3, last: 7) { items { id names } } }").await, question + 7 * (2 + 20));
    assert_eq!(cost("{ page(first: 0) { items { id } } }").await, question);
}

#[tokio::test]
async fn the_cost_of_a_fragment_is_what_it_costs_where_it_is_spread() {
    let inline = "{ page(first: 3) { items { id names } } a: page(first: 5) { items { id names } } }";
    let spread = "{ ...q a: page(first: 5) { ...p } } fragment q on Query { page(first: 3) { ...p } } \
        fragment p on Page { ... { items { ...i ...i } } } fragment i on Item { id names }";
    assert_eq!(cost(spread).await, cost(inline).await + 8 * 21, "the item's is spread twice");
}

#[tokio::test]
async fn variables_and_their_defaults_give_a_page_its_length() {
    let query = "query($n: Int = 30) { page(first: $n) { items { id } } }";
    let given = Request::new(query).variables(Variables::from_json(json!({"n": 7})));
    assert_eq!(cost(query).await, 501 + 60);
    assert_eq!(cost(given).await, 501 + 14);
    assert_eq!(cost("query($n: Int) { page(first: $n) { items { id } } }").await, 501 + 2 * PAGE);
}

#[tokio::test]
async fn of_several_operations_none_may_cost_too_much() {
    let limits = Limits { cost: 600, ..LIMITS };
    assert_eq!(
        said(limits, Request::new("query a { item { id } } query b { item { id } }").operation_name("a"))
            .await,
        None
    );
    let costly = "query a { item { id } } query b { a: item { id } b: item { id } }";
    assert_eq!(said(limits, Request::new(costly).operation_name("a")).await.unwrap().1, "TOO_COSTLY");
}

#[tokio::test]
async fn the_depth_is_of_fields_and_fragments_alike() {
    let depth = |depth| Limits { depth, ..LIMITS };
    for (query, expected) in [
        ("{ __typename }", 1),
        ("{ page { items { id } } }", 3),
        ("{ page { ... { items { id } } } }", 4),
        ("{ ...q } fragment q on Query { page { ...p } } fragment p on Page { items { id } }", 5),
        ("{ __typename page { ...p } } fragment p on Page { items { id } }", 4),
    ] {
        assert_eq!(least(query, depth).await, expected, "{query}");
    }
}

#[tokio::test]
async fn the_size_is_what_is_looked_at_with_fragments_wherever_they_are_spread() {
    let size = |size| Limits { size, ..LIMITS };
    for (query, expected) in [
        ("{ __typename }", 1),
        ("{ item { id names } }", 3),
        ("{ item @include(if: true) { id } }", 4),
        ("{ page(first: 1, filter: [1, 2]) { count } }", 6),
        // Three for each time that it is spread, and two for what it is in itself.
        ("{ item { ...i ...i } } fragment i on Item { id }", 1 + 3 + 3 + 2),
    ] {
        assert_eq!(least(query, size).await, expected, "{query}");
    }
}

// Seen to fail with the gate at `execute` alone.
#[tokio::test]
async fn what_is_streamed_passes_the_gate_too() {
    let gate = Gate { limits: Limits { depth: 1, ..LIMITS }, introspection: true };
    let schema = Schema::build(Query, EmptyMutation, EmptySubscription).extension(gate).finish();
    let answers: Vec<_> = schema.execute_stream("{ page { count } }").collect().await;
    assert_eq!(answers.len(), 1);
    assert!(format!("{:?}", answers[0].errors).contains("TOO_DEEP"), "{answers:?}");
}

#[tokio::test]
async fn what_folds_or_looks_through_much_costs_more_than_a_field() {
    #[derive(SimpleObject)]
    struct Payload {
        explain: i32,
        number: i32,
    }

    struct Payloads;

    #[Object]
    impl Payloads {
        async fn payload(&self) -> Payload {
            Payload { explain: 1, number: 1 }
        }

        async fn statuses(&self, as_of: Option<i32>) -> Option<i32> {
            as_of
        }
    }

    let gate = Gate { limits: Limits::OURS, introspection: true };
    let schema = Schema::build(Payloads, EmptyMutation, EmptySubscription).extension(gate).finish();
    for (field, is_refused) in [("number", false), ("explain", true)] {
        let many: String = (0..100).map(|number| format!("a{number}: {field} ")).collect();
        let answer = schema.execute(format!("{{ payload {{ {many} }} }}")).await;
        assert_eq!(answer.is_err(), is_refused, "{field}: {:?}", answer.errors);
    }
    // What is looked through for what there was costs more than a list.
    for (arguments, is_refused) in [("", false), ("(asOf: 1)", true)] {
        let many: String = (0..20).map(|number| format!("a{number}: statuses{arguments} ")).collect();
        let answer = schema.execute(format!("{{ {many} }}")).await;
        assert_eq!(answer.is_err(), is_refused, "{arguments}: {:?}", answer.errors);
    }
}
