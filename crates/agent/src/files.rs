//! Puts the files of a submission into its execution directory, as the user whom they belong to.
//!
//! Files are written beside their places first and moved there when all are complete. The script
//! is written a second time, where no other submission ever writes: see
//! [`crate::private_copy`].

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, Write},
    iter,
    os::{
        fd::OwnedFd,
        unix::fs::{DirBuilderExt, OpenOptionsExt},
    },
    path::{Component, Path, PathBuf},
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    sys::memfd::{MFdFlags, memfd_create},
};
use tokio::sync::oneshot;

use crate::{
    acting::{self, Action, Piece},
    directory_locks::Turn,
    private_copy,
    run_as::Account,
    setback::Setback,
};

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

/// Writes `files` into `directory` and the script into `own`, which is made, too; without files,
/// only finds out whether it could be done. The turn ends when nothing is written any more.
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
    // Whoever waits no longer gives nobody else the turn before the end.
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
            Err(Setback::Trouble(format!("{shown} did not answer within {DEADLINE:?}")))
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

/// Does so on the calling thread, which can't become the agent again.
pub(crate) fn place_now(
    account: &Account,
    directory: &Path,
    own: &Path,
    files: Option<&Files>,
) -> Result<(), Setback> {
    let end = Instant::now() + DEADLINE;
    let placed = account.assume_for_files().and_then(|()| {
        check(directory)?;
        write(directory, own, files, end)
    });
    placed.map_err(|e| explain(&e, directory, &account.name))
}

fn check(directory: &Path) -> io::Result<()> {
    if fs::metadata(directory)?.is_dir() {
        Ok(())
    } else {
        Err(io::ErrorKind::NotADirectory.into())
    }
}

fn write(directory: &Path, own: &Path, files: Option<&Files>, end: Instant) -> io::Result<()> {
    fs::DirBuilder::new().mode(0o700).create(own)?;
    let Some(files) = files else { return fs::remove_dir(own) };
    // Nobody waits for what comes later.
    let in_time =
        || if Instant::now() > end { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) };
    let result = stage(own, files).and_then(|staged| {
        in_time()?;
        move_all(directory, staged)?;
        in_time()
    });
    if result.is_err() {
        let removed = fs::remove_dir_all(own);
        return result.and(removed);
    }
    result
}

/// Writes all files into `own`; those that are to be moved, with their places.
fn stage<'a>(own: &Path, files: &'a Files) -> io::Result<Vec<(PathBuf, &'a Path)>> {
    let script_name = files.script_name();
    create(&own.join(script_name), &files.script.bytes)?;
    // Other names than the script's.
    let prefix = if script_name.as_encoded_bytes().starts_with(b"f") { "s" } else { "f" };
    let mut staged = Vec::new();
    for (i, file) in files.support.iter().chain([&files.script]).enumerate() {
        let path = own.join(format!("{prefix}{i}"));
        create(&path, &file.bytes)?;
        staged.push((path, file.name.as_path()));
    }
    Ok(staged)
}

fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut open = fs::OpenOptions::new();
    open.write(true).create_new(true).mode(0o644).open(path)?.write_all(bytes)
}

fn move_all(directory: &Path, staged: Vec<(PathBuf, &Path)>) -> io::Result<()> {
    for (_, name) in &staged {
        let target = directory.join(name);
        if let Some(parent) = target.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o755).create(parent)?;
        }
        if target.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
    }
    for (path, name) in staged {
        let target = directory.join(name);
        match fs::rename(&path, &target) {
            Err(e) if e.kind() == io::ErrorKind::CrossesDevices => copy(&path, &target)?,
            renamed => renamed?,
        }
    }
    Ok(())
}

