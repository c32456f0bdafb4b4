//! How much room is left for the data directory.

use std::{io, path::Path};

use nix::sys::statvfs::statvfs;

/// What a change may need beside the file that it stores, in bytes. With less the disk is full.
const LEAST: u64 = 1 << 20;

/// Fails if there is no room for changes left.
pub(crate) fn require_room(directory: &Path) -> io::Result<()> {
    require_room_for(directory, LEAST)
}

/// Fails if there is no room for so many bytes.
pub(crate) fn require_room_for(directory: &Path, bytes: u64) -> io::Result<()> {
    let disk = statvfs(directory)?;
    let left = disk.blocks_available() * disk.fragment_size();
    if left >= bytes {
        return Ok(());
    }
    let directory = directory.display();
    let words = match bytes {
        LEAST => format!("{directory}: its disk is full, {left} bytes are left"),
        _ => format!("{directory}: its disk has {left} bytes left, {bytes} are needed"),
    };
    Err(io::Error::new(io::ErrorKind::StorageFull, words))
}
