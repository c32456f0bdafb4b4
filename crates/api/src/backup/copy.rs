//! Copying files so that only their owner can read them and the disk has them.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use sha2::{Digest, Sha256};

use super::{Result, on_file};
use crate::config::data::create_private;

/// How much is read at a time, in bytes.
const PIECE: usize = 256 << 10;

/// Copies a file with the time of its last change; false if there is none.
pub(super) fn copy(from: &Path, to: &Path) -> Result<bool> {
    let source = match File::open(from) {
        Ok(source) => source,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(on_file(from)(error)),
    };
    let metadata = source.metadata().map_err(on_file(from))?;
    let modified = metadata.modified().map_err(on_file(from))?;
    let same = |copy: fs::Metadata| {
        copy.len() == metadata.len() && copy.modified().is_ok_and(|time| time == modified)
    };
    if fs::metadata(to).is_ok_and(same) {
        return Ok(true);
    }
    let copied = write(source, to, &mut |_| {}).map_err(on_file(to))?;
    copied.set_modified(modified).map_err(on_file(to))?;
    copied.sync_all().map_err(on_file(to))?;
    Ok(true)
}

/// Copies a file; gives the SHA-256 of what was copied.
pub(super) fn copy_and_sum(from: &Path, to: &Path) -> Result<String> {
    let source = File::open(from).map_err(on_file(from))?;
    let mut digest = Sha256::new();
    let copied = write(source, to, &mut |piece| digest.update(piece)).map_err(on_file(to))?;
    copied.sync_all().map_err(on_file(to))?;
    Ok(hex::encode(digest.finalize()))
}

pub(super) fn sum(path: &Path) -> Result<String> {
    let mut file = File::open(path).map_err(on_file(path))?;
    let mut digest = Sha256::new();
    pass(&mut file, &mut |piece| {
        digest.update(piece);
        Ok(())
    })
    .map_err(on_file(path))?;
    Ok(hex::encode(digest.finalize()))
}

/// Makes a file with this content.
pub(super) fn create(path: &Path, content: &[u8]) -> Result<()> {
    let mut options = OpenOptions::new();
    let made = options.write(true).create_new(true).mode(0o600).open(path).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()
    });
    made.map_err(on_file(path))
}

fn write(mut source: File, to: &Path, seen: &mut dyn FnMut(&[u8])) -> io::Result<File> {
    if let Some(parent) = to.parent() {
        create_private(parent).map_err(io::Error::other)?;
    }
    let mut target =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(to)?;
    pass(&mut source, &mut |piece| {
        seen(piece);
        target.write_all(piece)
    })?;
    Ok(target)
}

fn pass(source: &mut File, take: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        let read = source.read(&mut piece)?;
        if read == 0 {
            return Ok(());
        }
        take(piece.get(..read).unwrap_or_default())?;
    }
}

/// Has the disk know which files are in a directory.
pub(super) fn sync_directory(path: &Path) -> Result<()> {
    File::open(path).and_then(|directory| directory.sync_all()).map_err(on_file(path))
}
