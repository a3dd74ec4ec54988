//! Reading an archive, and checking while reading that it is whole: each run comes to the head that it says.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use zstd::Decoder;

use super::ArchiveError;
use super::line::{Line, RunStart, VERSION};
use super::writer::failed;
use crate::chain::Chain;

/// The lines of an archive.
pub struct Reader {
    file: String,
    lines: BufReader<Decoder<'static, BufReader<File>>>,
    buffer: String,
    line: u64,
    state: State,
    runs: u64,
    events: u64,
}

enum State {
    /// Nothing was read yet.
    Start,
    /// Between runs.
    Between,
    /// Within a run: its start, its chain so far, and the offset after its last event.
    Run { start: RunStart, chain: Chain, count: i64, next_offset: i64 },
    /// All was read, or nothing more can be.
    End,
}

impl Reader {
    /// Opens an archive.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn open(file: &Path) -> Result<Self, ArchiveError> {
        let open = || Decoder::new(File::open(file)?);
        let lines = open().map_err(|source| failed(file, source))?;
        Ok(Self {
            file: file.display().to_string(),
            lines: BufReader::new(lines),
            buffer: String::new(),
            line: 0,
            state: State::Start,
            runs: 0,
            events: 0,
        })
    }

    fn read(&mut self) -> Result<Line, ArchiveError> {
        self.buffer.clear();
        self.line += 1;
        match self.lines.read_line(&mut self.buffer) {
            Ok(0) => Err(self.wrong("the file ends here, but the archive doesn't: it was cut off")),
            Ok(_) => serde_json::from_str(&self.buffer).map_err(|error| self.wrong(error.to_string())),
            Err(error) => Err(self.wrong(error.to_string())),
        }
    }

    fn check(&mut self, line: &Line) -> Result<(), ArchiveError> {
        match (&mut self.state, line) {
            (State::Start, Line::Archive(header)) => {
                if header.version != VERSION {
                    let reason = format!("version {} of the format is not known here", header.version);
                    return Err(self.wrong(reason));
                }
                self.state = State::Between;
            }
            (State::Between, Line::Run(start)) => {
                let RunStart { topic, partition, lineage, head_before, events_before, .. } = start;
                let chain = Chain::of(topic, *partition, *lineage, *head_before, *events_before);
                self.state =
                    State::Run { start: start.clone(), chain, count: 0, next_offset: start.from_offset };
                self.runs += 1;
            }
            (State::Run { start, chain, count, next_offset }, Line::Event(event)) => {
                if event.offset < *next_offset || (*count == 0 && event.offset != start.from_offset) {
                    return Err(self.wrong("the events are not in order"));
                }
                if start.is_chained() {
                    chain.push(&event.as_ref().clone().into_record());
                }
                *count += 1;
                *next_offset = event.offset + 1;
                self.events += 1;
            }
            (State::Run { chain, next_offset, .. }, Line::Seal(seal)) => {
                if (seal.next_offset, seal.head) != (*next_offset, chain.head()) {
                    return Err(
                        self.wrong("the events before it don't come to this seal: the file was changed")
                    );
                }
            }
            (State::Run { .. }, Line::Gap(_)) => {}
            (State::Run { chain, count, next_offset, .. }, Line::RunEnd(end)) => {
                let reached = (*next_offset, *count, chain.head());
                if (end.to_offset, end.event_count, end.head_after) != reached {
                    return Err(
                        self.wrong("the events of the run don't come to its head: the file was changed")
                    );
                }
                self.state = State::Between;
            }
            (State::Between, Line::End { runs, events }) => {
                if (*runs, *events) != (self.runs, self.events) {
                    return Err(self.wrong("runs or events are missing: the file was changed"));
                }
                self.state = State::End;
            }
            _ => return Err(self.wrong("a line of this kind doesn't belong here")),
        }
        Ok(())
    }

    fn wrong(&self, reason: impl Into<String>) -> ArchiveError {
        ArchiveError::Format { file: self.file.clone(), line: self.line, reason: reason.into() }
    }
}

impl Iterator for Reader {
    type Item = Result<Line, ArchiveError>;

    fn next(&mut self) -> Option<Self::Item> {
        if matches!(self.state, State::End) {
            return None;
        }
        let line = self.read().and_then(|line| self.check(&line).map(|()| line));
        if line.is_err() {
            self.state = State::End;
        }
        Some(line)
    }
}
