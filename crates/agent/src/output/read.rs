//! Reading a part of a file. What is here runs as the user whom the file belongs to, and knows
//! nothing of the agent.

use std::{
    fs::{File, Metadata, OpenOptions},
    io,
    os::unix::fs::{FileExt, FileTypeExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use nix::{
    libc,
    sys::statfs::{self, FsType, fstatfs},
};
use serde::{Deserialize, Serialize};

/// File systems whose files are no files but answers of the kernel, some of which depend on what
/// the reading process may do.
const KERNEL: [FsType; 6] = [
    statfs::PROC_SUPER_MAGIC,
    statfs::SYSFS_MAGIC,
    statfs::DEBUGFS_MAGIC,
    statfs::TRACEFS_MAGIC,
    statfs::SECURITYFS_MAGIC,
    statfs::CGROUP2_SUPER_MAGIC,
];

/// What to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadPart {
    pub path: PathBuf,
    /// The place of the first byte, from the end if it is negative; without it, `limit` from the
    /// end.
    pub from: Option<i64>,
    pub limit: usize,
    /// Which file it was earlier.
    pub file: Option<String>,
}

/// A part of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub from: u64,
    /// The size of the file.
    pub size: u64,
    /// Which file it is.
    pub file: String,
    /// Whether it is another one, or is shorter than it was; then this is its beginning.
    pub replaced: bool,
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

/// Why nothing can be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unreadable {
    Missing,
    /// The user may not read it; the system's words.
    Denied(String),
    /// It is something else than a file with content; what it is.
    Unsuitable(String),
    /// The system's words.
    Failed(String),
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        if error.raw_os_error() == Some(libc::ELOOP) {
            let what = "a symbolic link that leads in a circle, or through too many others";
            return Self::Unsuitable(what.to_owned());
        }
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Missing,
            io::ErrorKind::PermissionDenied => Self::Denied(error.to_string()),
            _ => Self::Failed(error.to_string()),
        }
    }
}

/// Reads a part of a regular file. Never waits for anything but the file system: what may block is
/// not even opened.
///
/// # Errors
/// When there is no such file, or it can't be read.
pub fn read_part(wanted: &ReadPart) -> Result<Part, Unreadable> {
    // Opening a device may do something.
    require_regular(&wanted.path, &std::fs::metadata(&wanted.path)?)?;
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
    let opened = OpenOptions::new().read(true).custom_flags(flags).open(&wanted.path)?;
    // It may be another one by now.
    let metadata = opened.metadata()?;
    require_regular(&wanted.path, &metadata)?;
    require_content(&opened)?;
    let (size, file) = (metadata.len(), identity(&metadata));
    let other = wanted.file.as_ref().is_some_and(|known| *known != file);
    let (from, cut) = begin(wanted, size);
    let replaced = other || cut;
    let from = if replaced { 0 } else { from };
    let length = usize::try_from(size - from).unwrap_or(usize::MAX).min(wanted.limit);
    let mut bytes = vec![0; length];
    let read = read_at(&opened, &mut bytes, from)?;
    bytes.truncate(read);
    Ok(Part { from, size, file, replaced, bytes })
}

/// Where to begin in a file of this size, and whether it has become shorter than that.
fn begin(wanted: &ReadPart, size: u64) -> (u64, bool) {
    let limit = u64::try_from(wanted.limit).unwrap_or(u64::MAX);
    match wanted.from {
        None => (size.saturating_sub(limit), false),
        Some(from) => match u64::try_from(from) {
            Ok(from) if from > size => (0, true),
            Ok(from) => (from, false),
            Err(_) => (size.saturating_sub(from.unsigned_abs()), false),
        },
    }
}

