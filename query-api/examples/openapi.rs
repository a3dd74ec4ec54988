//! Prints the OpenAPI document: `make contracts` writes it to `schema/openapi.json`.

#[expect(clippy::print_stdout, reason = "it is the result")]
fn main() {
    println!("{:#}", query_api::openapi());
}
