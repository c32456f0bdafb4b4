//! Puts the files of a submission into its execution directory, as the user whom they belong to.
//!
//! Files are written beside their places first and moved there when all are complete. The script
//! is written a second time, where no other submission ever writes: see
//! [`crate::private_copy`].

mod explain;
mod placement;

use std::{
    ffi::OsStr,
    path::{Component, Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::{directory_locks::Turn, run_as::Account, setback::Setback};
pub use placement::Placement;

/// How long the file system may take.
pub const DEADLINE: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Serialize, Deserialize)]
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
    let (done, result) = oneshot::channel();
    let account = account.clone();
    let placement = Placement {
        directory: directory.to_owned(),
        own: own.file_name().unwrap_or_default().to_owned(),
        files,
        user: account.name.clone(),
        home: account.home.clone(),
    };
    let given_up = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&given_up);
    let work = move || {
        // A thread of its own, because it can't become the agent again.
        let assumed = account.assume_for_files();
        let assumed =
            assumed.map_err(|e| Setback::Trouble(format!("becoming {}: {e}", account.name)));
        let outcome = assumed.and_then(|()| placement.carry_out(&stop));
        drop(turn);
        let _ = done.send(outcome);
    };
    let started = std::thread::Builder::new().name("files".to_owned()).spawn(work);
    started.map_err(|e| Setback::Trouble(format!("no thread for writing files: {e}")))?;
    match tokio::time::timeout(DEADLINE, result).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(Setback::Trouble("writing files was broken off".to_owned())),
        Err(_) => {
            // When it answers later, others may have had their turn.
            given_up.store(true, Ordering::SeqCst);
            let shown = directory.display();
            Err(Setback::Trouble(format!("{shown} did not answer within {DEADLINE:?}")))
        }
    }
}

#[cfg(test)]
mod tests;
