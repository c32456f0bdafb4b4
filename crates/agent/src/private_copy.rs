//! The copy of a script that Slurm reads.
//!
//! The script that users see in the execution directory is replaced by the next submission there,
//! and an `sbatch` may start late: it outlives an agent that is killed. So each attempt has a copy
//! of its own, in a directory of its own beside the script, that nothing else ever writes to. It
//! is removed when the attempt is over. A link in the agent's state directory says where it is, so
//! that a later agent can do so.

use std::{
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use tokio::sync::oneshot;

use crate::{Agent, error::JournalError, journal::Phase, run_as::Account, tag::Tag};

const EXTENSION: &str = "place";

/// Where the copy of one attempt is, or will be.
#[derive(Debug)]
pub struct PrivateCopy {
    link: PathBuf,
    user: String,
    directory: PathBuf,
}

impl PrivateCopy {
    /// Plans a directory of this `mark`, which no attempt had before, in an execution directory.
    ///
    /// # Errors
    /// When it can't be noted.
    pub fn plan(
        state_directory: &Path,
        tag: &Tag,
        user: &str,
        execution_directory: &Path,
        mark: &str,
    ) -> io::Result<Self> {
        let link = link(state_directory, tag);
        let directory = execution_directory.join(format!(".jobbergate-{mark}"));
        match fs::remove_file(&link) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => symlink(format!("{user}:{}", directory.display()), &link)?,
        }
        Ok(Self { link, user: user.to_owned(), directory })
    }

    /// The one that was noted for a submission.
    pub fn noted(state_directory: &Path, tag: &Tag) -> Option<Self> {
        Self::read(link(state_directory, tag))
    }

    fn read(link: PathBuf) -> Option<Self> {
        let noted = fs::read_link(&link).ok()?;
        let (user, directory) = noted.to_str()?.split_once(':')?;
        Some(Self { user: user.to_owned(), directory: directory.into(), link })
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Removes it, as the user whom it belongs to, while the caller goes on.
    pub fn remove(self) {
        let Self { link, user, directory } = self;
        let (done, removed) = oneshot::channel();
        let work = move || {
            // A thread of its own, because it can't become the agent again.
            let account = Account::by_name(&user).ok().flatten();
            let result = account.map_or(Ok(()), |account| {
                account.assume_for_files()?;
                fs::remove_dir_all(&directory)
            });
            let _ = done.send(result);
        };
        // What is not removed now is when the next agent starts.
        if std::thread::Builder::new().name("remove".to_owned()).spawn(work).is_err() {
            return;
        }
        tokio::spawn(async move {
            match removed.await {
                Ok(Err(error)) if error.kind() != io::ErrorKind::NotFound => {
                    tracing::warn!(%error, "the copy of a script cannot be removed");
                }
                _ => {
                    let _ = fs::remove_file(link);
                }
            }
        });
    }
}

fn link(state_directory: &Path, tag: &Tag) -> PathBuf {
    state_directory.join(format!("{tag}.{EXTENSION}"))
}

impl Agent {
    /// Removes the copies that an earlier agent left, but for those that an `sbatch` may yet read.
    ///
    /// # Errors
    /// When the journal can't be read.
    pub async fn remove_left_copies(&self) -> Result<(), JournalError> {
        let unsettled = self.journal.unsettled().await?;
        let attempted = unsettled.iter().filter(|e| matches!(e.phase, Phase::Attempted { .. }));
        let in_use: Vec<PathBuf> =
            attempted.map(|entry| link(&self.state_directory, &entry.tag)).collect();
        let files = fs::read_dir(&self.state_directory)?.filter_map(Result::ok);
        let links = files.map(|file| file.path());
        let links = links.filter(|path| path.extension().is_some_and(|e| e == EXTENSION));
        let left = links.filter(|link| !in_use.contains(link)).filter_map(PrivateCopy::read);
        left.for_each(PrivateCopy::remove);
        Ok(())
    }
}
