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

use crate::{
    acting::{self, Action},
    agent::Agent,
    error::JournalError,
    journal::{Entry, Phase},
    run_as::Account,
    setback::Setback,
    tag::Tag,
};

const EXTENSION: &str = "place";

/// Where the copy of one attempt is, or will be.
#[derive(Debug)]
pub struct PrivateCopy {
    link: PathBuf,
    user: String,
    /// That user's account, if this agent has looked it up for the attempt.
    account: Option<Account>,
    directory: PathBuf,
}

impl PrivateCopy {
    /// Plans a directory of this `mark`, which no attempt had before, in an execution directory.
    pub fn plan(
        state_directory: &Path,
        tag: &Tag,
        account: &Account,
        execution_directory: &Path,
        mark: &str,
    ) -> io::Result<Self> {
        let link = state_directory.join(format!("{}{mark}.{EXTENSION}", prefix(tag)));
        let directory = execution_directory.join(format!("{NAME}{mark}"));
        let user = account.name.clone();
        symlink(format!("{user}:{}", directory.display()), &link)?;
        Ok(Self { link, user, account: Some(account.clone()), directory })
    }

    /// Those that were noted for the attempts of a submission.
    ///
    /// # Errors
    /// When the state directory can't be read.
    pub fn noted(state_directory: &Path, tag: &Tag) -> io::Result<Vec<Self>> {
        let links = links(state_directory)?.into_iter();
        Ok(links.filter(|link| is_of(link, tag)).filter_map(Self::read).collect())
    }

    fn read(link: PathBuf) -> Option<Self> {
        let noted = fs::read_link(&link).ok()?;
        let (user, directory) = noted.to_str()?.split_once(':')?;
        let (user, directory) = (user.to_owned(), directory.into());
        Some(Self { user, account: None, directory, link })
    }

    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Removes it, as the user whom it belongs to, while the caller goes on.
    pub fn remove(self) {
        tokio::spawn(async move {
            let Self { link, user, account, directory } = self;
            let submission = submission_of(&directory);
            match remove_directory(user, account, directory).await {
                // What is not removed now is when the next agent starts.
                Err(error) => {
                    tracing::warn!(submission, %error, "the copy of a script cannot be removed");
                }
                Ok(()) => {
                    let _ = fs::remove_file(link);
                }
            }
        });
    }
}

async fn remove_directory(
    user: String,
    account: Option<Account>,
    directory: PathBuf,
) -> Result<(), Setback> {
    let account = match account {
        None => Account::look_up(&user).await.map_err(Setback::Trouble)?,
        known => known,
    };
    // A user who is gone has nothing that could be removed as that user.
    let Some(account) = account else { return Ok(()) };
    let submission = submission_of(&directory);
    let action = Action::Remove { directory };
    acting::done(acting::act(&account, submission.as_slice(), action, vec![])).await
}

/// What the names of the directories begin with.
const NAME: &str = ".jobbergate-";

/// The submission that a directory with a private copy is of, if it is one.
pub fn submission_of(directory: &Path) -> Option<i64> {
    let name = directory.file_name()?.to_str()?.strip_prefix(NAME)?;
    let (submission, random) = name.split_once('-')?;
    let random = random.len() == 16 && random.bytes().all(|digit| digit.is_ascii_hexdigit());
    submission.parse().ok().filter(|submission| random && *submission > 0)
}

/// What the links of a submission's attempts begin with.
fn prefix(tag: &Tag) -> String {
    format!("{tag}.")
}

fn is_of(link: &Path, tag: &Tag) -> bool {
    let name = link.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with(&prefix(tag))
}

fn links(state_directory: &Path) -> io::Result<Vec<PathBuf>> {
    let files = fs::read_dir(state_directory)?.filter_map(Result::ok);
    let paths = files.map(|file| file.path());
    Ok(paths.filter(|path| path.extension().is_some_and(|e| e == EXTENSION)).collect())
}

impl Agent {
    /// Removes the copies that an earlier agent left, but for those that an `sbatch` may yet read.
    pub async fn remove_left_copies(&self) -> Result<(), JournalError> {
        let unsettled = self.journal.unsettled().await?;
        let attempted = |entry: &&Entry| matches!(entry.phase, Phase::Attempted { .. });
        let in_use: Vec<&Tag> = unsettled.iter().filter(attempted).map(|e| &e.tag).collect();
        let mut left = links(&self.state_directory)?;
        left.retain(|link| !in_use.iter().any(|tag| is_of(link, tag)));
        left.into_iter().filter_map(PrivateCopy::read).for_each(PrivateCopy::remove);
        Ok(())
    }
}
