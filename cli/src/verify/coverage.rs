//! `verify coverage`: is every offset accounted for?

use clap::Args;
use event_store::verify::{Coverage, verify_coverage};

use super::{ReportArgs, auditor_pool, print_findings};
use crate::output;

/// Proves that every offset between a stream's first and its next is an event, a recorded gap, or went with a retired day; and
/// that no event is there twice.
#[derive(Args, Debug)]
pub(super) struct CoverageArgs {
    #[command(flatten)]
    report: ReportArgs,
}

pub(super) async fn run(args: CoverageArgs) -> anyhow::Result<bool> {
    let pool = auditor_pool(&args.report.database, 1).await?;
    let coverage = verify_coverage(&pool).await?;
    if args.report.json {
        output::json(&coverage)?;
    } else {
        print_findings(&coverage.findings);
        print_summary(&coverage);
    }
    Ok(coverage.findings.is_empty())
}

fn print_summary(coverage: &Coverage) {
    let Coverage { streams, offsets, gaps, lost, retired, findings } = coverage;
    output::line(format_args!(
        "{streams} streams, {offsets} offsets: {retired} events retired, {gaps} offsets in recorded gaps ({lost} of them may \
         have held a record that is lost), {} findings",
        findings.len()
    ));
}
