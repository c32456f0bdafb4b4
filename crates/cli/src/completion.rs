//! Completion by shells.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use clap_complete::{Shell, generate};

use crate::{
    command_line::parser,
    failure::{Failure, Result},
    files,
    output::print,
};

const TITLE: &str = "Completion failed";
const NAME: &str = "jobbergate";

/// Prints what the shell needs.
///
/// # Errors
/// When it is not known which shell that is.
pub fn show() -> Result<()> {
    print(&String::from_utf8_lossy(&script(shell()?)))
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
    files::write(&path, &script(shell)).map_err(|error| failed(&path, &error))?;
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

fn script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    generate(shell, &mut parser(), NAME, &mut script);
    script
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
    fn each_shell_gets_a_script_that_knows_the_commands() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let script = String::from_utf8(script(shell)).unwrap();
            assert!(script.contains("job-submissions") && script.contains("param-file"), "{shell}");
        }
    }
}
