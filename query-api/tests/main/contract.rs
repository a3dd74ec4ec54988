//! The contracts that are checked in.

#[test]
fn the_graphql_schema_is_the_one_that_is_checked_in() {
    let checked_in = include_str!("../../../schema/schema.graphql");
    assert!(query_api::sdl() == checked_in, "schema/schema.graphql is out of date: run `make contracts`");
}
