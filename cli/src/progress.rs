//! Bars that follow work which counts in the background.

use std::convert::Infallible;
use std::sync::atomic::Ordering;
use std::time::Duration;

use event_store::verify::Progress;
use indicatif::{ProgressBar, ProgressStyle};
use projector::progress::Progress as Stages;
use tracing::info;

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

/// Does work in stages, with a bar that says which one it is in.
pub(crate) async fn follow_stages<T>(state: &Stages, work: impl Future<Output = T>) -> T {
    let style = "{msg} {bar:30} {human_pos} of {human_len}  {per_sec}  {eta} left";
    let bar =
        ProgressBar::new(0).with_style(ProgressStyle::with_template(style).expect("a constant template"));
    let done = tokio::select! {
        done = work => done,
        never = show_stages(&bar, state) => match never {},
    };
    bar.finish_and_clear();
    done
}

async fn show_stages(bar: &ProgressBar, state: &Stages) -> Infallible {
    let mut stage = "";
    loop {
        if stage != state.stage() {
            stage = state.stage();
            bar.reset();
            bar.set_message(stage);
            info!(stage, "began");
        }
        bar.set_length(state.total());
        bar.set_position(state.done());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
