//! `jobbergate man`.

use std::{
    fs,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use clap::Args;
use clap_mangen::Man as Page;

use crate::{
    failure::{Failure, Result},
    files,
    output::{print, write},
    suggestion::closest,
};

const TITLE: &str = "Manual failed";

/// Which pages, and where to.
#[derive(Debug, Args)]
pub struct Man {
    /// The command, such as `job-scripts create`
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
    /// Write the pages of all commands into this directory
    #[arg(long, value_name = "DIRECTORY", conflicts_with = "command")]
    dir: Option<PathBuf>,
}

/// Shows a page, or writes all of them; `program` is the parser of everything.
///
/// # Errors
/// When there is no such command, or nothing can be written.
pub fn run(arguments: &Man, program: clap::Command) -> Result<()> {
    let mut program = without_values(program);
    program.build();
    if let Some(directory) = &arguments.dir {
        let failed = |error: &io::Error| Failure::file(TITLE, directory.display(), error);
        fs::create_dir_all(directory).map_err(|error| failed(&error))?;
        let count = write_all(&program, directory)?;
        return print(&format!("{count} pages were written to {}\n", directory.display()));
    }
    let command = find(&program, &arguments.command)?;
    let page = page(command).map_err(|error| Failure::file(TITLE, command.get_name(), &error))?;
    // Where there is no `man`, it is the help.
    let help = || print(&command.clone().render_long_help().to_string());
    if io::stdout().is_terminal() {
        return if is_shown_by_man(&page) { Ok(()) } else { help() };
    }
    match text_by_man(&page) {
        Some(text) => write(&text),
        None => help(),
    }
}

/// What is set on this machine is nobody else's matter.
fn without_values(command: clap::Command) -> clap::Command {
    command
        .mut_args(|argument| argument.hide_env_values(true))
        .mut_subcommands(without_values)
        .disable_help_subcommand(true)
}

fn find<'a>(program: &'a clap::Command, words: &[String]) -> Result<&'a clap::Command> {
    let mut found = program;
    for word in words {
        let Some(command) = below(found).find(|command| command.get_name() == word) else {
            let hint = closest(word, below(found).map(clap::Command::get_name));
            let hint = hint.map(|hint| format!("; did you mean {hint}?")).unwrap_or_default();
            let name = found.get_bin_name().unwrap_or_else(|| found.get_name());
            return Err(Failure::Usage(format!("{name} has no command {word:?}{hint}")));
        };
        found = command;
    }
    Ok(found)
}

fn below(command: &clap::Command) -> impl Iterator<Item = &clap::Command> {
    command.get_subcommands().filter(|command| !command.is_hide_set())
}

/// A page in the language of manuals.
fn page(command: &clap::Command) -> io::Result<Vec<u8>> {
    let page = Page::new(command.clone()).manual("Jobbergate");
    let mut text = Vec::new();
    page.source(concat!("jobbergate ", env!("CARGO_PKG_VERSION"))).render(&mut text)?;
    Ok(text)
}

fn write_all(command: &clap::Command, directory: &Path) -> Result<usize> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    let path = directory.join(format!("{name}.1"));
    page(command)
        .and_then(|text| files::write(&path, &text))
        .map_err(|error| Failure::file(TITLE, path.display(), &error))?;
    below(command).try_fold(1, |count, below| Ok(count + write_all(below, directory)?))
}

/// Shows a page by `man`; whether somebody saw it.
fn is_shown_by_man(page: &[u8]) -> bool {
    let man = Command::new("man").args(["-l", "-"]).stdin(Stdio::piped()).spawn();
    let Ok(mut man) = man else { return false };
    if let Some(mut input) = man.stdin.take() {
        // Who has read enough leaves.
        let _ = input.write_all(page);
    }
    man.wait().is_ok_and(|status| status.success())
}

/// The text that `man` makes of a page, for who reads it elsewhere.
fn text_by_man(page: &[u8]) -> Option<Vec<u8>> {
    let mut man = Command::new("man");
    man.args(["-l", "-"]).env_remove("MAN_KEEP_FORMATTING");
    let man = man.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut man = man.ok()?;
    let input = man.stdin.take();
    let output = thread::scope(|scope| {
        scope.spawn(move || input.map(|mut input| input.write_all(page)));
        man.wait_with_output()
    });
    let output = output.ok().filter(|output| output.status.success())?;
    // Small installations have a `man` that says that there is none.
    let shows_it = String::from_utf8_lossy(&output.stdout).contains("SYNOPSIS");
    shows_it.then_some(output.stdout)
}
