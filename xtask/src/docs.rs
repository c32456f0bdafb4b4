//! The documentation: its links are checked, what the code knows is added, and a site made of it.

pub(crate) mod links;
mod markdown;
mod reference;
mod site;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::{
    interrupt::Interrupt,
    lab::{Jobbergate, Terminal},
    packages::install_program,
    process::{run as run_command, target_directory},
};

/// The newest that the workspace's Rust can build.
const MDBOOK: &str = "0.5.4";
/// Without a server that watches files, and without optimization, it is compiled in a third of the time.
const FEATURES: [&str; 4] = ["--debug", "--no-default-features", "--features", "search"];
const FILES: [(&str, &str); 2] =
    [("book.toml", include_str!("docs/book.toml")), ("site.css", include_str!("docs/site.css"))];

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only check where the links of what is there lead
    #[arg(long)]
    links: bool,
    /// Have this program tell its commands and settings instead of building one
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
}

/// Makes the site in `docs` below the target directory.
pub(crate) fn run(options: &Options) -> Result<()> {
    let workspace = crate::workspace()?;
    links::check(&workspace)?;
    if options.links {
        return Ok(());
    }
    let interrupt = Interrupt::register()?;
    let program = options.program.as_deref();
    let program = Jobbergate::named_or_built(program, &Terminal::new(), &interrupt)?.path;
    let directory = target_directory()?.join("docs");
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    assemble(&workspace, &program, &directory)?;
    let mdbook = install_program("mdbook", MDBOOK, &FEATURES)?;
    run_command(Command::new(mdbook).arg("build").arg(&directory))?;
    let book = directory.join("book");
    site::check(&book)?;
    println!("The site: {}", book.join("index.html").display());
    Ok(())
}

/// What mdBook reads: the pages that people write, and those that the code tells.
fn assemble(workspace: &Path, program: &Path, directory: &Path) -> Result<()> {
    let pages = directory.join("src");
    copy(&workspace.join("docs"), &pages)?;
    let mut summary = fs::read_to_string(pages.join("SUMMARY.md"))?;
    for page in reference::pages(workspace, program)? {
        let path = pages.join(&page.path);
        fs::create_dir_all(path.parent().context("a page lies in a directory")?)?;
        fs::write(&path, &page.text)?;
        summary = with_entry(&summary, &page)?;
    }
    fs::write(pages.join("SUMMARY.md"), summary)?;
    for (name, content) in FILES {
        fs::write(directory.join(name), content)?;
    }
    Ok(())
}

/// The table of contents with this page as the last one below the page that it belongs to.
fn with_entry(summary: &str, page: &reference::Page) -> Result<String> {
    let parent = format!("]({})", page.parent);
    let mut lines: Vec<&str> = summary.lines().collect();
    let found = lines.iter().position(|line| line.contains(&parent));
    let found = found.with_context(|| format!("docs/SUMMARY.md has no {}", page.parent))?;
    let below = lines[found + 1..].iter().take_while(|line| line.starts_with("  ")).count();
    let entry = format!("  - [{}]({})", page.title, page.path);
    lines.insert(found + 1 + below, &entry);
    Ok(lines.join("\n") + "\n")
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy(&from, &to)?;
        } else {
            fs::copy(&from, &to)?;
        }
    }
    Ok(())
}

/// Fails with all that was found.
fn no_complaints(complaints: &[String]) -> Result<()> {
    for complaint in complaints {
        eprintln!("{complaint}");
    }
    ensure!(complaints.is_empty(), "{} links lead nowhere: see above", complaints.len());
    Ok(())
}
