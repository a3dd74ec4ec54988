//! Prints the GraphQL schema: `make contracts` writes it to `schema/schema.graphql`.

#[expect(clippy::print_stdout, reason = "it is the result")]
fn main() {
    print!("{}", query_api::sdl());
}
