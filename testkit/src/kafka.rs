//! A real Apache Kafka of one node, for what librdkafka's mock cluster can't do: topics that are deleted and made anew,
//! added partitions, retention, transactions, and the true timing of rebalances.

mod secured;
mod topic;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use embedded::{Guarded, GuardedOptions, Signal, free_port};
use rdkafka::admin::AdminClient;
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use self::secured::Secured;
use crate::Authority;

const JARS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../.setup/kafka");
const PROPERTIES: &str = include_str!("../kafka/server.properties");
/// Any id will do: 16 bytes in URL-safe base64.
const CLUSTER_ID: &str = "cGF5bG9hZC10cmFja2Vy0w";
const DEADLINE: Duration = Duration::from_secs(60);
const INTERVAL: Duration = Duration::from_millis(50);
/// How often a free port may turn out to be taken after all.
const PORT_ATTEMPTS: u32 = 5;

/// A running broker on 127.0.0.1, whose topics go with it. It doesn't outlive the test process.
#[derive(Debug)]
pub struct Kafka {
    folder: PathBuf,
    port: u16,
    secured: Option<Secured>,
    node: Option<Guarded>,
    admin: Arc<AdminClient<DefaultClientContext>>,
}

impl Kafka {
    /// Starts one, without topics.
    ///
    /// # Errors
    /// When Java or the jars are missing: `make setup` mends that.
    pub async fn start() -> Result<Self> {
        Self::start_with(None).await
    }

    /// Starts one that can also be reached over TLS, with a login.
    ///
    /// # Errors
    /// As [`Kafka::start`].
    pub async fn start_secured(authority: &Authority) -> Result<Self> {
        Self::start_with(Some(authority)).await
    }

    async fn start_with(authority: Option<&Authority>) -> Result<Self> {
        let mut attempt = 1;
        loop {
            match Self::start_on(free_port()?, authority.map(Secured::new).transpose()?).await {
                Err(error) if is_port_taken(&error) && attempt < PORT_ATTEMPTS => attempt += 1,
                result => return result,
            }
        }
    }

