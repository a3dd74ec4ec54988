//! Not yet.
use clap::Args;

/// Not yet
#[derive(Args, Debug)]
pub(crate) struct ServeCommandArgs {}

pub(crate) async fn run(_args: ServeCommandArgs) -> anyhow::Result<()> {
    anyhow::bail!("not yet")
}
