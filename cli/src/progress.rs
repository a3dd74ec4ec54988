//! Bars that follow work which counts in the background.

use std::convert::Infallible;
use std::sync::atomic::Ordering;
use std::time::Duration;

use event_store::verify::Progress;
use indicatif::{ProgressBar, ProgressStyle};

/// A bar over so many events, or over nobody knows how many. Shows nothing where standard error is no terminal.
pub(crate) fn bar(events: Option<u64>) -> ProgressBar {
    let (bar, template) = match events {
        Some(events) => {
            let template = "{msg} {bar:30} {human_pos} of {human_len} events  {per_sec}  {eta} left";
            (ProgressBar::new(events), template)
        }
        None => (ProgressBar::new_spinner(), "{msg} {spinner} {human_pos} events  {per_sec}"),
    };
    bar.with_style(ProgressStyle::with_template(template).expect("a constant template"))
}

/// Does some work, with the bar following its progress.
pub(crate) async fn follow<T>(bar: &ProgressBar, progress: &Progress, work: impl Future<Output = T>) -> T {
    let done = tokio::select! {
        done = work => done,
        never = show(bar, progress) => match never {},
    };
    bar.finish_and_clear();
    done
}

async fn show(bar: &ProgressBar, progress: &Progress) -> Infallible {
    loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        bar.set_position(progress.load(Ordering::Relaxed));
    }
}
