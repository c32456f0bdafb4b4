//! Puts the files of a submission into its execution directory, as the user whom they belong to.
//!
//! Files are written beside their places first and moved there when all are complete. The script
//! is written a second time, where no other submission ever writes: see
//! [`crate::private_copy`].

mod explain;
mod placement;

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Write},
    iter,
    os::fd::OwnedFd,
    path::{Component, Path, PathBuf},
    time::Duration,
};

use nix::sys::memfd::{MFdFlags, memfd_create};
use tokio::sync::oneshot;

use crate::{
    acting::{self, Action, Piece},
    directory_locks::Turn,
    private_copy,
    run_as::Account,
    setback::{Obstacle, Setback},
};
pub use placement::Placement;

/// How long the file system may take.
pub const DEADLINE: Duration = Duration::from_secs(60);
/// How much longer it is waited for whoever writes.
const GRACE: Duration = Duration::from_secs(1);

#[derive(Debug, Clone)]
pub struct Content {
    /// Its place in the execution directory.
    pub name: PathBuf,
    pub bytes: Vec<u8>,
}

/// The place of a file of this name inside a directory.
///
/// # Errors
/// A sentence, when the name leads out of the directory or nowhere.
pub fn inside(name: &str) -> Result<PathBuf, String> {
    let normal = Path::new(name).components().all(|c| matches!(c, Component::Normal(_)));
    if !normal || name.is_empty() || name.ends_with('/') || name.contains('\0') {
        return Err(format!(
            "The file name {name:?} is not allowed: it must be relative and lead to a place \
             inside the execution directory. Rename the file in the job script."
        ));
    }
    Ok(PathBuf::from(name))
}

/// What is written for a submission.
#[derive(Debug, Clone)]
pub struct Files {
    pub script: Content,
    pub support: Vec<Content>,
}

impl Files {
    /// The name of the script without the folders before it.
    pub fn script_name(&self) -> &OsStr {
        // There is always one: the name leads to a place inside of the directory.
        self.script.name.file_name().unwrap_or_default()
    }
}

/// Writes `files` into `directory` and the script into `own`, a directory in it that is made, too;
/// without files, only finds out whether it could be done. The turn ends when nothing is written
/// any more.
///
/// # Errors
/// A refusal if the user can't have files there, otherwise what went wrong for the moment. Then
/// `own` is gone, or will be when the file system answers.
pub async fn place(
    account: &Account,
    directory: &Path,
    files: Option<Files>,
    own: &Path,
    turn: Turn,
) -> Result<(), Setback> {
    let (action, content) = action(directory, own, files)
        .map_err(|e| Setback::Trouble(format!("files of a submission cannot be passed on: {e}")))?;
    let submission = private_copy::submission_of(own);
    let replies = acting::act(account, submission.as_slice(), action, content);
    let (done, result) = oneshot::channel();
    // Who waits no longer keeps the turn nevertheless, until nothing is written any more.
    tokio::spawn(async move {
        let outcome = acting::done(replies).await;
        drop(turn);
        let _ = done.send(outcome);
    });
    match tokio::time::timeout(DEADLINE + GRACE, result).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(Setback::Trouble("writing files was broken off".to_owned())),
        Err(_) => {
            let shown = directory.display();
            let words = format!("{shown} did not answer within {DEADLINE:?}");
            Err(Setback::Blocked(Obstacle::Directory, words))
        }
    }
}

/// What is to be done, and the content of the files in a row, the script's first.
fn action(
    directory: &Path,
    own: &Path,
    files: Option<Files>,
) -> io::Result<(Action, Vec<OwnedFd>)> {
    let (directory, own) = (directory.to_owned(), own.to_owned());
    let Some(Files { script, support }) = files else {
        return Ok((Action::Place { directory, own, files: None }, Vec::new()));
    };
    let mut content = File::from(memfd_create("files", MFdFlags::MFD_CLOEXEC)?);
    let mut pieces = Vec::new();
    for Content { name, bytes } in iter::once(script).chain(support) {
        content.write_all(&bytes)?;
        pieces.push(Piece { name, length: bytes.len() as u64 });
    }
    Ok((Action::Place { directory, own, files: Some(pieces) }, vec![content.into()]))
}

#[cfg(test)]
mod tests;
