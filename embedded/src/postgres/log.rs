//! The log of a program we started, of which errors show the end.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::error::Trying;

/// Enough for the lines that matter, whatever the size of the log.
const TAIL_BYTES: u64 = 8 * 1024;
const TAIL_LINES: usize = 12;

/// An open log, and where in it this run begins.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) path: PathBuf,
    pub(super) file: File,
    begin: u64,
}

impl Log {
    /// Opens the log to append to it.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let file =
            fs::OpenOptions::new().read(true).append(true).create(true).open(path).trying("open", path)?;
        let begin = file.metadata().trying("look at", path)?.len();
        Ok(Self { path: path.to_path_buf(), file, begin })
    }

    /// A handle for the child's output; shares the lock, if there is one.
    pub(super) fn for_child(&self) -> Result<File, Error> {
        self.file.try_clone().trying("open", &self.path)
    }

    /// The end of what this run wrote.
    pub(super) fn last_lines(&self) -> String {
        let end = self.file.metadata().map_or(self.begin, |metadata| metadata.len());
        let begin = self.begin.max(end.saturating_sub(TAIL_BYTES));
        let mut tail = vec![0; usize::try_from(end.saturating_sub(begin)).unwrap_or_default()];
        let read = self.file.read_at(&mut tail, begin).unwrap_or_default();
        let text = String::from_utf8_lossy(&tail[..read]);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
    }
}
