//! Asks a program of the centre. It gets the e-mail as its only argument, from no shell, and nothing
//! of the agent's environment.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use nix::unistd::{AccessFlags, access};
use tokio::process::Command;

use super::{answers::Answer, lookup::Failure};
use crate::command::{self, CommandError, Finished};

/// The exit code that says that there is no such user (EX_NOUSER of sysexits.h): 1 and 2 are what a
/// program exits with that breaks.
const UNKNOWN: i32 = 67;
/// The longest output, in bytes.
const LONGEST_OUTPUT: u64 = 4096;
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

#[derive(Debug)]
pub struct Program {
    pub path: PathBuf,
    pub deadline: Duration,
}

impl Program {
    pub(super) async fn ask(&self, email: &str) -> Result<Answer, Failure> {
        if email.starts_with('-') {
            let reason = "the e-mail begins like an option, with which no program is asked";
            return Ok(Answer::Nobody(reason.to_owned()));
        }
        let run = self.run(email).await;
        let end = run.map_err(|error| Failure::Once(error.to_string()))?;
        let words = first_line(&end.stderr);
        match (end.code, first_line(&end.stdout)) {
            (Some(0), "") => Err(self.failed("it ended well and printed no user")),
            (Some(0), _) if end.stdout.trim_end().contains('\n') => {
                Err(self.failed("it printed more than a line"))
            }
            (Some(0), user) => Ok(Answer::User(user.to_owned())),
            (Some(UNKNOWN), _) if words.is_empty() => {
                Ok(Answer::Nobody("the program of the centre knows nobody of it".to_owned()))
            }
            (Some(UNKNOWN), _) => Ok(Answer::Nobody(words.to_owned())),
            (Some(code), _) => Err(self.failed(format!("exit code {code}. {words}"))),
            (None, _) => Err(self.failed(format!("a signal ended it. {words}"))),
        }
    }

    fn failed(&self, why: impl std::fmt::Display) -> Failure {
        Failure::Once(format!("{}: {why}", self.path.display()))
    }

    async fn run(&self, email: &str) -> Result<Finished, CommandError> {
        let mut command = Command::new(&self.path);
        command.arg(email).env_clear().env("PATH", PATH).current_dir("/");
        command::run(command, self.deadline, LONGEST_OUTPUT).await
    }

    /// Whether it is there and may be run, for the doctor.
    pub(super) fn examine(&self) -> Result<String, String> {
        may_run(&self.path).map_err(|why| format!("{}: {why}", self.path.display()))?;
        Ok(format!("{self} may be run"))
    }
}

impl std::fmt::Display for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "command {}", self.path.display())
    }
}

fn may_run(path: &Path) -> Result<(), String> {
    if !path.metadata().map_err(|error| error.to_string())?.is_file() {
        return Err("it is no file".to_owned());
    }
    access(path, AccessFlags::X_OK).map_err(|_| "this user may not run it".to_owned())
}

fn first_line(text: &str) -> &str {
    text.trim().lines().next().unwrap_or_default().trim_end()
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use tempfile::TempDir;

    use super::*;

    /// A program of the centre with these lines of shell.
    fn program(lines: &str) -> (TempDir, Program) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("who");
        fs::write(&path, format!("#!/bin/sh\n{lines}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        (directory, Program { path, deadline: Duration::from_secs(10) })
    }

    async fn trouble(lines: &str) -> String {
        let (_directory, program) = program(lines);
        let Err(Failure::Once(why)) = program.ask("ann@x.org").await else { panic!("no trouble") };
        why
    }

    #[tokio::test]
    async fn it_prints_a_user_or_says_that_there_is_none() {
        let (_directory, who) =
            program(r#"[ "$1" = 'ann $(id)@x.org' ] && echo ann && exit; exit 67"#);
        let ask = async |email| who.ask(email).await.unwrap();
        assert_eq!(ask("ann $(id)@x.org").await, Answer::User("ann".to_owned()));
        let Answer::Nobody(why) = ask("bob@x.org").await else { panic!("somebody") };
        assert!(why.contains("knows nobody"), "{why}");
        let (_directory, who) = program("echo 'left in May' >&2; exit 67");
        assert_eq!(who.ask("a@x").await.unwrap(), Answer::Nobody("left in May".to_owned()));
        assert!(matches!(who.ask("--help@x.org").await.unwrap(), Answer::Nobody(_)));
    }

    #[tokio::test]
    async fn what_breaks_is_no_answer() {
        for (lines, words) in [
            ("echo 'no such table' >&2; exit 1", "exit code 1. no such table"),
            ("exit 0", "printed no user"),
            ("echo ann; echo bob", "more than a line"),
            ("kill -9 $$", "a signal"),
            ("yes", "more than 4096 bytes"),
            ("yes >&2", "more than 4096 bytes"),
        ] {
            let why = trouble(lines).await;
            assert!(why.contains(words), "{lines}: {why}");
        }
        let path = PathBuf::from("/nonexistent/who");
        let missing = Program { path, deadline: Duration::from_secs(10) };
        let Err(Failure::Once(why)) = missing.ask("a@x").await else { panic!("no trouble") };
        assert!(why.contains("/nonexistent/who cannot be started"), "{why}");
        assert!(missing.examine().unwrap_err().contains("No such file"));
    }

    #[tokio::test]
    async fn one_that_hangs_is_ended_with_all_that_it_started() {
        let (directory, mut who) = program("");
        fs::write(
            &who.path,
            format!("#!/bin/sh\nsleep 300 &\necho $! > {}/pid\nwait\n", directory.path().display()),
        )
        .unwrap();
        who.deadline = Duration::from_millis(500);
        let Err(Failure::Once(why)) = who.ask("a@x").await else { panic!("no trouble") };
        assert!(why.contains("did not end within 0.5 s"), "{why}");
        let pid = fs::read_to_string(directory.path().join("pid")).unwrap();
        let stat = || fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
        let is_alive = || !stat().is_empty() && !stat().contains(") Z ");
        for _ in 0..100 {
            if !is_alive() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{}", stat());
    }

    #[tokio::test]
    async fn it_sees_nothing_of_the_agents_environment() {
        let (_directory, who) = program("env | cut -d= -f1 | sort | tr '\\n' ,");
        let Answer::User(names) = who.ask("a@x").await.unwrap() else { panic!("nobody") };
        assert_eq!(names, "PATH,PWD,");
    }
}