/// To a folder that is a link to another file system.
fn copy(path: &Path, target: &Path) -> io::Result<()> {
    let bytes = fs::read(path)?;
    let draft = target.with_file_name(format!(".jobbergate-{:016x}", rand::random::<u64>()));
    let copied = create(&draft, &bytes).and_then(|()| fs::rename(&draft, target));
    if copied.is_err() {
        // It may not even be there.
        let _ = fs::remove_file(&draft);
    }
    copied
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
        // In /tmp and its like only its owner may replace a file (EPERM, where EACCES would mean
        // that nothing may be written).
        _ if error.raw_os_error() == Some(Errno::EPERM as i32) => format!(
            "The user {user} may not replace a file in the execution directory {directory}: one of \
             the same name as a file of the job script belongs to somebody else there ({error}). \
             {remedy} rename the file in the job script."
        ),
        Kind::PermissionDenied | Kind::ReadOnlyFilesystem => format!(
            "The user {user} may not write to the execution directory {directory} ({error}). \
             {remedy} change its permissions."
        ),
        // A file where a folder would have to be made.
        Kind::NotADirectory | Kind::AlreadyExists => format!(
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
    use crate::directory_locks::DirectoryLocks;

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

    async fn place_as_self(directory: &Path, mark: &str, files: Files) -> Result<(), Setback> {
        let turn = DirectoryLocks::default().turn(directory, "").await.unwrap();
        let own = directory.join(mark);
        place(&Account::own().unwrap(), directory, Some(files), &own, turn).await
    }

    fn files(script: &str, support: Vec<Content>) -> Files {
        Files { script: content("job.sh", script), support }
    }

    #[tokio::test]
    async fn files_arrive_complete_and_the_script_has_a_copy_that_stays_as_it_is() {
        let home = tempfile::tempdir().unwrap();
        let read = |name| fs::read_to_string(home.path().join(name)).unwrap();
        let first = files("first", vec![content("data/in.txt", "1")]);
        place_as_self(home.path(), ".a", first).await.unwrap();
        assert_eq!((read("data/in.txt"), read("job.sh")), ("1".to_owned(), "first".to_owned()));
        place_as_self(home.path(), ".b", files("second", vec![])).await.unwrap();
        assert_eq!(read("job.sh"), "second");
        assert_eq!(
            (read(".a/job.sh"), read(".b/job.sh")),
            ("first".to_owned(), "second".to_owned())
        );
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 4);
        assert_eq!(fs::read_dir(home.path().join(".a")).unwrap().count(), 1);
        assert!(place_as_self(home.path(), ".a", files("third", vec![])).await.is_err());
    }

    #[tokio::test]
    async fn any_name_of_a_script_is_possible() {
        let home = tempfile::tempdir().unwrap();
        for (i, name) in ["f0", "0", "s1", "sub/f1", "my job.sh"].into_iter().enumerate() {
            let script = content(name, "#!/bin/sh\n");
            let files = Files { script, support: vec![content("f2", "1"), content("s2", "1")] };
            let base = files.script_name().to_owned();
            let own = format!(".own{i}");
            place_as_self(home.path(), &own, files).await.unwrap();
            assert!(home.path().join(name).is_file() && home.path().join(own).join(base).is_file());
        }
    }

    #[tokio::test]
    async fn a_file_in_the_way_leaves_nothing_half_written() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("data")).unwrap();
        let files = files("#!/bin/sh\n", vec![content("data", "1")]);
        let Err(Setback::Refusal(why)) = place_as_self(home.path(), ".a", files).await else {
            panic!("not refused")
        };
        assert!(why.contains("same name") && why.contains("rename"), "{why}");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn a_file_where_a_folder_is_needed_is_said() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("in"), "").unwrap();
        let files = files("#!/bin/sh\n", vec![content("in/a.dat", "1")]);
        let Err(Setback::Refusal(why)) = place_as_self(home.path(), ".a", files).await else {
            panic!("not refused")
        };
        assert!(why.contains("is a file and no directory"), "{why}");
    }

    #[tokio::test]
    async fn a_folder_may_be_a_link_to_another_file_system() {
        let (home, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir_in("/dev/shm"));
        let Ok(scratch) = scratch else {
            return jobbergate_testkit::skipped("/dev/shm can't be used");
        };
        std::os::unix::fs::symlink(scratch.path(), home.path().join("data")).unwrap();
        for text in ["1", "2"] {
            let files = files("#!/bin/sh\n", vec![content("data/in.txt", text)]);
            place_as_self(home.path(), &format!(".{text}"), files).await.unwrap();
            assert_eq!(fs::read_to_string(scratch.path().join("in.txt")).unwrap(), text);
            assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn who_comes_too_late_replaces_nothing() {
        let home = tempfile::tempdir().unwrap();
        let past = Instant::now() - Duration::from_millis(1);
        let files = files("late", vec![]);
        write(home.path(), &home.path().join(".a"), Some(&files), past).unwrap_err();
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_directory_that_is_missing_is_named() {
        let missing = Path::new("/nonexistent/x");
        let Err(Setback::Refusal(why)) = place_as_self(missing, ".a", files("", vec![])).await
        else {
            panic!("not refused")
        };
        assert!(why.contains("/nonexistent/x does not exist") && why.contains("create"), "{why}");
    }
}
