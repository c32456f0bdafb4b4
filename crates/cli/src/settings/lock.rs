//! One command line at a time changes the file with profiles.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
    thread,
    time::Duration,
};

use super::known::wrong;
use crate::failure::{Failure, Result};

/// How long others may take, each of whom needs milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(20);

/// The lock of a file, which others wait for until it is dropped; its directory is made. None where there are no locks, as on some
/// network file systems.
///
/// # Errors
/// When nothing can be written there, or others take too long.
pub fn of(path: &Path) -> Result<Option<File>> {
    let place = path.with_file_name(".lock");
    let failed = |error: &io::Error| Failure::file("Configuration Error", place.display(), error);
    let directory = path.parent().unwrap_or(path);
    let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
    let open = || OpenOptions::new().create(true).append(true).mode(0o600).open(&place);
    let file = made.and_then(|()| open()).map_err(|error| failed(&error))?;
    for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(fs::TryLockError::WouldBlock) => thread::sleep(PAUSE),
            Err(fs::TryLockError::Error(_)) => return Ok(None),
        }
    }
    Err(wrong(&format!(
        "{}: another `jobbergate config` is changing it -- Please try again; nothing was changed",
        path.display()
    )))
}