    /// `host:port`, as clients want it.
    pub fn bootstrap_servers(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Host, port, user and password of the way over TLS.
    ///
    /// # Errors
    /// When it was started without one.
    pub fn secured(&self) -> Result<(&'static str, u16, &'static str, &'static str)> {
        let secured = self.secured.as_ref().context("this broker speaks plain text alone")?;
        Ok(("localhost", secured.port, secured::USERNAME, secured::PASSWORD))
    }

    /// Stops the broker for good and removes its folder.
    ///
    /// # Errors
    /// When the operating system can't tell whether it ended.
    pub async fn stop(mut self) -> Result<()> {
        if let Some(node) = self.node.take() {
            node.stop().await?;
        }
        Ok(())
    }

    /// Kills the broker; its data stay for [`Kafka::restart`].
    ///
    /// # Errors
    /// When the operating system can't tell whether it ended.
    pub async fn kill(&mut self) -> Result<()> {
        self.end(Signal::Kill).await
    }

    /// Starts the broker again on the same port and with the same data, after an orderly shutdown if it still runs.
    ///
    /// # Errors
    /// As [`Kafka::start`].
    pub async fn restart(&mut self) -> Result<()> {
        self.end(Signal::Terminate).await?;
        self.launch().await
    }

    /// Makes the broker stand still with its connections open, as a machine that swaps would.
    ///
    /// # Errors
    /// When it has ended.
    pub async fn pause(&mut self) -> Result<()> {
        Ok(self.node.as_mut().context("Kafka doesn't run")?.signal(Signal::Pause).await?)
    }

    /// Ends a [`Kafka::pause`].
    ///
    /// # Errors
    /// When it has ended.
    pub async fn resume(&mut self) -> Result<()> {
        Ok(self.node.as_mut().context("Kafka doesn't run")?.signal(Signal::Resume).await?)
    }

    async fn start_on(port: u16, secured: Option<Secured>) -> Result<Self> {
        if !Path::new(JARS).is_dir() {
            bail!("Kafka's jars are not in .setup/kafka: run `make setup`");
        }
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", format!("127.0.0.1:{port}"));
        // Outages are part of the tests: come back at once.
        config.set("reconnect.backoff.ms", "50").set("reconnect.backoff.max.ms", "200");
        let admin = Arc::new(config.create()?);
        let folder = tempfile::Builder::new().prefix("payload-tracker-kafka-").tempdir()?.keep();
        let mut kafka = Self { folder, port, secured, node: None, admin };
        kafka.format().await?;
        kafka.launch().await?;
        Ok(kafka)
    }

    /// Writes the configuration and makes the folder ready for it.
    async fn format(&self) -> Result<()> {
        let (port, controller_port, folder) = (self.port, free_port()?, self.folder.display());
        let secured = self.secured.as_ref();
        let listener = secured.map(Secured::listener).unwrap_or_default();
        let advertised = listener.replace("127.0.0.1", "localhost");
        let more = secured.map(|secured| secured.properties(&self.folder)).transpose()?.unwrap_or_default();
        let properties = format!(
            "{PROPERTIES}\n{more}\
             listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}{listener}\n\
             advertised.listeners=PLAINTEXT://127.0.0.1:{port}{advertised}\n\
             controller.quorum.voters=1@127.0.0.1:{controller_port}\n\
             log.dirs={folder}/data\n"
        );
        fs::write(self.properties(), properties)?;
        let mut format = Command::new("java");
        format.args(java_args()).args([
            "kafka.tools.StorageTool",
            "format",
            "--cluster-id",
            CLUSTER_ID,
            "--config",
        ]);
        format.arg(self.properties()).args(["--add-scram", &secured::scram()]).kill_on_drop(true);
        let output = format.output().await.context("java can't be run: run `make setup`")?;
        if !output.status.success() {
            bail!("Kafka's storage can't be formatted: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    }

    async fn launch(&mut self) -> Result<()> {
        let mut args = java_args();
        args.extend(["kafka.Kafka".to_owned(), self.properties().display().to_string()]);
        let mut node = Guarded::spawn(GuardedOptions {
            program: "java".into(),
            args: args.into_iter().map(Into::into).collect(),
            env: Vec::new(),
            account: None,
            current_dir: self.folder.clone(),
            log: File::create(self.folder.join("server.log"))?,
            // Nothing of it is needed any more.
            stop_signal: Signal::Kill,
            remove_on_stop: Some(self.folder.clone()),
        })?;
        let deadline = Instant::now() + DEADLINE;
        while !answers(&self.admin).await {
            if node.try_exited()?.is_some() || Instant::now() > deadline {
                let log = fs::read_to_string(self.folder.join("server.log")).unwrap_or_default();
                bail!("Kafka didn't start:\n{log}");
            }
            sleep(INTERVAL).await;
        }
        self.node = Some(node);
        Ok(())
    }

    async fn end(&mut self, signal: Signal) -> Result<()> {
        if let Some(mut node) = self.node.take() {
            // It can't be signalled when it has ended by itself, which is as good.
            _ = node.signal(signal).await;
            node.exited().await?;
        }
        Ok(())
    }

    fn properties(&self) -> PathBuf {
        self.folder.join("server.properties")
    }
}

fn java_args() -> Vec<String> {
    let jars = format!("{JARS}/*");
    // Warnings alone, and a collector and compiler that start fast on few cores.
    let args = [
        "-Xmx768m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        "-cp",
        &jars,
    ];
    args.map(str::to_owned).into()
}

fn is_port_taken(error: &anyhow::Error) -> bool {
    error.to_string().contains("Address already in use")
}

async fn answers(admin: &Arc<AdminClient<DefaultClientContext>>) -> bool {
    let admin = Arc::clone(admin);
    let ask = move || admin.inner().fetch_metadata(None, Duration::from_millis(500));
    matches!(tokio::task::spawn_blocking(ask).await, Ok(Ok(metadata)) if !metadata.brokers().is_empty())
}

impl Drop for Kafka {
    fn drop(&mut self) {
        // While it runs, ending it removes the folder.
        if self.node.is_none() {
            _ = fs::remove_dir_all(&self.folder);
        }
    }
}
