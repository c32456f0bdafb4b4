//! Files that come from the server: where they may go, and how they get there.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Component, Path, PathBuf},
    process,
};

use crate::{
    failure::{Failure, Result},
    output::{self, printable},
};

const TITLE: &str = "File could not be written";

/// A file that is to be written.
#[derive(Debug)]
pub struct NewFile {
    /// Where, relative to the directory.
    pub name: String,
    /// What.
    pub content: Vec<u8>,
}

/// Writes files below a directory, all of them or none; where they are. Names that would
/// lead out of it are refused before anything is written.
///
/// # Errors
/// When a name is refused or a file can't be written.
pub fn write_all(directory: &Path, files: &[NewFile]) -> Result<Vec<PathBuf>> {
    let places: Result<Vec<_>> =
        files.iter().map(|file| Ok(directory.join(inside(&file.name)?))).collect();
    let places = places?;
    let mut made = Made::default();
    let written = made.write(&places, files);
    if written.is_err() {
        made.undo();
    }
    written.map(|()| places)
}

/// The same for what somebody downloads: which other files they replace is told.
///
/// # Errors
/// The same.
pub fn write_downloaded(directory: &Path, files: &[NewFile]) -> Result<Vec<PathBuf>> {
    let replaced: Vec<_> = files.iter().filter(|file| is_other(directory, file)).collect();
    let places = write_all(directory, files)?;
    for NewFile { name, .. } in replaced {
        let text = format!("note: {name} was replaced: another file of that name was there\n");
        output::tell(&printable(&text));
    }
    Ok(places)
}

/// Whether another file is in the place of one.
fn is_other(directory: &Path, file: &NewFile) -> bool {
    let Ok(place) = inside(&file.name).map(|name| directory.join(name)) else { return false };
    let Ok(before) = fs::metadata(&place) else { return false };
    let is_as_long = before.len() == file.content.len() as u64;
    // A pipe would never end.
    before.is_file() && !(is_as_long && fs::read(&place).is_ok_and(|text| text == file.content))
}

/// What is wrong with the syntax of a file that is to be uploaded. Where that can't be found out
/// here, the server will say it.
///
/// # Errors
/// What is wrong, with the name of the file.
pub fn check_syntax(name: &str, content: &[u8]) -> std::result::Result<(), String> {
    match jobbergate_file_checks::check(name, content) {
        Err(problem) if !problem.is_unchecked => Err(problem.message),
        _ => Ok(()),
    }
}

/// What was made on the way to files in their places.
#[derive(Default)]
struct Made {
    directories: Vec<PathBuf>,
    beside: Vec<(PathBuf, PathBuf)>,
}

impl Made {
    /// All of them beside their places first, then each in its own.
    fn write(&mut self, places: &[PathBuf], files: &[NewFile]) -> Result<()> {
        for (place, file) in places.iter().zip(files) {
            let written = self.write_beside(place, &file.content, None);
            let failed = |error| Failure::file(TITLE, place.display(), &error);
            written.map_err(|error| failed(error).adding("; no file was written"))?;
        }
        for (beside, place) in &self.beside {
            fs::rename(beside, place)
                .map_err(|error| Failure::file(TITLE, place.display(), &error))?;
        }
        Ok(())
    }

    fn write_beside(&mut self, place: &Path, content: &[u8], mode: Option<u32>) -> io::Result<()> {
        self.make_directory(directory_of(place))?;
        // A link stays one.
        let place = if place.is_symlink() { fs::canonicalize(place)? } else { place.to_owned() };
        if place.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let beside = beside(&place);
        if self.beside.iter().all(|(other, _)| *other != beside) {
            self.beside.push((beside.clone(), place.clone()));
        }
        write_new(&beside, content, mode)?;
        match fs::metadata(&place) {
            Ok(before) if mode.is_none() => fs::set_permissions(&beside, before.permissions()),
            _ => Ok(()),
        }
    }

    fn make_directory(&mut self, directory: &Path) -> io::Result<()> {
        if directory.is_dir() {
            return Ok(());
        }
        if let Some(parent) = directory.parent() {
            self.make_directory(parent)?;
        }
        match fs::create_dir(directory) {
            Ok(()) => self.directories.push(directory.to_owned()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && directory.is_dir() => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// As it was before, but for what is in its place already.
    fn undo(&self) {
        for (beside, _) in &self.beside {
            // It may never have been made, or be in its place.
            let _ = fs::remove_file(beside);
        }
        for directory in self.directories.iter().rev() {
            // It may have something in it.
            let _ = fs::remove_dir(directory);
        }
    }
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
    let mut made = Made::default();
    let written = made.write_beside(path, content, mode).and_then(|()| {
        made.beside.iter().try_for_each(|(beside, place)| fs::rename(beside, place))
    });
    if written.is_err() {
        made.undo();
    }
    written
}

fn directory_of(path: &Path) -> &Path {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    directory.unwrap_or(Path::new("."))
}

fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}", process::id()))
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
    // Network file systems and quotas may find only now that there is no room.
    file.sync_all()
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
    fn if_one_of_them_cannot_be_written_all_is_as_it_was() {
        let home = tempfile::tempdir().unwrap();
        let file = |name: &str| NewFile { name: name.to_owned(), content: b"new".to_vec() };
        fs::write(home.path().join("a"), "mine").unwrap();
        fs::create_dir(home.path().join("c")).unwrap();
        assert!(write_all(home.path(), &[file("a"), file("b/b"), file("c")]).is_err());
        assert_eq!(fs::read(home.path().join("a")).unwrap(), b"mine");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 2);
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
