//! Not yet.
use clap::Args;

/// Not yet
#[derive(Args, Debug)]
pub(crate) struct DevArgs {}

pub(crate) async fn run(_args: DevArgs) -> anyhow::Result<()> {
    anyhow::bail!("not yet")
}
