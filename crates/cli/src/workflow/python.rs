//! The user's Python, and the line to it: a socket of its own, as standard input and output are the
//! workflow's.

use std::{
    io,
    os::{
        fd::AsRawFd,
        unix::{net, process::ExitStatusExt},
    },
    process::ExitStatus,
    time::{Duration, Instant},
};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use serde::Deserialize;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::UnixStream,
    process::{Child, Command},
    time::timeout,
};

use super::{needs_python, package};
use crate::failure::{Failure, Result};

/// How long it may take to begin: it may be on a slow file system.
const TO_START: Duration = Duration::from_secs(60);
/// How long it may go on when it is to end.
const TO_END: Duration = Duration::from_secs(2);
/// How long it may go on after it has said all.
const TO_FINISH: Duration = Duration::from_secs(10);
const LEAST: (u32, u32) = (3, 8);
pub const BROKEN: &str = "Workflow broke off";

/// A running workflow. When this is dropped, it ends.
#[derive(Debug)]
pub struct Python {
    program: String,
    child: Child,
    line: Option<BufReader<UnixStream>>,
}

#[derive(Deserialize)]
struct Hello {
    python: (u32, u32, u32),
}

impl Python {
    /// Starts it; what it prints goes to standard error if standard output is for something else.
    ///
    /// # Errors
    /// When there is none, or one that is too old.
    pub async fn start(program: &str, prints_aside: bool) -> Result<Self> {
        let (child, line) = spawn(program, prints_aside).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => needs_python(&format!("there is no {program}")),
            _ => needs_python(&format!("{program} can't be run: {error}")),
        })?;
        let mut python = Self { program: program.to_owned(), child, line: Some(line) };
        let hello = timeout(TO_START, python.hear()).await.map_err(|_| {
            needs_python(&format!("{program} did not start within {} s", TO_START.as_secs()))
        })?;
        // It says itself, on standard error, what ails it.
        let hello = hello.map_err(|_| needs_python(&format!("{program} does not start")))?;
        let Hello { python: (major, minor, micro) } = serde_json::from_value(hello)
            .map_err(|_| needs_python(&format!("{program} is no Python")))?;
        if (major, minor) < LEAST {
            return Err(needs_python(&format!("{program} is Python {major}.{minor}.{micro}")));
        }
        python.say(&package::modules()).await?;
        Ok(python)
    }

    /// What it says next.
    ///
    /// # Errors
    /// When it ends instead.
    pub async fn hear(&mut self) -> Result<Value> {
        let mut text = Vec::new();
        let Self { child, line, .. } = self;
        if let Some(line) = line {
            tokio::select! {
                biased;
                _ = line.read_until(b'\n', &mut text) => {}
                // Something that it started may hold the line.
                _ = child.wait() => {
                    let _ = timeout(TO_END, line.read_until(b'\n', &mut text)).await;
                }
            }
        }
        match serde_json::from_slice(&text) {
            Ok(said) => Ok(said),
            Err(_) if text.ends_with(b"\n") => {
                Err(Failure::new(BROKEN, format!("{} said what makes no sense", self.program)))
            }
            Err(_) => Err(self.broken().await),
        }
    }

    /// Answers it.
    ///
    /// # Errors
    /// When it has ended.
    pub async fn say(&mut self, value: &Value) -> Result<()> {
        let said = match &mut self.line {
            Some(line) => line.get_mut().write_all(format!("{value}\n").as_bytes()).await,
            None => Ok(()),
        };
        if said.is_err() { Err(self.broken().await) } else { Ok(()) }
    }

    /// Lets it end by itself.
    pub async fn finish(mut self) {
        self.line = None;
        // Whoever does not end now is ended.
        let _ = timeout(TO_FINISH, self.child.wait()).await;
    }

    /// Why it ended before its time.
    async fn broken(&mut self) -> Failure {
        let ended = timeout(TO_END, self.child.wait()).await;
        let how = match ended {
            Ok(Ok(status)) => how(status),
            _ => "closed its line to this program".to_owned(),
        };
        Failure::new(
            BROKEN,
            format!("{} {how} before the workflow was done -- Please try again", self.program),
        )
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        self.line = None;
        let begin = Instant::now();
        while begin.elapsed() < TO_END {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        // It ends by itself, or can't be ended.
        let _ = self.child.start_kill();
    }
}

fn spawn(program: &str, prints_aside: bool) -> io::Result<(Child, BufReader<UnixStream>)> {
    let (ours, theirs) = net::UnixStream::pair()?;
    fcntl(&theirs, FcntlArg::F_SETFD(FdFlag::empty()))?;
    let mut command = Command::new(program);
    command.arg("-c").arg(package::BOOTSTRAP).arg(theirs.as_raw_fd().to_string());
    if prints_aside {
        command.stdout(io::stderr());
    }
    let child = command.spawn()?;
    ours.set_nonblocking(true)?;
    Ok((child, BufReader::new(UnixStream::from_std(ours)?)))
}

fn how(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(9), _) => "was killed (signal 9), perhaps for want of memory,".to_owned(),
        (Some(signal), _) => format!("was ended by signal {signal}"),
        (None, code) => format!("ended with code {}", code.unwrap_or_default()),
    }
}
