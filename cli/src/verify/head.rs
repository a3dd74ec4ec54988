//! `verify head`: the heads of all streams, to be kept elsewhere.

use clap::Args;
use event_store::verify::ExportedHead;
use runtime::database::DatabaseArgs;

use super::auditor_pool;
use crate::output;

/// Prints the head of every stream, one JSON object a line.
///
/// A head stands for every event of its stream up to an offset. Kept where nobody of this database can change it, it proves later
/// that none of them was: `verify log --against FILE`.
#[derive(Args, Debug)]
pub(super) struct HeadArgs {
    #[command(flatten)]
    database: DatabaseArgs,
}

pub(super) async fn run(args: HeadArgs) -> anyhow::Result<()> {
    let pool = auditor_pool(&args.database, 1).await?;
    let heads = ExportedHead::list(&pool.get().await?).await?;
    heads.iter().try_for_each(output::json)
}
