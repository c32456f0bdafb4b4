//! Reads a part of a file as a user.

use std::{
    fs::File,
    io,
    os::{fd::OwnedFd, unix::fs::FileExt},
};

use nix::{
    fcntl::{FcntlArg, fcntl},
    sys::memfd::{MFdFlags, memfd_create},
};

use super::{Action, GONE, Reply, act};
use crate::{
    output::read::{Part, ReadPart, Unreadable, read_part},
    run_as::Account,
};

/// Reads for a submission. Waits as long as the file system does.
pub async fn read(
    account: &Account,
    submission: i64,
    wanted: ReadPart,
) -> Result<Part, Unreadable> {
    let content = File::from(memory()?);
    let with = vec![content.try_clone()?.into()];
    let mut replies = act(account, &[submission], Action::Read(wanted), with);
    let read = match replies.recv().await {
        Some(Reply::Read(read)) => read,
        Some(Reply::Refused(why)) => Err(Unreadable::Denied(why)),
        Some(Reply::NotStarted(why) | Reply::NotNow(why) | Reply::Lost(why)) => {
            Err(Unreadable::Failed(why))
        }
        Some(other) => Err(Unreadable::Failed(format!("it was answered {other:?}"))),
        None => Err(Unreadable::Failed(GONE.to_owned())),
    };
    let length = usize::try_from(content.metadata()?.len()).unwrap_or(usize::MAX);
    let mut part = read?;
    part.bytes = vec![0; length];
    content.read_exact_at(&mut part.bytes, 0)?;
    Ok(part)
}

/// Reads on the calling thread, which is the user's from now on. The bytes go where they are wanted, the
/// part is returned without them.
pub(super) fn read_into(
    account: &Account,
    wanted: &ReadPart,
    with: Vec<OwnedFd>,
) -> Result<Part, Unreadable> {
    let place = with.into_iter().next();
    let place = place.ok_or_else(|| io::Error::other("there is no place for what is read"))?;
    // Only memory can be sealed. Anything else might block, or be more than a file.
    fcntl(&place, FcntlArg::F_GET_SEALS).map_err(io::Error::from)?;
    account.assume_for_files()?;
    let mut part = read_part(wanted)?;
    File::from(place).write_all_at(&std::mem::take(&mut part.bytes), 0)?;
    Ok(part)
}

fn memory() -> io::Result<OwnedFd> {
    Ok(memfd_create("output", MFdFlags::MFD_CLOEXEC)?)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

    use super::*;

    fn wanted(path: PathBuf) -> ReadPart {
        ReadPart { path, from: Some(2), limit: 100, file: None }
    }

    #[tokio::test]
    async fn a_part_of_a_file_is_read_as_its_user() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("out");
        fs::write(&path, "0123456789").unwrap();
        let part = read(&Account::own().unwrap(), 1, wanted(path.clone())).await.unwrap();
        assert_eq!((part.from, part.size, part.bytes.as_slice()), (2, 10, &b"23456789"[..]));
        let Some(nobody) = Account::by_name("nobody").unwrap() else {
            return jobbergate_testkit::skipped("there is no user nobody");
        };
        if !nix::unistd::geteuid().is_root() {
            return jobbergate_testkit::skipped("only root can read as somebody else");
        }
        fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let denied = read(&nobody, 1, wanted(path)).await;
        assert!(matches!(denied, Err(Unreadable::Denied(_))), "{denied:?}");
    }

    #[test]
    fn what_is_read_goes_into_memory_only() {
        let place = tempfile::tempdir().unwrap();
        let (path, target) = (place.path().join("out"), place.path().join("target"));
        fs::write(&path, "0123456789").unwrap();
        let own = Account::own().unwrap();
        let (pipe, write) = nix::unistd::pipe().unwrap();
        for other in [File::create(&target).unwrap().into(), write] {
            let refused = read_into(&own, &wanted(path.clone()), vec![other]);
            assert!(matches!(refused, Err(Unreadable::Failed(_))), "{refused:?}");
        }
        assert!(read_into(&own, &wanted(path), vec![]).is_err());
        assert!(fs::read(&target).unwrap().is_empty());
        drop(pipe);
    }
}
