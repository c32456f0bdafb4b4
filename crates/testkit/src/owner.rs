//! Whoever runs a server that test processes share.

use std::{
    fs::{self, File, Permissions},
    os::unix::{
        fs::{PermissionsExt, chown},
        process::CommandExt,
    },
    path::Path,
    process::{Command, Stdio},
    time::SystemTime,
};

use anyhow::{Context, Result, bail};
use nix::{
    sys::signal::Signal,
    unistd::{User, geteuid},
};

/// Sends the signal $2 to the process $1 once the file $3 is neither locked nor was touched for ten
/// minutes. Whoever comes meanwhile waits for the lock, and finds the server stopped. Ends as soon
/// as the server does.
const STOP_WHEN_UNUSED: &str = r#"
while timeout 30 tail --pid="$1" -f /dev/null; [ $? = 124 ]; do
  [ -z "$(find "$3" -mmin +10)" ] ||
    flock --nonblock "$3" sh -c 'kill -s "$2" "$1"; tail --pid="$1" -f /dev/null' sh "$1" "$2"
done
"#;

/// Who runs the server: the user of the tests, or another one when that is root, for some servers
/// refuse to run as root.
pub(crate) struct Owner {
    switch_to: Option<User>,
}

impl Owner {
    /// The first of these users that there is, if the tests run as root.
    pub(crate) fn find(names: &[&str]) -> Result<Self> {
        if !geteuid().is_root() {
            return Ok(Self { switch_to: None });
        }
        for name in names {
            if let Some(user) = User::from_name(name)? {
                return Ok(Self { switch_to: Some(user) });
            }
        }
        bail!("the server doesn't run as root, and there is none of the users {names:?}")
    }

    /// Makes a file or directory the owner's.
    pub(crate) fn take(&self, path: &Path, mode: u32) -> Result<()> {
        if let Some(user) = &self.switch_to {
            chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw()))?;
        }
        Ok(fs::set_permissions(path, Permissions::from_mode(mode))?)
    }

    /// A command that outlives the test and holds none of its streams.
    pub(crate) fn command(&self, program: &Path, directory: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8");
        command.current_dir(directory).process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some(user) = &self.switch_to {
            command.gid(user.gid.as_raw()).uid(user.uid.as_raw());
        }
        command
    }

    /// While the file that this gives is open, the server in this directory isn't stopped.
    pub(crate) fn mark_used(&self, directory: &Path) -> Result<File> {
        let path = directory.join("in-use");
        let file = File::create(&path)?;
        self.take(&path, 0o600)?;
        file.lock_shared()?;
        file.set_modified(SystemTime::now())?;
        Ok(file)
    }

    /// Sends a signal to the server's process ten minutes after its last use.
    pub(crate) fn stop_when_unused(
        &self,
        directory: &Path,
        pid: &str,
        signal: Signal,
    ) -> Result<()> {
        let signal = signal.as_str().trim_start_matches("SIG");
        self.command(Path::new("sh"), directory)
            .args(["-c", STOP_WHEN_UNUSED, "sh", pid, signal])
            .arg(directory.join("in-use"))
            .spawn()
            .map(drop)
            .context("can't start the process that stops an unused server")
    }
}
