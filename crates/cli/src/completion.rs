//! Completion by shells, which ask this program what may stand where.

mod offers;
mod values;

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use clap_complete::{
    CompleteEnv, Shell,
    env::{EnvCompleter, Shells},
};

use crate::{
    command_line::parser,
    failure::{Failure, Result},
    files,
    output::print,
};

const TITLE: &str = "Completion failed";
const NAME: &str = "jobbergate";
/// By this variable a shell asks, and says which it is.
const VARIABLE: &str = "JOBBERGATE_COMPLETE";

/// Answers a shell that asks what may stand where, among `others` that are commands of the program
/// but not of this command line; whether one asked.
pub fn complete(others: fn() -> Vec<clap::Command>) -> bool {
    // Usually there is nothing to do, and it is to be quick.
    if env::var_os(VARIABLE).is_none_or(|shell| shell.is_empty()) {
        return false;
    }
    let program = || values::completed(parser()).subcommands(others());
    let environment = CompleteEnv::with_factory(program).var(VARIABLE).bin(NAME).completer(NAME);
    match environment.try_complete(env::args_os(), env::current_dir().ok().as_deref()) {
        Ok(is_done) => is_done,
        // It has been told, and is nothing to run a command for.
        Err(error) => error.print().is_ok(),
    }
}

/// Prints what the shell needs.
///
/// # Errors
/// When it is not known which shell that is.
pub fn show() -> Result<()> {
    print(&script(shell()?)?)
}

/// Writes what the shell needs to where it finds it.
///
/// # Errors
/// When it is not known which shell that is, or files can't be written.
pub fn install() -> Result<()> {
    let shell = shell()?;
    let home = env::home_dir().ok_or_else(|| Failure::new(TITLE, "there is no home directory"))?;
    let failed = |path: &Path, error: &io::Error| Failure::file(TITLE, path.display(), error);
    let (path, lines) = place(shell, &home)?;
    let script = starter(shell).map_or_else(|| script(shell), |text| Ok(text.to_owned()))?;
    files::write(&path, script.as_bytes()).map_err(|error| failed(&path, &error))?;
    if let Some((start, lines)) = lines {
        add(&start, &lines).map_err(|error| failed(&start, &error))?;
    }
    print(&format!(
        "{shell} completion installed in {}\nCompletion will take effect once you restart the \
         terminal\n",
        path.display()
    ))
}

fn shell() -> Result<Shell> {
    Shell::from_env().ok_or_else(|| {
        let text = "SHELL names none of bash, zsh, fish, elvish and powershell";
        Failure::new(TITLE, text)
    })
}

/// What a shell runs to ask this program.
fn script(shell: Shell) -> Result<String> {
    let shells = Shells::builtins();
    let name = shell.to_string();
    let completer: &dyn EnvCompleter = shells
        .completer(&name)
        .ok_or_else(|| Failure::new(TITLE, format!("{name} is not known")))?;
    let mut script = Vec::new();
    completer
        .write_registration(VARIABLE, NAME, NAME, NAME, &mut script)
        .map_err(|error| Failure::file(TITLE, &name, &error))?;
    Ok(String::from_utf8_lossy(&script).into_owned())
}

/// What is installed: it gets the script from the program that is there when the shell starts, so
/// that both are always of one version.
fn starter(shell: Shell) -> Option<&'static str> {
    match shell {
        Shell::Bash => Some(
            "command -v jobbergate >/dev/null && source <(JOBBERGATE_COMPLETE=bash jobbergate)\n",
        ),
        Shell::Zsh => Some(
            "#compdef jobbergate\nsource <(JOBBERGATE_COMPLETE=zsh jobbergate)\n\
             _clap_dynamic_completer_jobbergate \"$@\"\n",
        ),
        Shell::Fish => {
            Some("command -q jobbergate; and JOBBERGATE_COMPLETE=fish jobbergate | source\n")
        }
        _ => None,
    }
}

/// Where a script goes, and what has to be in which file for it to be found.
fn place(shell: Shell, home: &Path) -> Result<(PathBuf, Option<(PathBuf, String)>)> {
    match shell {
        Shell::Bash => {
            let path = home.join(".bash_completions/jobbergate.sh");
            let line = format!("source '{}'\n", path.display());
            Ok((path, Some((home.join(".bashrc"), line))))
        }
        Shell::Zsh => {
            let lines = "fpath+=~/.zfunc; autoload -Uz compinit; compinit\n".to_owned();
            Ok((home.join(".zfunc/_jobbergate"), Some((home.join(".zshrc"), lines))))
        }
        Shell::Fish => Ok((home.join(".config/fish/completions/jobbergate.fish"), None)),
        other => {
            let text = format!("{other} must be told by hand: use --show-completion");
            Err(Failure::new(TITLE, text))
        }
    }
}

/// Adds lines to a file unless they are in it.
fn add(path: &Path, lines: &str) -> io::Result<()> {
    let mut text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        read => read?,
    };
    if text.contains(lines) {
        return Ok(());
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(lines);
    files::write(path, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_is_added_once() {
        let home = tempfile::tempdir().unwrap();
        let (script, lines) = place(Shell::Bash, home.path()).unwrap();
        let (start, lines) = lines.unwrap();
        assert!(script.ends_with(".bash_completions/jobbergate.sh"));
        fs::write(&start, "mine").unwrap();
        for _ in 0..2 {
            add(&start, &lines).unwrap();
        }
        assert_eq!(fs::read_to_string(&start).unwrap(), format!("mine\n{lines}"));
    }

    #[test]
    fn each_shell_gets_a_script_that_asks_the_program() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::Elvish, Shell::PowerShell] {
            let script = script(shell).unwrap();
            assert!(script.contains(VARIABLE) && script.contains(NAME), "{shell}: {script}");
        }
    }
}
