//! `explain` and `as-of`: why an answer is what it is, and what it was.

use clap::Args;
use projector::{Explanation, Generation, Point, active_generation, verify_pool_options};
use runtime::database::DatabaseArgs;
use schema::RequestId;

use crate::output;

/// Tells why a payload's answer is what it is: each field with the event that gave it and those that lost, how the outcome follows
/// from what each service and host said, and the raw messages. Reads only, as `payload_tracker_auditor`.
///
/// All events that the read models know of the request are decoded and folded anew from their bytes. Where the read models say
/// anything else, that is told too. (That they know of every event, `payload-tracker verify projection` proves.)
///
/// Exit code: 0; 1 when no message of it is known, or the read models say something else; 2 when something failed.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct ExplainArgs {
    /// The request: 32 hex digits, a dashed UUID, in any case, or a chain of them
    request_id: String,
    #[command(flatten)]
    look: LookArgs,
}

/// Tells what the answer for a payload was at a point of the log, and why.
///
///   payload-tracker as-of 2026-11-25T14:30:00Z 0a1b2c3d4e5f60718293a4b5c6d7e8f9    what had been appended by then
///   payload-tracker as-of 3:1500 0a1b2c3d4e5f60718293a4b5c6d7e8f9                  up to and with an event (stream:offset)
///   payload-tracker as-of 3:1500,4:720 0a1b2c3d4e5f60718293a4b5c6d7e8f9            up to and with these, and of other streams what was appended by then
///
/// A point that `retain` took out of the log is refused: what is kept can't tell how it was then.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct AsOfArgs {
    /// A time, or places in the log
    #[arg(value_name = "TIME|POSITION")]
    point: Point,
    /// The request, in any of its forms
    request_id: String,
    #[command(flatten)]
    look: LookArgs,
}

#[derive(Args, Debug)]
struct LookArgs {
    /// Print one JSON object instead of lines for people
    #[arg(long)]
    json: bool,
    /// Whose read models, and by whose rules [default: the generation that readers see]
    #[arg(long, value_name = "ID")]
    generation: Option<i32>,
    /// Refuse a request whose messages take more MiB than this: they are all in memory at once
    #[arg(long, value_name = "MIB", default_value_t = 64)]
    max_mib: u32,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Gives whether there is an answer, and it is what the read models say.
pub(crate) async fn explain(args: ExplainArgs) -> anyhow::Result<bool> {
    look(&args.look, &args.request_id, None).await
}

/// Gives whether there was an answer.
pub(crate) async fn as_of(args: AsOfArgs) -> anyhow::Result<bool> {
    look(&args.look, &args.request_id, Some(&args.point)).await
}

async fn look(args: &LookArgs, request_id: &str, point: Option<&Point>) -> anyhow::Result<bool> {
    let pool = args.database.pool(&verify_pool_options(1))?;
    schema::check_version(&**pool.get().await?).await?;
    let generation: Generation = active_generation(&pool, args.generation.map(schema::GenerationId)).await?;
    let request_id = RequestId::lookup(request_id);
    let most = usize::try_from(args.max_mib)? << 20;
    let explanation: Explanation = projector::explain(&pool, generation, &request_id, point, most).await?;
    if args.json {
        output::json(&explanation)?;
    } else {
        output::line(&explanation);
    }
    Ok(explanation.outcome.is_some() && explanation.mismatches.is_empty())
}
