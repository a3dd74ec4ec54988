//! What tools print: their results, on standard output.

/// A line for people.
#[expect(clippy::print_stdout, reason = "its result is what a tool prints")]
pub(crate) fn line(line: impl std::fmt::Display) {
    println!("{line}");
}

/// A JSON object on a line, for machines.
pub(crate) fn json(object: &impl serde::Serialize) -> anyhow::Result<()> {
    line(serde_json::to_string(object)?);
    Ok(())
}
