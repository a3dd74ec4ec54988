//! How a private PostgreSQL is to be run.

use std::path::PathBuf;

/// Start from [`PostgresOptions::new`] and change what differs.
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    /// The data folder: made on first use, found again later. The log, `server.log`, is in it.
    pub data_dir: PathBuf,
    /// The port on 127.0.0.1; `None` takes a free one.
    pub port: Option<u16>,
    /// Server settings as in `postgresql.conf`, name and value.
    pub settings: Vec<(String, String)>,
    /// The folder that holds `initdb` and `postgres`; `None` looks in the usual places.
    pub bin_dir: Option<PathBuf>,
    /// For tests: don't wait for the disk, and remove the data folder when the server stops or its owner dies. Commits
    /// still outlive a crash of the server, though not one of the machine.
    pub temporary: bool,
}

impl PostgresOptions {
    /// A server on `data_dir` and a free port, with PostgreSQL's own settings.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self { data_dir: data_dir.into(), port: None, settings: Vec::new(), bin_dir: None, temporary: false }
    }
}
