//! Files that come from the server: where they may go, and how they get there.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Component, Path, PathBuf},
    process,
};

use crate::failure::{Failure, Result};

const TITLE: &str = "File could not be written";

/// A file that is to be written.
#[derive(Debug)]
pub struct NewFile {
    /// Where, relative to the directory.
    pub name: String,
    /// What.
    pub content: Vec<u8>,
}

/// Writes files below a directory, each whole or not at all; where they are. Names that would
/// lead out of it are refused before anything is written.
///
/// # Errors
/// When a name is refused or a file can't be written.
pub fn write_all(directory: &Path, files: &[NewFile]) -> Result<Vec<PathBuf>> {
    let places: Result<Vec<_>> =
        files.iter().map(|file| Ok(directory.join(inside(&file.name)?))).collect();
    let places = places?;
    for (file, place) in files.iter().zip(&places) {
        write(place, &file.content)
            .map_err(|error| Failure::file(TITLE, place.display(), &error))?;
    }
    Ok(places)
}

/// The path that a name stands for, if it leads nowhere else.
///
/// # Errors
/// When it does.
pub fn inside(name: &str) -> Result<PathBuf> {
    let path = Path::new(name);
    let stays =
        path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let is_something = path.components().any(|part| matches!(part, Component::Normal(_)));
    if !is_something || !stays || name.contains('\0') || name.ends_with('/') {
        let text = format!("{name:?} is not the name of a file within a directory; it was refused");
        return Err(Failure::new(TITLE, text));
    }
    Ok(path.components().filter(|part| matches!(part, Component::Normal(_))).collect())
}

/// Writes a file beside its place first.
///
/// # Errors
/// When that fails; then what was there is as it was.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    replace(path, content, None)
}

/// The same for its owner's eyes only, from the first moment.
///
/// # Errors
/// The same.
pub fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    replace(path, content, Some(0o600))
}

fn replace(path: &Path, content: &[u8], mode: Option<u32>) -> io::Result<()> {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    // A link stays one.
    let path = if path.is_symlink() { &fs::canonicalize(path)? } else { path };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}", process::id()));
    let written = write_new(&beside, content, mode).and_then(|()| {
        if mode.is_none()
            && let Ok(before) = fs::metadata(path)
        {
            fs::set_permissions(&beside, before.permissions())?;
        }
        fs::rename(&beside, path)
    });
    if written.is_err() {
        // It may never have been made.
        let _ = fs::remove_file(&beside);
    }
    written
}

fn write_new(path: &Path, content: &[u8], mode: Option<u32>) -> io::Result<()> {
    // A killed process of the same number may have left one.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(mode.unwrap_or(0o666));
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_leads_out_of_the_directory() {
        for name in ["../x", "/etc/x", "a/../../x", "", ".", "a/", "a/.."] {
            assert!(inside(name).is_err(), "{name}");
        }
        assert_eq!(inside("a/./b.txt").unwrap(), Path::new("a/b.txt"));
    }

    #[test]
    fn files_are_written_whole_and_none_if_a_name_is_bad() {
        let home = tempfile::tempdir().unwrap();
        let file = |name: &str| NewFile { name: name.to_owned(), content: b"x".to_vec() };
        write_all(home.path(), &[file("a/b"), file("c")]).unwrap();
        assert_eq!(fs::read(home.path().join("a/b")).unwrap(), b"x");
        let inner = home.path().join("a");
        assert!(write_all(&inner, &[file("d"), file("../e")]).is_err());
        assert!(!inner.join("d").exists() && !home.path().join("e").exists());
        assert_eq!(fs::read_dir(&inner).unwrap().count(), 1);
    }

    #[test]
    fn what_a_killed_process_left_is_no_hindrance_and_permissions_stay() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("x");
        fs::write(home.path().join(format!(".x.{}", process::id())), "half").unwrap();
        fs::write(&path, "before").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o750)).unwrap();
        write(&path, b"after").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"after");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o750);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_be_written_leaves_what_was_there() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("x")).unwrap();
        assert!(write(&home.path().join("x"), b"new").is_err());
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }
}
