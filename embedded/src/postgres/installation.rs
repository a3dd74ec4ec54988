//! Where PostgreSQL's server binaries are.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::Error;

/// The oldest major version whose behaviour we rely on.
const OLDEST: u32 = 15;

/// Folders whose children, when named so, hold one version each; Debian's `initdb` is on nobody's `PATH`.
const VERSIONED: [(&str, &str); 5] = [
    ("/usr/lib/postgresql", ""),
    ("/usr", "pgsql-"),
    ("/opt/homebrew/opt", "postgresql"),
    ("/usr/local/opt", "postgresql"),
    ("/Applications/Postgres.app/Contents/Versions", ""),
];

/// A folder with `initdb` and `postgres` of one version.
#[derive(Debug)]
pub(super) struct Installation {
    pub(super) bin_dir: PathBuf,
    pub(super) major: u32,
}

impl Installation {
    /// The installation that made the data (`major`) if it is there, else the first usable one.
    pub(super) async fn find(bin_dir: Option<&Path>, major: Option<u32>) -> Result<Self, Error> {
        if let Some(bin_dir) = bin_dir {
            let found = Self::inspect(bin_dir.to_path_buf()).await;
            return found.ok_or_else(|| Error::NotInFolder { bin_dir: bin_dir.to_path_buf() });
        }
        let mut first = None;
        for bin_dir in candidates().await {
            let Some(found) = Self::inspect(bin_dir).await else { continue };
            if major.is_none_or(|major| major == found.major) {
                return Ok(found);
            }
            first.get_or_insert(found);
        }
        first.ok_or(Error::NotInstalled)
    }

    async fn inspect(bin_dir: PathBuf) -> Option<Self> {
        if !bin_dir.join("initdb").is_file() {
            return None;
        }
        let version = output(Command::new(bin_dir.join("postgres")).arg("--version")).await?;
        let major = major(&version).filter(|&major| major >= OLDEST)?;
        Some(Self { bin_dir, major })
    }
}

async fn candidates() -> Vec<PathBuf> {
    let configured = output(Command::new("pg_config").arg("--bindir")).await;
    let mut found: Vec<PathBuf> = configured.map(|line| PathBuf::from(line.trim())).into_iter().collect();
    for (parent, prefix) in VERSIONED {
        found.extend(newest_first(Path::new(parent), prefix).into_iter().map(|folder| folder.join("bin")));
    }
    found.extend(["/usr/bin", "/usr/local/bin"].map(PathBuf::from));
    found
}

fn newest_first(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = parent.read_dir() else { return Vec::new() };
    let mut folders: Vec<(Reverse<u32>, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let version = name.strip_prefix(prefix)?.trim_start_matches(['@', '-']);
            // Homebrew's unversioned link comes last: it names no version to compare.
            Some((Reverse(version.parse::<f32>().map_or(0, |version| version as u32)), entry.path()))
        })
        .collect();
    folders.sort();
    folders.into_iter().map(|(_, folder)| folder).collect()
}

async fn output(command: &mut Command) -> Option<String> {
    let output = command.output().await.ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}

/// The major version in a line such as `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`, or 17 of `17rc1`.
fn major(version_line: &str) -> Option<u32> {
    let version =
        version_line.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_every_vendors_version_line() {
        assert_eq!(major("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 18rc1\n"), Some(18));
        assert_eq!(major("postgres (Homebrew PostgreSQL) 17\n"), Some(17));
        assert_eq!(major("postgres"), None);
    }

    #[test]
    fn the_newest_version_comes_first() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["postgresql@9", "postgresql@17", "postgresql@16", "postgresql", "mysql"] {
            std::fs::create_dir(parent.path().join(name)).unwrap();
        }
        let found = newest_first(parent.path(), "postgresql");
        let names: Vec<_> =
            found.iter().map(|folder| folder.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["postgresql@17", "postgresql@16", "postgresql@9", "postgresql"]);
    }

    #[tokio::test]
    async fn a_named_folder_without_binaries_is_refused_by_name() {
        let error = Installation::find(Some(Path::new("/nowhere")), None).await.unwrap_err();
        assert_eq!(error.to_string(), "/nowhere holds no initdb and postgres of version 15 or newer");
    }
}
