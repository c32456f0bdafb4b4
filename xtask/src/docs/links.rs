//! Where links in the repository's Markdown lead, on a forge and in the site.

use std::{
    collections::HashSet,
    fs,
    path::{Component, Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use super::{
    markdown::{self, Link},
    no_complaints,
};
use crate::process::output;

const SUMMARY: &str = "docs/SUMMARY.md";

/// Fails if a link, a picture or an anchor is not there, or a page is not in the site.
pub(crate) fn check(workspace: &Path) -> Result<()> {
    let files = files(workspace)?;
    let mut complaints = missing_in_summary(workspace, &files)?;
    for file in &files {
        let text = fs::read_to_string(workspace.join(file))?;
        let wrong = markdown::links(&text).into_iter().filter_map(|link| {
            let reason = wrong(workspace, file, &link)?;
            Some(format!("{}:{}: {}: {reason}", file.display(), link.line, link.to))
        });
        complaints.extend(wrong);
    }
    no_complaints(&complaints)
}

/// All Markdown that belongs to the repository.
fn files(workspace: &Path) -> Result<Vec<PathBuf>> {
    let mut git = Command::new("git");
    git.current_dir(workspace).args(["ls-files", "--cached", "--others", "--exclude-standard"]);
    let listed = output(git.args(["--deduplicate", "*.md"])).context("`git ls-files` failed")?;
    let files = listed.lines().map(PathBuf::from);
    Ok(files.filter(|file| workspace.join(file).is_file()).collect())
}

fn missing_in_summary(workspace: &Path, files: &[PathBuf]) -> Result<Vec<String>> {
    let summary = markdown::links(&fs::read_to_string(workspace.join(SUMMARY))?);
    let listed: HashSet<PathBuf> =
        summary.iter().map(|link| Path::new("docs").join(&link.to)).collect();
    let pages = files.iter().filter(|file| file.starts_with("docs") && *file != SUMMARY);
    let missing = pages.filter(|page| !listed.contains(*page));
    Ok(missing.map(|page| format!("{SUMMARY}: {} is not in it", page.display())).collect())
}

/// What is wrong with a link of this file.
fn wrong(workspace: &Path, file: &Path, link: &Link) -> Option<String> {
    if ["https://", "http://", "mailto:"].iter().any(|scheme| link.to.starts_with(scheme)) {
        return None;
    }
    let (path, anchor) = link.to.split_once('#').unwrap_or((&link.to, ""));
    let target = match path {
        "" => file.to_path_buf(),
        _ => match resolve(file.parent()?, path) {
            Some(target) => target,
            None => return Some("leads out of the repository".to_owned()),
        },
    };
    if !workspace.join(&target).is_file() {
        return Some(format!("there is no file {}", target.display()));
    }
    if file.starts_with("docs") && !target.starts_with("docs") {
        return Some("leads out of docs, where the site has nothing".to_owned());
    }
    if anchor.is_empty() {
        return None;
    }
    let text = fs::read_to_string(workspace.join(&target)).unwrap_or_default();
    let there = markdown::anchors(&text).contains(anchor);
    (!there).then(|| format!("{} has no heading with the anchor {anchor}", target.display()))
}

/// The file that a relative link means.
fn resolve(directory: &Path, link: &str) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for component in directory.join(link).components() {
        match component {
            Component::Normal(name) => path.push(name),
            Component::ParentDir => path.pop().then_some(())?,
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(to: &str) -> Option<String> {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        wrong(workspace, Path::new("docs/web.md"), &Link { line: 1, to: to.to_owned() })
    }

    #[test]
    fn a_link_that_leads_somewhere_is_right() {
        for to in ["https://example.com", "#home", "install.md", "./install.md#the-server"] {
            assert_eq!(reason(to), None, "{to}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_link_is_said() {
        for (to, words) in [
            ("nope.md", "no file docs/nope.md"),
            ("install.md#nope", "no heading"),
            ("#nope", "no heading"),
            ("../README.md", "out of docs"),
            ("../../README.md", "out of the repository"),
            ("/install.md", "out of the repository"),
        ] {
            let reason = reason(to).unwrap();
            assert!(reason.contains(words), "{to}: {reason}");
        }
    }
}
