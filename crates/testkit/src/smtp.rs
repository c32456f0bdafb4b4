//! An SMTP server for tests: Debian's aiosmtpd, in a process of its own.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result};
use serde_json::Value;
use tempfile::TempDir;

const SCRIPT: &str = include_str!("smtp.py");

/// A running server that accepts everything but mail to addresses that begin with `nobody`, and for
/// now (451) to those that begin with `later`. It ends when this is dropped.
#[derive(Debug)]
pub struct Smtp {
    pub port: u16,
    directory: TempDir,
    server: Child,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    pub sender: String,
    pub recipients: Vec<String>,
    /// Decoded headers with their names in lower case.
    pub headers: Vec<(String, String)>,
    pub text: String,
}

impl Email {
    /// A header's value; none unless there is exactly one.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(other, _)| other == name);
        found.next().filter(|_| found.next().is_none()).map(|(_, value)| value.as_str())
    }
}

impl Smtp {
    /// A server that accepts mail from everybody.
    pub fn start() -> Result<Self> {
        Self::run(&[])
    }

    /// A server that accepts mail from this user only.
    pub fn with_credentials(user: &str, password: &str) -> Result<Self> {
        Self::run(&[user, password])
    }

    fn run(credentials: &[&str]) -> Result<Self> {
        let directory = TempDir::new()?;
        let mut server = Command::new(python())
            .args(["-c", SCRIPT])
            .arg(directory.path())
            .args(credentials)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("can't run python3")?;
        let mut line = String::new();
        let output = server.stdout.take().context("no output")?;
        BufReader::new(output).read_line(&mut line)?;
        let port = line.trim().parse().context(
            "the SMTP server does not start: run `cargo xtask test`, which installs what the tests \
             need (Debian: `apt-get install python3-aiosmtpd`)",
        )?;
        Ok(Self { port, directory, server })
    }

    /// Whether it refuses all mail for now (451).
    pub fn set_busy(&self, busy: bool) -> Result<()> {
        let path = self.directory.path().join("busy");
        if busy { fs::write(path, "") } else { fs::remove_file(path) }.map_err(Into::into)
    }

    /// Where it writes what it accepted: a file of JSON for each.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// What was accepted, oldest first.
    pub fn received(&self) -> Result<Vec<Email>> {
        let entries = fs::read_dir(self.directory.path())?;
        let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        paths.sort();
        paths.iter().map(|path| read(path)).collect()
    }
}

/// A Python that has aiosmtpd. Debian's packages are for Debian's Python, which need not be the first
/// one in PATH.
fn python() -> &'static str {
    let mut debian = Command::new("/usr/bin/python3");
    debian.args(["-c", "import aiosmtpd"]).stderr(Stdio::null());
    match debian.status() {
        Ok(status) if status.success() => "/usr/bin/python3",
        _ => "python3",
    }
}

fn read(path: &Path) -> Result<Email> {
    let found: Value = serde_json::from_slice(&fs::read(path)?)?;
    let text = |value: &Value| value.as_str().map(str::to_owned).context("no text");
    let all = |value: &Value| value.as_array().cloned().context("no list");
    let header = |pair: &Value| Ok((text(&pair[0])?, text(&pair[1])?));
    Ok(Email {
        sender: text(&found["sender"])?,
        recipients: all(&found["recipients"])?.iter().map(text).collect::<Result<_>>()?,
        headers: all(&found["headers"])?.iter().map(header).collect::<Result<_>>()?,
        text: text(&found["text"])?,
    })
}

impl Drop for Smtp {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
