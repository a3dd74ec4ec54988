//! Makes cargo notice a new migration: the macro that embeds them names no file.
fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
