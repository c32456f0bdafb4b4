//! Files that only their owner may open: what is in them is secret, and so that nobody else can
//! hold a lock on them.

use std::{
    fs::{File, OpenOptions, Permissions},
    io,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

const MODE: u32 = 0o600;

/// Opens a file for appending, made when it is missing and closed to others when it is not.
pub(crate) fn open_private(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().create(true).append(true).mode(MODE).open(path)?;
    file.set_permissions(Permissions::from_mode(MODE))?;
    Ok(file)
}
