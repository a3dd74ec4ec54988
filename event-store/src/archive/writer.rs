//! Writing an archive: under another name until all of it is on the disk.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use schema::Head;
use zstd::{Decoder, Encoder};

use super::line::{Header, Line, VERSION};
use super::{ArchiveError, Reader};

/// Of what zstd offers, where more effort stops paying.
const LEVEL: i32 = 3;

/// An archive that is being written.
pub struct Writer {
    file: PathBuf,
    partial: PathBuf,
    encoder: Encoder<'static, Hashing<BufWriter<File>>>,
    runs: u64,
    events: u64,
}

/// An archive that is complete, and was read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Where it is.
    pub file: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// BLAKE3 of the file.
    pub blake3: Head,
}

impl Written {
    /// Gives it a name that no one takes for an archive of the log: another file will hold the day.
    ///
    /// # Errors
    /// When the folder can't be written to.
    pub(crate) fn set_aside(&self) -> Result<(), ArchiveError> {
        fs::rename(&self.file, self.file.with_extension("zst.superseded"))
            .map_err(|source| failed(&self.file, source))
    }
}

impl Writer {
    /// Begins the archive of a day in a folder.
    ///
    /// # Errors
    /// When the folder can't be written to.
    pub fn create(folder: &Path, day: NaiveDate) -> Result<Self, ArchiveError> {
        let file = folder.join(format!("events-{day}.jsonl.zst"));
        let partial = file.with_extension("zst.partial");
        let create = || {
            let sink =
                Hashing { sink: BufWriter::new(File::create(&partial)?), hasher: blake3::Hasher::new() };
            let mut encoder = Encoder::new(sink, LEVEL)?;
            encoder.include_checksum(true)?;
            Ok(encoder)
        };
        let encoder = create().map_err(|source| failed(&file, source))?;
        let mut writer = Self { file, partial, encoder, runs: 0, events: 0 };
        writer.write(&Line::Archive(Header {
            format: "payload-tracker event archive".to_owned(),
            version: VERSION,
            day,
            about: "JSON Lines; described in docs/archive.md of payload-tracker".to_owned(),
        }))?;
        Ok(writer)
    }

    /// Adds a line.
    ///
    /// # Errors
    /// When the disk is full, or such.
    pub fn write(&mut self, line: &Line) -> Result<(), ArchiveError> {
        match line {
            Line::Run(_) => self.runs += 1,
            Line::Event(_) => self.events += 1,
            Line::Archive(_) | Line::Gap(_) | Line::Seal(_) | Line::RunEnd(_) | Line::End { .. } => {}
        }
        let write = || {
            serde_json::to_writer(&mut self.encoder, line)?;
            self.encoder.write_all(b"\n")
        };
        let mut write = write;
        write().map_err(|source| failed(&self.file, source))
    }

    /// Ends it, brings it to the disk, reads it back, and gives it its name.
    ///
    /// # Errors
    /// When the disk is full, or what comes back isn't what was written.
    pub fn finish(mut self) -> Result<Written, ArchiveError> {
        self.write(&Line::End { runs: self.runs, events: self.events })?;
        let Self { file, partial, encoder, .. } = self;
        let sync = || {
            let Hashing { sink, hasher } = encoder.finish()?;
            sink.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
            Ok(hasher.finalize())
        };
        let hash = sync().map_err(|source| failed(&file, source))?;
        for line in Reader::open(&partial)? {
            line?;
        }
        publish(&partial, &file, hash).map_err(|source| failed(&file, source))
    }
}

/// Gives a complete archive its name. One that was written before the process died, and that holds the same, is taken instead; one
/// that holds something else stays: the day had been retired before, and events came into it later.
fn publish(partial: &Path, file: &Path, hash: blake3::Hash) -> io::Result<Written> {
    let mut name = file.to_owned();
    for number in 2.. {
        if !name.exists() {
            break;
        }
        if holds_the_same(partial, &name)? {
            fs::remove_file(partial)?;
            // Whoever wrote it may have died before it was on the disk.
            File::open(&name)?.sync_all()?;
            sync_folder(&name)?;
            let hash = blake3::Hasher::new().update_reader(File::open(&name)?)?.finalize();
            let bytes = fs::metadata(&name)?.len();
            return Ok(Written { file: name, bytes, blake3: Head(*hash.as_bytes()) });
        }
        // events-2026-11-24.jsonl.zst, then events-2026-11-24-2.jsonl.zst
        let text = file.to_string_lossy();
        name = format!("{}-{number}.jsonl.zst", text.trim_end_matches(".jsonl.zst")).into();
    }
    // Not by renaming, which would take the place of what somebody else has put there in the meantime.
    fs::hard_link(partial, &name)?;
    fs::remove_file(partial)?;
    sync_folder(&name)?;
    Ok(Written { bytes: fs::metadata(&name)?.len(), file: name, blake3: Head(*hash.as_bytes()) })
}

fn sync_folder(file: &Path) -> io::Result<()> {
    File::open(file.parent().unwrap_or(Path::new(".")))?.sync_all()
}

/// Whether both come to the same lines, however they were compressed.
fn holds_the_same(one: &Path, other: &Path) -> io::Result<bool> {
    let lines = |file| Ok::<_, io::Error>(BufReader::new(Decoder::new(File::open(file)?)?).split(b'\n'));
    let (mut one, mut other) = (lines(one)?, lines(other)?);
    loop {
        match (one.next().transpose()?, other.next()) {
            (None, None) => return Ok(true),
            (Some(line), Some(Ok(same))) if line == same => {}
            // What was cut off or damaged doesn't hold the same either.
            _ => return Ok(false),
        }
    }
}

pub(super) fn failed(file: &Path, source: io::Error) -> ArchiveError {
    ArchiveError::File { file: file.display().to_string(), source }
}

struct Hashing<W> {
    sink: W,
    hasher: blake3::Hasher,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.sink.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}
