//! Archives: one file a retired day, from which its events can be loaded again, bytes and chain alike.
//!
//! The format is JSON Lines in a zstd frame, described in `docs/archive.md`: any tool reads it, today's or not.

mod bytes;
mod line;
mod reader;
mod writer;

pub use bytes::Bytes;
pub use line::{EventLine, GapLine, Header, Line, RunEnd, RunStart, SealLine};
pub use reader::Reader;
pub use writer::{Writer, Written};

use thiserror::Error;

/// Why an archive can't be written or read.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// The file system refused.
    #[error("{file}")]
    File {
        /// The file.
        file: String,
        /// What it said.
        #[source]
        source: std::io::Error,
    },
    /// The file isn't an archive, or not all of one.
    #[error("{file}, line {line}: {reason}")]
    Format {
        /// The file.
        file: String,
        /// The line of its content, from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
}
