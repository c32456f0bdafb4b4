//! The program, running.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

/// A running `jobbergate`; it is killed when the test ends.
pub struct Process {
    child: Child,
    log: PathBuf,
}

/// The program, with nothing of the tests' environment.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jobbergate"));
    command.env_clear().env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
    command
}

impl Process {
    pub fn start(mut command: Command, log: &Path) -> Self {
        let file = fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
        let child = command.stdout(Stdio::null()).stderr(file).spawn().unwrap();
        Self { child, log: log.to_owned() }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// The fields of the first log line that says this.
    pub fn said(&self, message: &str) -> Value {
        let end = Instant::now() + Duration::from_secs(45);
        loop {
            let lines = self.log();
            let mut fields = lines.lines().filter_map(|line| {
                Some(serde_json::from_str::<Value>(line).ok()?["fields"].clone())
            });
            if let Some(found) = fields.find(|fields| fields["message"] == message) {
                return found;
            }
            assert!(Instant::now() < end, "it never said {message:?}: {lines}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Stops its clock, or starts it again.
    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }

    /// Kills it without a chance to clean up.
    pub fn kill_9(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Tells it to stop; whether it ended well.
    pub fn stop(mut self) -> bool {
        let pid = Pid::from_raw(self.child.id().try_into().unwrap());
        kill(pid, Signal::SIGTERM).unwrap();
        self.child.wait().unwrap().success()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- {}:\n{}", self.log.display(), self.log());
        }
    }
}
