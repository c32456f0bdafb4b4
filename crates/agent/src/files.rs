//! Puts the files of a submission into its execution directory, as the user whom they belong to.
//!
//! Files are written beside their places first and moved there when all are complete.

use std::{
    fs, io,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Component, Path, PathBuf},
    time::Duration,
};

use tokio::sync::oneshot;

use crate::{run_as::Account, setback::Setback};

/// How long the file system may take.
const DEADLINE: Duration = Duration::from_secs(60);

/// A file to be written.
#[derive(Debug, Clone)]
pub struct Content {
    /// Its place in the execution directory.
    pub name: PathBuf,
    /// What is in it.
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

/// Writes `files` into `directory`; with none, only finds out whether it could be done. `mark`
/// is the submission's own: it names the place where files wait until all are complete.
///
/// # Errors
/// A refusal if the user can't have files there, otherwise what went wrong for the moment.
pub async fn place(
    account: &Account,
    directory: &Path,
    files: Vec<Content>,
    mark: &str,
) -> Result<(), Setback> {
    let (done, result) = oneshot::channel();
    let (account, name) = (account.clone(), account.name.clone());
    let (directory, shown) = (directory.to_owned(), directory.to_owned());
    let staging = directory.join(format!(".jobbergate-{mark}"));
    let work = move || {
        // A thread of its own, because it can't become the agent again.
        let outcome = account.assume_for_files().and_then(|()| {
            check(&directory)?;
            stage_and_move(&directory, &staging, &files)
        });
        let _ = done.send(outcome);
    };
    let started = std::thread::Builder::new().name("files".to_owned()).spawn(work);
    started.map_err(|e| Setback::Trouble(format!("no thread for writing files: {e}")))?;
    match tokio::time::timeout(DEADLINE, result).await {
        Ok(Ok(outcome)) => outcome.map_err(|e| explain(&e, &shown, &name)),
        Ok(Err(_)) => Err(Setback::Trouble("writing files was broken off".to_owned())),
        Err(_) => {
            let shown = shown.display();
            Err(Setback::Trouble(format!("{shown} did not answer within {DEADLINE:?}")))
        }
    }
}

fn check(directory: &Path) -> io::Result<()> {
    if fs::metadata(directory)?.is_dir() {
        Ok(())
    } else {
        Err(io::ErrorKind::NotADirectory.into())
    }
}

fn stage_and_move(directory: &Path, staging: &Path, files: &[Content]) -> io::Result<()> {
    // What an agent left that was killed while writing.
    if staging.exists() {
        fs::remove_dir_all(staging)?;
    }
    fs::DirBuilder::new().mode(0o700).create(staging)?;
    let result = stage(staging, files).and_then(|()| move_all(directory, staging, files));
    let removed = fs::remove_dir_all(staging);
    result.and(removed)
}

fn stage(staging: &Path, files: &[Content]) -> io::Result<()> {
    for (i, file) in files.iter().enumerate() {
        let path = staging.join(i.to_string());
        let mut open = fs::OpenOptions::new();
        open.write(true).create_new(true).mode(0o644).open(path)?.write_all(&file.bytes)?;
    }
    Ok(())
}

fn move_all(directory: &Path, staging: &Path, files: &[Content]) -> io::Result<()> {
    for file in files {
        let target = directory.join(&file.name);
        if let Some(parent) = target.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o755).create(parent)?;
        }
        if target.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
    }
    for (i, file) in files.iter().enumerate() {
        fs::rename(staging.join(i.to_string()), directory.join(&file.name))?;
    }
    Ok(())
}

fn explain(error: &io::Error, directory: &Path, user: &str) -> Setback {
    use io::ErrorKind as Kind;
    let directory = directory.display();
    let remedy = "Submit again with another --execution-directory, or";
    let message = match error.kind() {
        Kind::NotFound => {
            format!(
                "The execution directory {directory} does not exist on the cluster. {remedy} create it first."
            )
        }
        Kind::PermissionDenied | Kind::ReadOnlyFilesystem => format!(
            "The user {user} may not write to the execution directory {directory} ({error}). \
             {remedy} change its permissions."
        ),
        Kind::NotADirectory => format!(
            "The execution directory {directory}, or a part of the path of a file in it, is a file \
             and no directory. {remedy} remove that file."
        ),
        Kind::IsADirectory | Kind::DirectoryNotEmpty => format!(
            "In the execution directory {directory} there is a directory of the same name as a \
             file of the job script. {remedy} rename one of them."
        ),
        Kind::StorageFull | Kind::QuotaExceeded => format!(
            "There is no room for the job's files in the execution directory {directory} \
             ({error}). {remedy} make room there."
        ),
        Kind::InvalidFilename => format!(
            "The path of a file in the execution directory {directory} is not possible there \
             ({error}). {remedy} rename the file in the job script."
        ),
        _ => return Setback::Trouble(format!("{directory}: {error}")),
    };
    Setback::Refusal(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_inside_the_directory() {
        assert_eq!(inside("job.sh"), Ok(PathBuf::from("job.sh")));
        assert_eq!(inside("data/in put.txt"), Ok(PathBuf::from("data/in put.txt")));
        for name in ["../x", "/etc/cron.d/x", "a/../../x", "", ".", "a/", "a\0b", "a/./../b"] {
            assert!(inside(name).is_err_and(|why| why.contains("not allowed")), "{name:?}");
        }
    }

    fn content(name: &str, text: &str) -> Content {
        Content { name: inside(name).unwrap(), bytes: text.into() }
    }

    async fn place_as_self(directory: &Path, files: Vec<Content>) -> Result<(), Setback> {
        place(&Account::own().unwrap(), directory, files, "7-00ff").await
    }

    #[tokio::test]
    async fn files_arrive_complete_and_leave_nothing_else() {
        let home = tempfile::tempdir().unwrap();
        let files = vec![content("job.sh", "#!/bin/sh\n"), content("data/in.txt", "1")];
        place_as_self(home.path(), files).await.unwrap();
        assert_eq!(fs::read_to_string(home.path().join("data/in.txt")).unwrap(), "1");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 2);
        place_as_self(home.path(), vec![content("job.sh", "new")]).await.unwrap();
        assert_eq!(fs::read_to_string(home.path().join("job.sh")).unwrap(), "new");
    }

    #[tokio::test]
    async fn a_file_in_the_way_leaves_nothing_half_written() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("data")).unwrap();
        let files = vec![content("job.sh", "#!/bin/sh\n"), content("data", "1")];
        let Err(Setback::Refusal(why)) = place_as_self(home.path(), files).await else {
            panic!("not refused")
        };
        assert!(why.contains("same name") && why.contains("rename"), "{why}");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn a_directory_that_is_missing_is_named() {
        let Err(Setback::Refusal(why)) = place_as_self(Path::new("/nonexistent/x"), vec![]).await
        else {
            panic!("not refused")
        };
        assert!(why.contains("/nonexistent/x does not exist") && why.contains("create"), "{why}");
    }
}
