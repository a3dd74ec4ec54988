//! Not yet.
use clap::Args;

/// Not yet
#[derive(Args, Debug)]
pub(crate) struct SeedArgs {}

pub(crate) async fn run(_args: SeedArgs, _stop: tokio_util::sync::CancellationToken) -> anyhow::Result<()> {
    anyhow::bail!("not yet")
}
