//! The settings of server and agent, from the files of settings that the program writes.

use std::{fmt::Write, path::Path};

use anyhow::{Result, ensure};

use super::{Page, printed};
use crate::docs::markdown::escaped;

const PARENT: &str = "configuration.md";

pub(crate) fn pages(program: &Path) -> Result<Vec<Page>> {
    let roles = [("server", "Settings of the server"), ("agent", "Settings of the agent")];
    roles.into_iter().map(|(role, title)| page(program, role, title)).collect()
}

fn page(program: &Path, role: &str, title: &str) -> Result<Page> {
    let file = printed(program, &["admin", "env-file", role])?;
    let settings = settings(&file);
    ensure!(!settings.is_empty(), "`jobbergate admin env-file {role}` printed no settings");
    let mut text = format!(
        "# {title}\n\nEnvironment variables, as `jobbergate admin env-file {role}` prints them. What they are for is told in \
         [Configuration](../configuration.md#{role}).\n"
    );
    for Setting { name, default, meaning } in settings {
        write!(text, "\n## `{name}`\n\n{}\n", escaped(&meaning))?;
        if !default.is_empty() {
            write!(text, "\nDefault: `{default}`\n")?;
        }
    }
    let path = format!("reference/settings-{role}.md");
    Ok(Page { parent: PARENT, title: title.to_owned(), path, text })
}

#[derive(Debug, PartialEq, Eq)]
struct Setting {
    name: String,
    default: String,
    meaning: String,
}

/// Paragraphs of comments, each of which ends with `#NAME=default`.
fn settings(file: &str) -> Vec<Setting> {
    let paragraphs = file.split("\n\n").filter_map(|paragraph| {
        let mut lines: Vec<&str> =
            paragraph.lines().filter_map(|line| line.strip_prefix('#')).collect();
        let (name, default) = lines.pop()?.split_once('=')?;
        let meaning = lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
        let is_name =
            name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        is_name.then(|| Setting { name: name.into(), default: default.into(), meaning })
    });
    paragraphs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_with_what_they_mean() {
        let file = "# How to read this:\n# a=b.\n\n# Where to\n# listen\n#LISTEN=127.0.0.1:8000\n";

        let expected = Setting {
            name: "LISTEN".to_owned(),
            default: "127.0.0.1:8000".to_owned(),
            meaning: "Where to listen".to_owned(),
        };
        assert_eq!(settings(file), [expected]);
    }
}
