//! The program's commands and options, from what its help says.

use std::{fmt::Write, path::Path};

use anyhow::Result;

use super::{
    Page,
    help::{Entry, Help, Section},
    printed,
};
use crate::docs::markdown::{anchor, escaped};

const PARENT: &str = "cli.md";
/// What each command has of its own, however it looks.
const OWN: [&str; 3] = ["Commands", "Arguments", "Options"];

/// A page for the program, and one for each of its commands with all that are below it.
pub(crate) fn pages(program: &Path) -> Result<Vec<Page>> {
    let mut shown = Vec::new();
    let root = Help::parse(&printed(program, &["--help"])?);
    let mut text = String::new();
    write_command(&mut text, &mut shown, "jobbergate", "jobbergate.md", &root)?;
    let mut pages = vec![page("jobbergate", "jobbergate.md", text)];
    for command in root.commands() {
        let file = format!("{command}.md");
        let mut text = String::new();
        write_all(&mut text, &mut shown, program, &[command], &file)?;
        pages.push(page(&format!("jobbergate {command}"), &file, text));
    }
    Ok(pages)
}

fn page(title: &str, file: &str, text: String) -> Page {
    let path = format!("reference/commands/{file}");
    Page { parent: PARENT, title: title.to_owned(), path, text }
}

/// A section that several commands have, and where it was written.
struct Shown {
    section: Section,
    at: String,
}

fn write_all(
    text: &mut String,
    shown: &mut Vec<Shown>,
    program: &Path,
    words: &[&str],
    file: &str,
) -> Result<()> {
    let mut arguments = words.to_vec();
    arguments.push("--help");
    let help = Help::parse(&printed(program, &arguments)?);
    let name = format!("jobbergate {}", words.join(" "));
    write_command(text, shown, &name, file, &help)?;
    for command in help.commands() {
        write_all(text, shown, program, &[words, &[command]].concat(), file)?;
    }
    Ok(())
}

fn write_command(
    text: &mut String,
    shown: &mut Vec<Shown>,
    name: &str,
    file: &str,
    help: &Help,
) -> Result<()> {
    let level = if text.is_empty() { "#" } else { "\n##" };
    writeln!(text, "{level} {name}\n\n{}\n", escaped(&help.about))?;
    writeln!(text, "```text\n{}\n```", help.usage)?;
    for section in &help.sections {
        let title = &section.title;
        let before = shown.iter().find(|shown| shown.section == *section);
        if let Some(Shown { at, .. }) = before {
            writeln!(text, "\n**{title}**: as at [{at}")?;
            continue;
        }
        if !OWN.contains(&title.as_str()) {
            let at = format!("`{name}`]({file}#{}).", anchor(name));
            shown.push(Shown { section: section.clone(), at });
        }
        writeln!(text, "\n**{title}**\n")?;
        for entry in &section.entries {
            write_entry(text, entry)?;
        }
    }
    Ok(())
}

/// An item of a list: what it is called, what it means, then its variable, default and the like.
fn write_entry(text: &mut String, entry: &Entry) -> Result<()> {
    write!(text, "- `{}`", entry.name)?;
    let is_note = |line: &&String| line.starts_with('[') && line.ends_with(']');
    let (notes, meaning): (Vec<_>, Vec<_>) = entry.meaning.iter().partition(is_note);
    for line in meaning.into_iter().filter(|line| !line.is_empty()) {
        match line.strip_prefix("- ") {
            Some(value) => write!(text, "\n  - {}", escaped(value))?,
            None => write!(text, "\\\n  {}", escaped(line))?,
        }
    }
    let notes: Vec<_> =
        notes.iter().map(|note| format!("`{}`", note.trim_matches(['[', ']']))).collect();
    if !notes.is_empty() {
        write!(text, "\n\n  {}\n", notes.join(", "))?;
    }
    Ok(writeln!(text)?)
}
