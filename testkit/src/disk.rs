//! A disk that is soon full.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use crate::TestServer;

/// Memory mounted as a file system of a fixed size, until dropped.
#[derive(Debug)]
pub struct SmallDisk {
    mounted_at: PathBuf,
}

impl SmallDisk {
    /// Mounts one; `None` where we may not.
    pub fn mount(bytes: u64) -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("payload-tracker-disk-").tempdir().ok()?;
        let mounted = mount(&["-t", "tmpfs", "-o", &format!("size={bytes}"), "tmpfs"], folder.path());
        mounted.is_ok().then(|| Self { mounted_at: folder.keep() })
    }

    /// A folder on it that belongs to a server.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn folder_of(&self, server: &TestServer) -> Result<PathBuf> {
        let (folder, owner) = (self.mounted_at.join("data"), server.data_dir().metadata()?);
        std::fs::create_dir(&folder)?;
        chown(&folder, Some(owner.uid()), Some(owner.gid()))?;
        std::fs::set_permissions(&self.mounted_at, Permissions::from_mode(0o755))?;
        Ok(folder)
    }

    /// Changes its size; what is on it stays.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn resize(&self, bytes: u64) -> Result<()> {
        mount(&["-o", &format!("remount,size={bytes}")], &self.mounted_at)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Also while a server still has files open on it.
        _ = Command::new("umount").arg("--lazy").arg(&self.mounted_at).status();
        _ = std::fs::remove_dir(&self.mounted_at);
    }
}

fn mount(args: &[&str], at: &Path) -> Result<()> {
    let output = Command::new("mount").args(args).arg(at).output()?;
    ensure!(output.status.success(), "mount: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
