//! Entries of a tar, with the long names of GNU tar, which are entries before the one that they
//! name. Other kinds of tar's own entries are left to the caller, which refuses them: they may be as
//! large as they like.

use std::io::{self, Read};

use tar::{Archive, Entry, EntryType};

use super::{Fault, at};

/// The longest name of an entry, in bytes.
const MAX_NAME: u64 = 8 << 10;

pub(super) struct Piece<'a, R: Read> {
    pub(super) name: String,
    pub(super) size: u64,
    pub(super) kind: EntryType,
    pub(super) content: Entry<'a, R>,
}

pub(super) fn pieces<R: Read>(
    archive: &mut Archive<R>,
) -> io::Result<impl Iterator<Item = Result<Piece<'_, R>, Fault>>> {
    let mut entries = archive.entries()?.raw(true);
    Ok(std::iter::from_fn(move || next(&mut entries).transpose()))
}

fn next<'a, R: Read>(entries: &mut tar::Entries<'a, R>) -> Result<Option<Piece<'a, R>>, Fault> {
    let damaged = |error: io::Error| at("the archive", super::damage(&error));
    let Some(entry) = entries.next() else { return Ok(None) };
    let mut entry = entry.map_err(damaged)?;
    let mut long = None;
    if entry.header().entry_type() == EntryType::GNULongName {
        let mut name = Vec::new();
        entry.by_ref().take(MAX_NAME + 1).read_to_end(&mut name).map_err(damaged)?;
        if name.len() as u64 > MAX_NAME {
            return Err(at("the archive", format!("a name has more than {MAX_NAME} bytes")));
        }
        long = Some(name.strip_suffix(b"\0").unwrap_or(&name).to_vec());
        let Some(named) = entries.next() else {
            return Err(at("the archive", "it is cut short behind a name"));
        };
        entry = named.map_err(damaged)?;
    }
    let name = long.unwrap_or_else(|| entry.path_bytes().into_owned());
    let name = String::from_utf8_lossy(&name).into_owned();
    let size = entry.header().entry_size().map_err(damaged)?;
    let kind = entry.header().entry_type();
    Ok(Some(Piece { name, size, kind, content: entry }))
}
