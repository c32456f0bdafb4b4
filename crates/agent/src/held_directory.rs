//! A directory that is held open: what happens in it happens there, wherever its path leads by then,
//! and never through a symbolic link.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Write},
    os::fd::OwnedFd,
    path::{Component, Path},
};

use nix::{
    errno::Errno,
    fcntl::{self, AtFlags, OFlag, OpenHow, ResolveFlag},
    sys::stat::{FileStat, Mode, SFlag, fstatat, mkdirat},
    unistd::{UnlinkatFlags, unlinkat},
};

/// To what is there; whether it may be read or written is asked with each use.
const HANDLE: OFlag = OFlag::O_PATH.union(OFlag::O_DIRECTORY).union(OFlag::O_CLOEXEC);

#[derive(Debug)]
pub struct HeldDirectory(OwnedFd);

impl HeldDirectory {
    /// The directory at this path, which may lead through links.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(fcntl::open(path, HANDLE, Mode::empty())?))
    }

    /// The directory of this name in it, which must be no link (`ELOOP`).
    pub fn enter(&self, name: &OsStr) -> io::Result<Self> {
        let resolve = ResolveFlag::RESOLVE_BENEATH
            | ResolveFlag::RESOLVE_NO_SYMLINKS
            | ResolveFlag::RESOLVE_NO_MAGICLINKS;
        match fcntl::openat2(&self.0, name, OpenHow::new().flags(HANDLE).resolve(resolve)) {
            // A kernel before 5.6, or a filter of system calls that does not know it.
            Err(Errno::ENOSYS | Errno::EPERM) => self.enter_by_name(name),
            entered => Ok(Self(entered?)),
        }
    }

    /// The same where there is no `openat2`: a single name can't lead elsewhere, but if it is a
    /// link or `..`.
    fn enter_by_name(&self, name: &OsStr) -> io::Result<Self> {
        if !matches!(Path::new(name).components().next(), Some(Component::Normal(_))) {
            return Err(Errno::EXDEV.into());
        }
        match fcntl::openat(&self.0, name, HANDLE | OFlag::O_NOFOLLOW, Mode::empty()) {
            Err(Errno::ENOTDIR) if self.is_link(name) => Err(Errno::ELOOP.into()),
            entered => Ok(Self(entered?)),
        }
    }

    /// The folder at this relative path, made with all on the way to it where it is missing.
    pub fn folder(&self, path: &Path) -> io::Result<Self> {
        let mut folder = Self(self.0.try_clone()?);
        for part in path.components() {
            let name = part.as_os_str();
            folder = match folder.enter(name) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => {
                    match folder.make(name, 0o755) {
                        // Somebody else was quicker.
                        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                        made => made?,
                    }
                    folder.enter(name)?
                }
                entered => entered?,
            };
        }
        Ok(folder)
    }

    /// Makes a directory in it.
    pub fn make(&self, name: &OsStr, mode: u32) -> io::Result<()> {
        Ok(mkdirat(&self.0, name, Mode::from_bits_truncate(mode))?)
    }

    /// Makes a file in it, where nothing of this name may be.
    pub fn create(&self, name: &OsStr, bytes: &[u8]) -> io::Result<()> {
        let flags =
            OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let file = fcntl::openat(&self.0, name, flags, Mode::from_bits_truncate(0o644))?;
        File::from(file).write_all(bytes)
    }

    /// Moves a file to another directory, where it takes the place of a file or link of that name.
    pub fn rename(&self, name: &OsStr, to: &Self, new_name: &OsStr) -> io::Result<()> {
        Ok(fcntl::renameat(&self.0, name, &to.0, new_name)?)
    }

    pub fn remove_file(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(&self.0, name, UnlinkatFlags::NoRemoveDir)?)
    }

    pub fn remove_directory(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(&self.0, name, UnlinkatFlags::RemoveDir)?)
    }

    /// Whether a directory, or a link to one, has this name.
    pub fn has_directory(&self, name: &OsStr) -> bool {
        self.look(name, AtFlags::empty()).is_some_and(|found| kind(&found) == SFlag::S_IFDIR)
    }

    fn is_link(&self, name: &OsStr) -> bool {
        let found = self.look(name, AtFlags::AT_SYMLINK_NOFOLLOW);
        found.is_some_and(|found| kind(&found) == SFlag::S_IFLNK)
    }

    fn look(&self, name: &OsStr, how: AtFlags) -> Option<FileStat> {
        fstatat(&self.0, name, how).ok()
    }
}

fn kind(found: &FileStat) -> SFlag {
    SFlag::from_bits_truncate(found.st_mode & SFlag::S_IFMT.bits())
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    fn code<T: std::fmt::Debug>(result: io::Result<T>) -> Option<Errno> {
        Some(Errno::from_raw(result.unwrap_err().raw_os_error().unwrap()))
    }

    #[test]
    fn a_link_is_not_entered_with_openat2_and_without() {
        let (home, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        symlink(other.path(), home.path().join("link")).unwrap();
        fs::create_dir(home.path().join("folder")).unwrap();
        fs::write(home.path().join("file"), "").unwrap();
        let held = HeldDirectory::open(home.path()).unwrap();
        for enter in [HeldDirectory::enter, HeldDirectory::enter_by_name] {
            enter(&held, "folder".as_ref()).unwrap();
            assert_eq!(code(enter(&held, "link".as_ref())), Some(Errno::ELOOP));
            assert_eq!(code(enter(&held, "file".as_ref())), Some(Errno::ENOTDIR));
            assert_eq!(code(enter(&held, "none".as_ref())), Some(Errno::ENOENT));
            assert_eq!(code(enter(&held, "..".as_ref())), Some(Errno::EXDEV));
        }
        assert_eq!(code(held.folder(Path::new("folder/a/../../x"))), Some(Errno::EXDEV));
    }

    #[test]
    fn a_directory_that_is_held_stays_the_one_it_was() {
        let home = tempfile::tempdir().unwrap();
        let (before, after) = (home.path().join("before"), home.path().join("after"));
        fs::create_dir(&before).unwrap();
        let held = HeldDirectory::open(&before).unwrap();
        fs::rename(&before, &after).unwrap();
        symlink("/etc", &before).unwrap();
        held.folder(Path::new("a/b")).unwrap().create("c".as_ref(), b"x").unwrap();
        assert_eq!(fs::read(after.join("a/b/c")).unwrap(), b"x");
    }

    #[test]
    fn a_link_is_neither_written_through_nor_followed_by_what_takes_its_place() {
        let (home, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let target = other.path().join("target");
        fs::write(&target, "theirs").unwrap();
        symlink(&target, home.path().join("link")).unwrap();
        let held = HeldDirectory::open(home.path()).unwrap();
        assert_eq!(code(held.create("link".as_ref(), b"ours")), Some(Errno::EEXIST));
        held.create("new".as_ref(), b"ours").unwrap();
        held.rename("new".as_ref(), &held, "link".as_ref()).unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "theirs");
        assert_eq!(fs::read_to_string(home.path().join("link")).unwrap(), "ours");
    }
}
