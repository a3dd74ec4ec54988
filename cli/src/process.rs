//! The frame of every service: logs, metrics port, tasks, shutdown.

use anyhow::Context as _;
use runtime::admin::{self, AdminArgs};
use runtime::health::Health;
use runtime::shutdown::Tasks;
use runtime::telemetry;
use tokio_util::sync::CancellationToken;

/// A service that is starting.
pub(crate) struct Process {
    pub(crate) tasks: Tasks,
    pub(crate) health: Health,
}

impl Process {
    /// Opens the metrics port and takes over the signals.
    pub(crate) async fn start(args: &AdminArgs) -> anyhow::Result<Self> {
        let mut tasks = Tasks::new().context("signals can't be handled")?;
        let health = Health::default();
        let prometheus = telemetry::init_metrics()?;
        let listener = admin::bind(args.listen_address(), args.metrics_port)
            .await
            .context("the metrics port (METRICSPORT) can't be opened")?;
        let path = args.metrics_path.clone();
        tasks.spawn(admin::serve(listener, path, health.clone(), prometheus, tasks.stop()));
        Ok(Self { tasks, health })
    }

    /// Runs until a signal, or until a task ends.
    pub(crate) async fn finish(self) -> anyhow::Result<()> {
        self.tasks.finish().await.map_err(anyhow::Error::from_boxed)
    }
}

/// For tools that are no service: a token that Ctrl-C cancels.
pub(crate) fn stop_on_interrupt() -> anyhow::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt()).context("signals can't be handled")?;
    let stop = CancellationToken::new();
    let cancel = stop.clone();
    #[expect(clippy::disallowed_methods, reason = "it owns nothing, and ends with the process")]
    tokio::spawn(async move {
        interrupt.recv().await;
        cancel.cancel();
    });
    Ok(stop)
}
