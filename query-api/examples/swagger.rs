//! Prints the OpenAPI document as Swagger 2.0: `make contracts` writes it to `schema/swagger.json`.

#[expect(clippy::print_stdout, reason = "it is the result")]
fn main() {
    println!("{:#}", query_api::swagger());
}
