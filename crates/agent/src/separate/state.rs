//! The state directory of an agent that gives up its privileges.
//!
//! Once it is the agent's, root never follows what is in it: whoever took over the agent could lead root
//! anywhere. It is handed over once, as long as nobody but root could put anything there.

use std::{
    fs::{self, DirBuilder, File},
    io,
    os::{
        fd::AsFd,
        unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    },
    path::Path,
};

use nix::{
    fcntl::AtFlags,
    libc,
    unistd::{Gid, Uid, fchown, fchownat},
};

use crate::{error::JournalError, journal, run_as::Account};

/// Makes the directory if it is missing and gives it, with what root left in it, to the agent's
/// user.
pub fn hand_over(directory: &Path, account: &Account) -> io::Result<()> {
    let parent = directory.parent().unwrap_or(Path::new("/"));
    if !directory.exists() {
        DirBuilder::new().recursive(true).mode(0o755).create(parent)?;
        match DirBuilder::new().mode(0o700).create(directory) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    let flags = libc::O_DIRECTORY | libc::O_NOFOLLOW;
    let open = |more| File::options().read(true).custom_flags(flags | more).open(directory);
    // Root without CAP_DAC_READ_SEARCH may not read what is the agent's.
    let owner = open(libc::O_PATH)?.metadata()?.uid();
    if owner == account.uid.as_raw() {
        return Ok(());
    }
    if owner != 0 {
        return Err(io::Error::other(format!("it belongs to the user {owner}")));
    }
    only_roots(&fs::canonicalize(parent)?)?;
    let mode = open(libc::O_PATH)?.metadata()?.mode();
    if mode & 0o022 != 0 {
        // What they put there would become the agent's, by a hard link also what is root's.
        return Err(io::Error::other("others than root can write to it"));
    }
    let _lock = lock(directory)?;
    give(&open(0)?, directory, account.uid, account.gid)
}

/// An agent that root runs there would lose what it works with.
fn lock(directory: &Path) -> io::Result<File> {
    let mut options = File::options();
    let options = options.write(true).create(true).custom_flags(libc::O_NOFOLLOW);
    let lock = options.open(directory.join(journal::LOCK))?;
    lock.try_lock().map_err(|error| match error {
        fs::TryLockError::WouldBlock => io::Error::other(JournalError::InUse),
        fs::TryLockError::Error(error) => error,
    })?;
    Ok(lock)
}

/// Whoever may rename one of these directories could have root hand over another one.
fn only_roots(directory: &Path) -> io::Result<()> {
    for above in directory.ancestors() {
        let metadata = fs::symlink_metadata(above)?;
        let writable_by_others = metadata.mode() & 0o022 != 0 && metadata.mode() & 0o1000 == 0;
        if metadata.uid() != 0 || writable_by_others {
            let above = above.display();
            return Err(io::Error::other(format!("{above} can be changed by others than root")));
        }
    }
    Ok(())
}

fn give(opened: &File, directory: &Path, uid: Uid, gid: Gid) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name();
        let no_links = AtFlags::AT_SYMLINK_NOFOLLOW;
        fchownat(opened.as_fd(), name.as_os_str(), Some(uid), Some(gid), no_links)?;
    }
    // The directory last: until here nobody else could reach into it.
    Ok(fchown(opened.as_fd(), Some(uid), Some(gid))?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, chown, symlink};

    use nix::unistd::geteuid;

    use super::*;

    fn somebody() -> Account {
        let (uid, gid) = (Uid::from_raw(4321), Gid::from_raw(4321));
        Account {
            name: "x".to_owned(),
            uid,
            gid,
            groups: vec![],
            home: "/".into(),
            shell: "/".into(),
        }
    }

    #[test]
    fn what_root_left_is_handed_over_once_and_no_link_is_followed() {
        if !geteuid().is_root() {
            return jobbergate_testkit::skipped("only root can hand over a directory");
        }
        let place = tempfile::tempdir().unwrap();
        let (state, other) = (place.path().join("a/state"), place.path().join("other"));
        hand_over(&state, &somebody()).unwrap();
        let metadata = fs::metadata(&state).unwrap();
        assert_eq!((metadata.uid(), metadata.gid(), metadata.mode() & 0o777), (4321, 4321, 0o700));
        chown(&state, Some(0), Some(0)).unwrap();
        fs::write(&other, "").unwrap();
        fs::write(state.join("journal"), "").unwrap();
        symlink(&other, state.join("link")).unwrap();
        hand_over(&state, &somebody()).unwrap();
        assert_eq!(fs::metadata(state.join("journal")).unwrap().uid(), 4321);
        assert_eq!(fs::symlink_metadata(state.join("link")).unwrap().uid(), 4321);
        assert_eq!(fs::metadata(&other).unwrap().uid(), 0);
        chown(&state, Some(0), Some(0)).unwrap();
        let lock = File::create(state.join(journal::LOCK)).unwrap();
        lock.lock().unwrap();
        let refused = hand_over(&state, &somebody()).unwrap_err();
        assert!(refused.to_string().contains("another agent is using it"), "{refused}");
        assert_eq!(fs::metadata(&state).unwrap().uid(), 0, "that one goes on");
        drop(lock);
        hand_over(&state, &somebody()).unwrap();
        fs::write(state.join("late"), "").unwrap();
        hand_over(&state, &somebody()).unwrap();
        assert_eq!(fs::metadata(state.join("late")).unwrap().uid(), 0, "it is the agent's by now");
    }

    #[test]
    fn root_is_not_led_elsewhere() {
        if !geteuid().is_root() {
            return jobbergate_testkit::skipped("only root can hand over a directory");
        }
        let place = tempfile::tempdir().unwrap();
        let (target, link) = (place.path().join("target"), place.path().join("link"));
        fs::create_dir(&target).unwrap();
        symlink(&target, &link).unwrap();
        assert!(hand_over(&link, &somebody()).is_err(), "it is a link");
        let theirs = place.path().join("theirs");
        fs::create_dir(&theirs).unwrap();
        chown(&theirs, Some(4321), None).unwrap();
        symlink(&target, theirs.join("way")).unwrap();
        fs::create_dir(target.join("state")).unwrap();
        fs::create_dir(theirs.join("state")).unwrap();
        let refused = hand_over(&theirs.join("state"), &somebody()).unwrap_err();
        assert!(refused.to_string().contains("others than root"), "{refused}");
        for mode in [0o777, 0o1777, 0o770] {
            fs::set_permissions(&target, fs::Permissions::from_mode(mode)).unwrap();
            let refused = hand_over(&target, &somebody()).unwrap_err();
            assert!(refused.to_string().contains("can write to it"), "{mode:o}: {refused}");
            assert_eq!(fs::metadata(&target).unwrap().uid(), 0);
        }
        chown(&target, Some(99), None).unwrap();
        assert!(hand_over(&target, &somebody()).unwrap_err().to_string().contains("user 99"));
    }
}
