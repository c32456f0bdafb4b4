//! What is done as the user. It knows nothing of the agent: its arguments and its answer are plain
//! data, so that it does not matter which process does it.

use std::{
    collections::HashMap,
    ffi::{OsStr, OsString},
    io,
    path::{Path, PathBuf},
    time::Instant,
};

use super::{Content, Files, explain::explain};
use crate::{held_directory::HeldDirectory, setback::Setback};

/// Files and where they go.
#[derive(Debug, Clone)]
pub struct Placement {
    /// The execution directory, which may be reached through links. Below it there may be none.
    pub directory: PathBuf,
    /// The name of a directory that is made in it, for the copy of the script.
    pub own: OsString,
    /// What is written; nothing to find out whether it could be.
    pub files: Option<Files>,
    /// Whose directory it is, for the words of a refusal.
    pub user: String,
    pub home: PathBuf,
}

/// A file that is complete, and where it goes.
struct Staged<'a> {
    name: OsString,
    file: &'a Content,
}

impl Placement {
    /// Writes the files, unless it takes so long that nobody waits for them any more.
    ///
    /// # Errors
    /// A refusal if the user can't have files there, otherwise what went wrong for the moment.
    pub fn carry_out(&self, end: Instant) -> Result<(), Setback> {
        self.write(end).map_err(|error| explain(&error, self))
    }

    pub(super) fn write(&self, end: Instant) -> io::Result<()> {
        let directory = HeldDirectory::open(&self.directory)?;
        directory.make(&self.own, 0o700)?;
        let Some(files) = &self.files else { return directory.remove_directory(&self.own) };
        let own = directory.enter(&self.own)?;
        let result = stage(&own, files).and_then(|staged| {
            if Instant::now() > end {
                return Err(io::ErrorKind::TimedOut.into());
            }
            move_all(&directory, &own, staged)
        });
        let in_time = Instant::now() <= end;
        if result.is_err() || !in_time {
            let removed = clear(&own, files).and_then(|()| directory.remove_directory(&self.own));
            result.and(removed)?;
        }
        if in_time { Ok(()) } else { Err(io::ErrorKind::TimedOut.into()) }
    }
}

/// The names under which files wait to be moved, other than the script's.
fn draft_name(files: &Files, number: usize) -> OsString {
    let taken = files.script_name().as_encoded_bytes().starts_with(b"f");
    format!("{}{number}", if taken { "s" } else { "f" }).into()
}

/// Writes all files into `own`; those that are to be moved.
fn stage<'a>(own: &HeldDirectory, files: &'a Files) -> io::Result<Vec<Staged<'a>>> {
    own.create(files.script_name(), &files.script.bytes)?;
    let mut staged = Vec::new();
    for (i, file) in files.support.iter().chain([&files.script]).enumerate() {
        let name = draft_name(files, i);
        own.create(&name, &file.bytes)?;
        staged.push(Staged { name, file });
    }
    Ok(staged)
}

fn move_all(
    directory: &HeldDirectory,
    own: &HeldDirectory,
    staged: Vec<Staged<'_>>,
) -> io::Result<()> {
    let mut folders: HashMap<&Path, HeldDirectory> = HashMap::new();
    for Staged { file, .. } in &staged {
        let (parent, name) = place_of(file);
        if !folders.contains_key(parent) {
            folders.insert(parent, directory.folder(parent)?);
        }
        if folders.get(parent).is_some_and(|folder| folder.has_directory(name)) {
            return Err(io::ErrorKind::IsADirectory.into());
        }
    }
    for Staged { name: draft, file } in staged {
        let (parent, name) = place_of(file);
        let Some(folder) = folders.get(parent) else { continue };
        match own.rename(&draft, folder, name) {
            Err(e) if e.kind() == io::ErrorKind::CrossesDevices => copy(folder, file)?,
            renamed => renamed?,
        }
    }
    Ok(())
}

fn place_of(file: &Content) -> (&Path, &OsStr) {
    let parent = file.name.parent().unwrap_or(Path::new(""));
    (parent, file.name.file_name().unwrap_or_default())
}

/// To a folder that is another file system, or has a quota of its own.
fn copy(folder: &HeldDirectory, file: &Content) -> io::Result<()> {
    let draft = OsString::from(format!(".jobbergate-{:016x}", rand::random::<u64>()));
    let (_, name) = place_of(file);
    let copied =
        folder.create(&draft, &file.bytes).and_then(|()| folder.rename(&draft, folder, name));
    if copied.is_err() {
        // It may not even be there.
        let _ = folder.remove_file(&draft);
    }
    copied
}

/// Removes what there may be of `files`.
fn clear(own: &HeldDirectory, files: &Files) -> io::Result<()> {
    let drafts = (0..=files.support.len()).map(|i| draft_name(files, i));
    for name in drafts.chain([files.script_name().to_owned()]) {
        match own.remove_file(&name) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            removed => removed?,
        }
    }
    Ok(())
}
