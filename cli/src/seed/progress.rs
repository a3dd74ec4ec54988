//! How far the sending is.

use std::time::Instant;

use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use tracing::info;

/// A bar with rate and remaining time; nothing but the result where stderr is no terminal.
pub(super) struct Progress {
    bar: ProgressBar,
    started_at: Instant,
}

impl Progress {
    pub(super) fn start(messages: u64) -> Self {
        let style = "{bar:40} {human_pos}/{human_len} messages  {per_sec}  {eta} left";
        let style = ProgressStyle::with_template(style).expect("a constant template");
        Self { bar: ProgressBar::new(messages).with_style(style), started_at: Instant::now() }
    }

    pub(super) fn show(&self, delivered: u64) {
        self.bar.set_position(delivered);
    }

    pub(super) fn end(&self, delivered: u64) {
        self.bar.finish_and_clear();
        let per_second = (delivered as f64 / self.started_at.elapsed().as_secs_f64()) as u64;
        info!(delivered = %HumanCount(delivered), per_second = %HumanCount(per_second), "sent");
    }
}
