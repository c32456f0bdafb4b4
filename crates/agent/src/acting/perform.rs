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
    time::Instant,
};

use nix::{errno::Errno, sys::signal::Signal};

use super::{Action, Piece, Reply, Run, reading::read_into};
use crate::{
    boot_clock,
    files::{self, Content, Files, Placement},
    run_as::Account,
    setback::Setback,
    slurm::process::Process,
};

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
        // What the fence says when it is near.
        Err(error) if error.raw_os_error() == Some(Errno::ETIME as i32) => {
            return report(Reply::NotNow("it was too late to start it".to_owned()));
        }
        Err(error) => return report(Reply::NotStarted(error.to_string())),
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

fn signal(account: &Account, process: Process, forcibly: bool) -> Result<(), Setback> {
    account.assume_wholly().map_err(|e| Setback::Trouble(e.to_string()))?;
    process.signal_group(if forcibly { Signal::SIGKILL } else { Signal::SIGTERM });
    Ok(())
}
