//! Writing an archive. It has its name only when it is whole.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, BufWriter, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};
use tar::{Builder, EntryType, Header};

use super::{End, Entries, FileName, Manifest, Name};
use crate::transfer::tables::Table;

pub(in crate::transfer) struct Writer {
    tar: Builder<GzEncoder<BufWriter<File>>>,
    entries: Entries,
    end: End,
    partial: Partial,
}

/// The file under the name that it has until it is whole.
struct Partial {
    path: PathBuf,
    target: PathBuf,
    is_whole: bool,
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.is_whole {
            // It says by its name that it is not whole.
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Writer {
    pub(in crate::transfer) fn create(target: &Path, manifest: &Manifest) -> io::Result<Self> {
        if target.exists() {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "it is there already"));
        }
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(".partial");
        let path = target.with_file_name(name);
        remove_left(&path)?;
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        let _ = file.try_lock();
        let partial = Partial { path, target: target.to_owned(), is_whole: false };
        let gzip = GzEncoder::new(BufWriter::new(file), Compression::default());
        let mut writer = Self {
            tar: Builder::new(gzip),
            entries: Entries::default(),
            end: End::default(),
            partial,
        };
        writer.add(&Name::Manifest, &serde_json::to_vec_pretty(manifest)?)?;
        Ok(writer)
    }

    pub(in crate::transfer) fn rows(
        &mut self,
        (place, table, part): (usize, &'static Table, u32),
        lines: &[u8],
        count: u64,
    ) -> io::Result<()> {
        *self.end.rows.entry(table.name.to_owned()).or_default() += count;
        self.add(&Name::Rows(place, table, part), lines)
    }

    pub(in crate::transfer) fn file(
        &mut self,
        file: FileName,
        size: u64,
        content: impl Read,
    ) -> io::Result<()> {
        self.end.files += 1;
        self.end.bytes += size;
        self.stream(&Name::File(file), size, content)
    }

    pub(in crate::transfer) fn missing(&mut self, file: FileName) -> io::Result<()> {
        self.end.missing += 1;
        self.add(&Name::Missing(file), &[])
    }

    fn add(&mut self, name: &Name, content: &[u8]) -> io::Result<()> {
        self.stream(name, content.len() as u64, content)
    }

    fn stream(&mut self, name: &Name, size: u64, content: impl Read) -> io::Result<()> {
        let name = name.write();
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(0o600);
        header.set_size(size);
        self.entries.begin(&name, size);
        let mut counted =
            Counted { content: content.take(size), entries: &mut self.entries, count: 0 };
        self.tar.append_data(&mut header, &name, &mut counted)?;
        match counted.count == size {
            true => Ok(()),
            false => {
                Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("{name} is cut short")))
            }
        }
    }

    /// Writes the end, and gives the file its name once it is on the disk.
    pub(in crate::transfer) fn finish(mut self) -> io::Result<End> {
        let sha256 = std::mem::take(&mut self.entries).end();
        let end = End { sha256, ..std::mem::take(&mut self.end) };
        self.add(&Name::End, &serde_json::to_vec_pretty(&end)?)?;
        let mut file = self.tar.into_inner()?.finish()?;
        file.flush()?;
        file.get_ref().sync_all()?;
        let Partial { path, target, .. } = &self.partial;
        give_name(path, target)?;
        let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
        self.partial.is_whole = true;
        Ok(end)
    }
}

/// Removes what an export left that was killed; one that is under way keeps its file locked.
fn remove_left(path: &Path) -> io::Result<()> {
    let what = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        what => what?,
    };
    if what.is_file() && matches!(File::open(path)?.try_lock(), Err(TryLockError::WouldBlock)) {
        let words = format!("another export is writing {}", path.display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, words));
    }
    fs::remove_file(path)
}

/// Unlike a renaming, a link replaces nothing. Not every file system has them.
fn give_name(path: &Path, target: &Path) -> io::Result<()> {
    match fs::hard_link(path, target) {
        Ok(()) => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        Err(_) => match fs::symlink_metadata(target) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => fs::rename(path, target),
            Err(error) => Err(error),
            Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
        },
    }
}

struct Counted<'a, R> {
    content: io::Take<R>,
    entries: &'a mut Entries,
    count: u64,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
        let read = self.content.read(piece)?;
        self.entries.content(piece.get(..read).unwrap_or_default());
        self.count += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;
    use crate::transfer::archive::{FORMAT, VERSION};

    fn create(target: &Path) -> io::Result<Writer> {
        let manifest = Manifest {
            format: FORMAT.to_owned(),
            version: VERSION,
            program: "1".to_owned(),
            revision: 1,
            organization: None,
            numbers: std::collections::BTreeMap::new(),
        };
        Writer::create(target, &manifest)
    }

    #[test]
    fn an_archive_is_nobody_elses_to_read_whatever_lies_in_its_place() {
        let directory = tempfile::tempdir().unwrap();
        let (target, partial) = (directory.path().join("a"), directory.path().join("a.partial"));
        let precious = directory.path().join("precious");
        fs::write(&precious, "precious").unwrap();
        symlink(&precious, &partial).unwrap();
        create(&target).unwrap().finish().unwrap();
        assert_eq!(fs::read(&precious).unwrap(), b"precious");
        fs::remove_file(&target).unwrap();
        // What a killed export left, and somebody opened to all.
        fs::write(&partial, "left").unwrap();
        fs::set_permissions(&partial, PermissionsExt::from_mode(0o666)).unwrap();
        create(&target).unwrap().finish().unwrap();
        assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!partial.exists());
    }

    #[test]
    fn two_exports_do_not_write_the_same_archive() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("a");
        let first = create(&target).unwrap();
        let error = create(&target).map(drop).unwrap_err().to_string();
        assert!(error.contains("another export is writing"), "{error}");
        first.finish().unwrap();
    }
}
