//! What can go wrong, each with what to do about it.

use std::io;
use std::path::{Path, PathBuf};

/// Why a server didn't start or stop. Messages are for the person at the terminal.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No server binaries anywhere.
    #[error(
        "PostgreSQL's server binaries (15 or newer) were not found. Install them with `{}`, or name the folder that holds initdb and postgres",
        install_line()
    )]
    NotInstalled,
    /// The folder named by the caller holds no usable binaries.
    #[error("{} holds no initdb and postgres of version 15 or newer", .bin_dir.display())]
    NotInFolder {
        /// The folder as given.
        bin_dir: PathBuf,
    },
    /// The data folder belongs to another major version.
    #[error(
        "{} was made by PostgreSQL {made_by}, but the binaries found are of version {found}: install version {made_by}, or remove the folder to start afresh",
        .data_dir.display()
    )]
    OtherVersion {
        /// The data folder.
        data_dir: PathBuf,
        /// The major version that made it.
        made_by: u32,
        /// The major version at hand.
        found: u32,
    },
    /// The folder holds something else.
    #[error("{} is not empty and holds no PostgreSQL data: name an empty or a new folder", .data_dir.display())]
    NotOurs {
        /// The data folder.
        data_dir: PathBuf,
    },
    /// PostgreSQL doesn't run as root, and the account it runs as instead can't reach the data folder.
    #[error(
        "PostgreSQL doesn't run as root, so it runs as uid {uid}, and that account may not enter {}: name a data folder elsewhere (for example below /var/tmp), or run as an ordinary user",
        .folder.display()
    )]
    Unreachable {
        /// The folder on the way that can't be entered.
        folder: PathBuf,
        /// The account that was to run the server.
        uid: u32,
    },
    /// A server runs on this data folder.
    #[error("a PostgreSQL server already runs on {}: stop it, or name another data folder", .data_dir.display())]
    AlreadyRunning {
        /// The data folder.
        data_dir: PathBuf,
    },
    /// Someone else listens on the port.
    #[error("port {port} of 127.0.0.1 is taken: stop what listens there, or choose another port")]
    PortTaken {
        /// The port asked for.
        port: u16,
    },
    /// A program gave up; its last words are part of the message.
    #[error("{program} failed. The end of its log ({}):\n{last_lines}", .log.display())]
    Failed {
        /// Which program.
        program: &'static str,
        /// Its log; already gone when the data folder was temporary.
        log: PathBuf,
        /// The end of the log.
        last_lines: String,
    },
    /// The server runs but isn't ready in time.
    #[error("PostgreSQL was not ready after {seconds} s. The end of its log ({}):\n{last_lines}", .log.display())]
    NotReady {
        /// How long we waited.
        seconds: u64,
        /// The server's log.
        log: PathBuf,
        /// The end of the log.
        last_lines: String,
    },
    /// The operating system refused.
    #[error("can't {action}")]
    Io {
        /// What was tried, in words.
        action: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// librdkafka refused.
    #[error("the embedded Kafka broker failed")]
    Kafka(#[from] rdkafka::error::KafkaError),
}

impl Error {
    pub(crate) fn from_bind(port: u16, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::PortTaken { port },
            _ => Self::Io { action: format!("listen on port {port} of 127.0.0.1"), source },
        }
    }
}

/// Adds what was tried to an [`io::Error`].
pub(crate) trait Trying<T> {
    /// For a failure that concerns `path`.
    fn trying(self, verb: &str, path: &Path) -> Result<T, Error>;
}

impl<T> Trying<T> for io::Result<T> {
    fn trying(self, verb: &str, path: &Path) -> Result<T, Error> {
        self.map_err(|source| Error::Io { action: format!("{verb} {}", path.display()), source })
    }
}

fn install_line() -> &'static str {
    if cfg!(target_os = "macos") {
        "brew install postgresql@17"
    } else if Path::new("/usr/bin/dnf").exists() {
        "sudo dnf install -y postgresql-server"
    } else {
        "sudo apt-get install -y postgresql"
    }
}
