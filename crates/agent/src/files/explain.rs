//! What an error of the file system means for a submission.

use std::{io, path::Path};

use nix::{
    errno::Errno,
    sys::statfs::{AUTOFS_SUPER_MAGIC, statfs},
};

use super::Placement;
use crate::setback::{Obstacle, Setback};

const REMEDY: &str = "Submit again with another --execution-directory, or";

pub(super) fn explain(error: &io::Error, placement: &Placement) -> Setback {
    use io::ErrorKind as Kind;
    let (directory, user) = (placement.directory.display(), &placement.user);
    let message = match error.kind() {
        Kind::NotFound => return missing(placement),
        _ if is(error, Errno::ELOOP) => format!(
            "The path of a file in the execution directory {directory} leads through a symbolic \
             link, and nothing is written through one ({error}). Submit again with the directory \
             that the link leads to as --execution-directory, or replace it by a directory."
        ),
        // In /tmp and its like only its owner may replace a file (EPERM, where EACCES would mean
        // that nothing may be written).
        _ if is(error, Errno::EPERM) => format!(
            "The user {user} may not replace a file in the execution directory {directory}: one of \
             the same name as a file of the job script belongs to somebody else there ({error}). \
             {REMEDY} rename the file in the job script."
        ),
        Kind::PermissionDenied | Kind::ReadOnlyFilesystem => format!(
            "The user {user} may not write to the execution directory {directory} ({error}). \
             {REMEDY} change its permissions."
        ),
        // A file where a folder would have to be made.
        Kind::NotADirectory | Kind::AlreadyExists => format!(
            "The execution directory {directory}, or a part of the path of a file in it, is a file \
             and no directory. {REMEDY} remove that file."
        ),
        Kind::IsADirectory | Kind::DirectoryNotEmpty => format!(
            "In the execution directory {directory} there is a directory of the same name as a \
             file of the job script. {REMEDY} rename one of them."
        ),
        Kind::StorageFull | Kind::QuotaExceeded => format!(
            "There is no room for the job's files in the execution directory {directory} \
             ({error}). {REMEDY} make room there."
        ),
        Kind::InvalidFilename => format!(
            "The path of a file in the execution directory {directory} is not possible there \
             ({error}). {REMEDY} rename the file in the job script."
        ),
        _ => return Setback::Blocked(Obstacle::Directory, format!("{directory}: {error}")),
    };
    Setback::Refusal(message)
}

fn is(error: &io::Error, code: Errno) -> bool {
    error.raw_os_error() == Some(code as i32)
}

/// What was mistyped is refused; what may be mounted late is waited for.
fn missing(placement: &Placement) -> Setback {
    let Placement { directory, home, user, .. } = placement;
    let shown = directory.display();
    if directory.starts_with(home) && is_missing(home) {
        return Setback::Missing(format!(
            "The home directory {} of the user {user} does not exist on the cluster, or is not \
             mounted. {REMEDY} ask the administrator of the cluster for it.",
            home.display()
        ));
    }
    let ancestor = directory.ancestors().find(|ancestor| !is_missing(ancestor));
    if let Some(mount) = ancestor.filter(|ancestor| mounts_itself(ancestor)) {
        return Setback::Missing(format!(
            "The execution directory {shown} does not exist on the cluster, or is not mounted \
             below {}. {REMEDY} create it first.",
            mount.display()
        ));
    }
    Setback::Refusal(format!(
        "The execution directory {shown} does not exist on the cluster. {REMEDY} create it first."
    ))
}

fn is_missing(path: &Path) -> bool {
    path.metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// Whether file systems are mounted below it when they are asked for (autofs).
fn mounts_itself(directory: &Path) -> bool {
    statfs(directory).is_ok_and(|found| found.filesystem_type() == AUTOFS_SUPER_MAGIC)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn judge(directory: &Path, home: &Path) -> Setback {
        let (directory, home): (PathBuf, PathBuf) = (directory.to_owned(), home.to_owned());
        let own = ".own".into();
        missing(&Placement { directory, own, files: None, user: "ann".to_owned(), home })
    }

    #[test]
    fn a_home_may_come_yet_and_what_was_mistyped_does_not() {
        let place = tempfile::tempdir().unwrap();
        let home = place.path().join("ann");
        for directory in [home.clone(), home.join("project/1")] {
            let Setback::Missing(why) = judge(&directory, &home) else { panic!("not waited for") };
            assert!(why.contains("home directory") && why.contains("mounted"), "{why}");
        }
        let elsewhere = judge(Path::new("/nonexistent/x"), &home);
        assert!(matches!(elsewhere, Setback::Refusal(_)), "{elsewhere}");
        std::fs::create_dir(&home).unwrap();
        let mistyped = judge(&home.join("projcet"), &home);
        assert!(matches!(mistyped, Setback::Refusal(_)), "{mistyped}");
    }
}
