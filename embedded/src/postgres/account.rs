//! Who the server runs as. PostgreSQL refuses root, which is what containers mostly run as.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::error::Trying;
use crate::{Account, Error};

/// "nobody": present, or at least usable, on every system.
const NOBODY: Account = Account { uid: 65534, gid: 65534 };

/// The account for a server on `data_dir`: ours, unless we are root.
pub(super) fn for_folder(data_dir: &Path) -> Result<Option<Account>, Error> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    // A folder made earlier by an ordinary user, now served under sudo, stays that user's.
    let account = match data_dir.metadata() {
        Ok(owner) if owner.uid() != 0 => Account { uid: owner.uid(), gid: owner.gid() },
        _ => NOBODY,
    };
    check_reachable(data_dir, account)?;
    Ok(Some(account))
}

/// Every folder above the data must let that account through: the home of root doesn't.
fn check_reachable(data_dir: &Path, account: Account) -> Result<(), Error> {
    for folder in data_dir.ancestors().skip(1) {
        let metadata = match folder.metadata() {
            // Will be made by us, open to all.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            metadata => metadata.trying("look into", folder)?,
        };
        let may_enter = if metadata.uid() == account.uid {
            0o100
        } else if metadata.gid() == account.gid {
            0o010
        } else {
            0o001
        };
        if metadata.mode() & may_enter == 0 {
            return Err(Error::Unreachable { folder: folder.to_path_buf(), uid: account.uid });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_private_folder_on_the_way_is_named() {
        let private = tempfile::tempdir().unwrap();
        std::fs::set_permissions(private.path(), Permissions::from_mode(0o700)).unwrap();
        let stranger = Account { uid: 4_000_000, gid: 4_000_000 };
        let error = check_reachable(&private.path().join("a/b"), stranger).unwrap_err();
        assert!(
            error.to_string().contains(&format!("may not enter {}:", private.path().display())),
            "{error}"
        );
    }
}
