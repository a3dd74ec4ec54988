//! Shutdown: tasks that start together and end together, in time.

use std::error::Error;
use std::future::Future;
use std::io;
use std::time::{Duration, Instant};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// How long the tasks may take to end after the stop. A hard exit is always safe, so this is courtesy, not correctness.
pub const GRACE: Duration = Duration::from_secs(15);

/// Signals this soon after the first are the same one.
const SAME_SIGNAL: Duration = Duration::from_millis(500);

/// What a task fails with.
pub type TaskError = Box<dyn Error + Send + Sync>;

/// The tasks of a process. The first that ends ends all, and so does a signal.
#[derive(Debug)]
pub struct Tasks {
    set: JoinSet<Result<(), TaskError>>,
    stop: CancellationToken,
    interrupt: Signal,
    terminate: Signal,
}

impl Tasks {
    /// Without any task yet. From now on SIGINT and SIGTERM are ours to handle.
    ///
    /// # Errors
    /// When the signal handlers can't be set.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            set: JoinSet::new(),
            stop: CancellationToken::new(),
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// The token that every task watches.
    pub fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Starts a task. It must end soon after the stop.
    pub fn spawn<E: Into<TaskError>>(&mut self, task: impl Future<Output = Result<(), E>> + Send + 'static) {
        self.set.spawn(async { task.await.map_err(Into::into) });
    }

    /// Waits for a signal or the end of a task, stops all tasks, and waits for them: for as long as the grace, or until
    /// a second signal.
    ///
    /// # Errors
    /// The first error of a task.
    pub async fn finish(mut self) -> Result<(), TaskError> {
        let mut result = tokio::select! {
            Some(first) = self.set.join_next() => outcome(first),
            name = received(&mut self.interrupt, &mut self.terminate) => {
                info!(signal = name, "stopping; a second signal stops at once");
                Ok(())
            }
        };
        self.stop.cancel();
        let rest = async {
            while let Some(ended) = self.set.join_next().await {
                result = std::mem::replace(&mut result, Ok(())).and(outcome(ended));
            }
        };
        tokio::select! {
            ended = timeout(GRACE, rest) => if ended.is_err() {
                warn!(grace_seconds = GRACE.as_secs(), "some tasks did not end in time, leaving them");
            },
            name = received_again(&mut self.interrupt, &mut self.terminate) => warn!(signal = name, "stopping at once"),
        }
        result
    }
}

async fn received(interrupt: &mut Signal, terminate: &mut Signal) -> &'static str {
    tokio::select! {
        _ = interrupt.recv() => "SIGINT",
        _ = terminate.recv() => "SIGTERM",
    }
}

/// A signal that is meant: one Ctrl-C may reach a process twice, from the terminal and from whoever started it.
async fn received_again(interrupt: &mut Signal, terminate: &mut Signal) -> &'static str {
    let stopped_at = Instant::now();
    loop {
        let name = received(interrupt, terminate).await;
        if stopped_at.elapsed() >= SAME_SIGNAL {
            return name;
        }
    }
}

fn outcome(ended: Result<Result<(), TaskError>, JoinError>) -> Result<(), TaskError> {
    ended.unwrap_or_else(|panicked| Err(panicked.into()))
}
