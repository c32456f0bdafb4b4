//! Does an action as a user, on a thread that is spent for it.

use std::{
    fs::{self, File},
    io,
    os::{
        fd::OwnedFd,
        unix::{fs::FileExt, process::ExitStatusExt},
    },
    path::Path,
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use nix::errno::Errno;

use super::{Action, Piece, Reply, Run, reading::read_into};
use crate::{
    boot_clock,
    files::{self, Content, Files, Placement},
    process::Process,
    run_as::Account,
    setback::Setback,
};

/// How long the process may take that sends a signal.
const SIGNAL_DEADLINE: Duration = Duration::from_secs(5);

/// Does it, and reports what becomes of it. The calling thread can be used for nothing else after.
pub fn perform(account: &Account, action: Action, with: Vec<OwnedFd>, report: &dyn Fn(Reply)) {
    match action {
        Action::Run(run) => report_run(account, &run, with, report),
        Action::Place { directory, own, files } => {
            report(Reply::Done(place(account, &directory, &own, files.as_deref(), with)));
        }
        Action::Remove { directory } => report(Reply::Done(remove(account, &directory))),
        Action::Read(wanted) => report(Reply::Read(read_into(account, &wanted, with))),
        Action::Signal { process, forcibly } => {
            report(Reply::Done(signal(account, process, forcibly)));
        }
    }
}

fn report_run(account: &Account, run: &Run, stdio: Vec<OwnedFd>, report: &dyn Fn(Reply)) {
    let mut child = match start(account, run, stdio) {
        Ok(child) => child,
        Err(error) => return report(not_started(&error, account, run)),
    };
    report(Reply::Started(i32::try_from(child.id()).ok().and_then(Process::of)));
    report(match child.wait() {
        Ok(status) => Reply::Ended(status.into_raw()),
        Err(error) => Reply::Lost(error.to_string()),
    });
}

fn start(account: &Account, run: &Run, stdio: Vec<OwnedFd>) -> io::Result<Child> {
    let [stdin, stdout, stderr] = <[OwnedFd; 3]>::try_from(stdio)
        .map_err(|_| io::Error::other("input, output and complaints must go with it"))?
        .map(Stdio::from);
    let mut command = account.command(&run.program, &run.directory, run.fence)?;
    command.args(&run.arguments).stdin(stdin).stdout(stdout).stderr(stderr);
    if boot_clock::now() > run.not_after {
        return Err(Errno::ETIME.into());
    }
    command.spawn()
}

/// Why a program did not start, in words that help whoever waits for it.
fn not_started(error: &io::Error, Account { name, .. }: &Account, run: &Run) -> Reply {
    let directory = run.directory.display();
    match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::ETIME) => Reply::NotNow(format!(
            "it was too late by the time that {name} had reached {directory}; the file system, or the \
             machine, is slow. It is tried again"
        )),
        Some(Errno::EPERM) => Reply::NotStarted(format!(
            "the agent may not become the user {name} ({error}); the cluster's administrators must \
             run it as root, with the capabilities to become users (CAP_SETUID, CAP_SETGID)"
        )),
        Some(Errno::EAGAIN | Errno::ENOMEM | Errno::EMFILE | Errno::ENFILE) => Reply::NotNow(
            format!("the machine of the agent has no room for one more process: {error}"),
        ),
        _ => Reply::NotStarted(error.to_string()),
    }
}

fn place(
    account: &Account,
    directory: &Path,
    own: &Path,
    pieces: Option<&[Piece]>,
    with: Vec<OwnedFd>,
) -> Result<(), Setback> {
    let read = pieces.map(|pieces| read_all(pieces, with)).transpose();
    let files = read.map_err(|e| Setback::Trouble(format!("the content of the files: {e}")))?;
    let placement = Placement {
        directory: directory.to_owned(),
        own: own.file_name().unwrap_or_default().to_owned(),
        files,
        user: account.name.clone(),
        home: account.home.clone(),
    };
    let end = Instant::now() + files::DEADLINE;
    let assumed = account.assume_for_files();
    assumed.map_err(|e| Setback::Trouble(format!("becoming {}: {e}", account.name)))?;
    placement.carry_out(end)
}

fn read_all(pieces: &[Piece], with: Vec<OwnedFd>) -> io::Result<Files> {
    let content = with.into_iter().next().map(File::from);
    let content = content.ok_or_else(|| io::Error::other("it does not go with them"))?;
    let mut offset = 0;
    let mut all = pieces.iter().map(|piece| {
        let mut bytes = vec![0; usize::try_from(piece.length).map_err(io::Error::other)?];
        content.read_exact_at(&mut bytes, offset)?;
        offset += piece.length;
        io::Result::Ok(Content { name: piece.name.clone(), bytes })
    });
    let script = all.next().ok_or_else(|| io::Error::other("there is no script"))??;
    Ok(Files { script, support: all.collect::<Result<_, _>>()? })
}

fn remove(account: &Account, directory: &Path) -> Result<(), Setback> {
    let removed = account.assume_for_files().and_then(|()| fs::remove_dir_all(directory));
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Setback::Trouble(error.to_string()))
        }
        _ => Ok(()),
    }
}

/// By a process of its own, which is the user's: the user may do to it what the helper must not suffer.
fn signal(account: &Account, process: Process, forcibly: bool) -> Result<(), Setback> {
    let trouble = |e: io::Error| Setback::Trouble(format!("ending it as {}: {e}", account.name));
    if !process.group_is_alive() {
        return Ok(());
    }
    let signal = if forcibly { "KILL" } else { "TERM" };
    let mut command =
        account.command(Path::new("/bin/sh"), Path::new("/"), None).map_err(trouble)?;
    command.args(["-c", "kill -s \"$1\" -- \"-$2\"", "sh", signal]);
    command.arg(process.number().to_string());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(trouble)?;
    let end = Instant::now() + SIGNAL_DEADLINE;
    while child.try_wait().map_err(trouble)?.is_none() {
        if Instant::now() > end {
            // The user may have stopped it.
            child.kill().and_then(|()| child.wait()).map_err(trouble)?;
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use nix::unistd::{Gid, Uid};

    use super::*;

    #[test]
    fn what_passes_is_told_apart_from_what_does_not_and_words_say_what_to_do() {
        let account = Account {
            name: "alice".to_owned(),
            uid: Uid::from_raw(1001),
            gid: Gid::from_raw(1001),
            groups: vec![],
            home: "/home/alice".into(),
            shell: "/bin/sh".into(),
        };
        let run = Run {
            program: "/usr/bin/sbatch".into(),
            directory: "/slow".into(),
            arguments: vec![],
            not_after: Duration::ZERO,
            fence: None,
        };
        let reply = |errno: Errno| not_started(&errno.into(), &account, &run);
        let Reply::NotNow(late) = reply(Errno::ETIME) else { panic!() };
        assert!(late.contains("/slow") && !late.contains("Timer expired"), "{late}");
        let Reply::NotStarted(may_not) = reply(Errno::EPERM) else { panic!() };
        assert!(may_not.contains("alice") && may_not.contains("CAP_SETUID"), "{may_not}");
        assert!(matches!(reply(Errno::EMFILE), Reply::NotNow(_)));
        assert!(matches!(reply(Errno::ENOENT), Reply::NotStarted(_)));
    }
}