fn read_at(file: &File, bytes: &mut [u8], from: u64) -> io::Result<usize> {
    let mut read = 0;
    while let Some(rest) = bytes.get_mut(read..).filter(|rest| !rest.is_empty()) {
        let place = from.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        match file.read_at(rest, place) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}

fn require_regular(path: &Path, metadata: &Metadata) -> Result<(), Unreadable> {
    let kind = metadata.file_type();
    let what = match () {
        () if kind.is_file() => return Ok(()),
        () if path == Path::new("/dev/null") => "/dev/null, where nothing is kept",
        () if kind.is_dir() => "a directory",
        () if kind.is_fifo() => "a pipe",
        () if kind.is_socket() => "a socket",
        () => "a device",
    };
    Err(Unreadable::Unsuitable(what.to_owned()))
}

fn require_content(file: &File) -> Result<(), Unreadable> {
    let system = fstatfs(file).map_err(io::Error::from)?.filesystem_type();
    if KERNEL.contains(&system) {
        return Err(Unreadable::Unsuitable("a file of the kernel's".to_owned()));
    }
    Ok(())
}

/// Which file it is: numbers are given away again, so its birth counts, too, where it is known.
fn identity(metadata: &Metadata) -> String {
    let born = metadata.created().ok().and_then(|born| born.duration_since(UNIX_EPOCH).ok());
    format!("{:x}-{:x}", metadata.ino(), born.unwrap_or_default().as_nanos())
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    fn wanted(path: &Path, from: Option<i64>, limit: usize) -> ReadPart {
        ReadPart { path: path.to_owned(), from, limit, file: None }
    }

    #[test]
    fn any_part_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out");
        fs::write(&path, "0123456789").unwrap();
        for (from, limit, begin, text) in [
            (None, 4, 6, "6789"),
            (None, 100, 0, "0123456789"),
            (Some(-3), 100, 7, "789"),
            (Some(-8), 2, 2, "23"),
            (Some(-99), 2, 0, "01"),
            (Some(4), 3, 4, "456"),
            (Some(8), 9, 8, "89"),
            (Some(10), 9, 10, ""),
            (Some(i64::MIN), 1, 0, "0"),
        ] {
            let part = read_part(&wanted(&path, from, limit)).unwrap();
            assert_eq!((part.from, part.size, part.replaced), (begin, 10, false), "{from:?}");
            assert_eq!(part.bytes, text.as_bytes());
        }
    }

    #[test]
    fn a_file_that_was_cut_or_replaced_is_read_from_its_beginning() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out");
        fs::write(&path, "0123456789").unwrap();
        let first = read_part(&wanted(&path, None, 100)).unwrap();
        let after = ReadPart { file: Some(first.file.clone()), ..wanted(&path, Some(10), 100) };
        assert!(!read_part(&after).unwrap().replaced);
        fs::write(&path, "ab").unwrap();
        let cut = read_part(&after).unwrap();
        assert_eq!((cut.replaced, cut.from, cut.bytes.as_slice()), (true, 0, b"ab".as_slice()));
        assert_eq!(cut.file, first.file);
        fs::remove_file(&path).unwrap();
        fs::write(&path, "abcdefghijklmnop").unwrap();
        let other = read_part(&after).unwrap();
        assert_eq!((other.replaced, other.from, other.bytes.len()), (true, 0, 16));
        assert_ne!(other.file, first.file);
    }

    #[test]
    fn what_is_no_file_with_content_is_named_and_never_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let link = directory.path().join("link");
        symlink("/proc/self/environ", &link).unwrap();
        let circle = directory.path().join("circle");
        symlink("circle", &circle).unwrap();
        let through = circle.join("out");
        let socket = directory.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        for (path, what) in [
            (directory.path(), "a directory"),
            (pipe.as_path(), "a pipe"),
            (socket.as_path(), "a socket"),
            (Path::new("/dev/null"), "/dev/null"),
            (Path::new("/dev/zero"), "a device"),
            (link.as_path(), "of the kernel"),
            (circle.as_path(), "leads in a circle"),
            (through.as_path(), "leads in a circle"),
            (Path::new("/sys/kernel/uevent_seqnum"), "of the kernel"),
        ] {
            let Err(Unreadable::Unsuitable(found)) = read_part(&wanted(path, None, 10)) else {
                panic!("{} was read", path.display())
            };
            assert!(found.contains(what), "{}: {found}", path.display());
        }
        let missing = directory.path().join("x");
        assert_eq!(read_part(&wanted(&missing, None, 1)), Err(Unreadable::Missing));
        assert_eq!(read_part(&wanted(&pipe.join("x"), None, 1)), Err(Unreadable::Missing));
    }

    #[test]
    fn a_large_file_is_read_in_parts() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out");
        File::create(&path).unwrap().set_len(5 << 30).unwrap();
        let part = read_part(&wanted(&path, Some((5 << 30) - 3), 1 << 20)).unwrap();
        assert_eq!((part.from, part.bytes.len()), ((5 << 30) - 3, 3));
        assert_eq!(read_part(&wanted(&path, Some(1), 1 << 20)).unwrap().bytes.len(), 1 << 20);
    }
}
