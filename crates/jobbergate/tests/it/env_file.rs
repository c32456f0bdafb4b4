//! An administrator fills in a file of settings, as packages have it.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use serde_json::Value;

use crate::support::program;

const DOCUMENTATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");

fn printed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn env_file(role: &str) -> String {
    printed(program().args(["admin", "env-file", role]))
}

/// The settings that are commented, as `NAME=value`.
fn settings(file: &str) -> impl Iterator<Item = &str> {
    let lines = file.lines().filter_map(|line| line.strip_prefix('#'));
    lines.filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()))
}

fn names(file: &str) -> BTreeSet<String> {
    settings(file).map(|line| line.split('=').next().unwrap().to_owned()).collect()
}

fn configuration(command: &mut Command) -> Vec<Value> {
    serde_json::from_str(&printed(command)).unwrap()
}

#[test]
fn all_settings_are_in_it_and_none_is_set() {
    for role in ["server", "agent"] {
        let file = env_file(role);
        assert!(file.lines().all(|line| line.is_empty() || line.starts_with('#')), "{file}");
        assert_eq!(settings(&file).count(), names(&file).len(), "each is there once");
        assert!(file.lines().all(|line| line.chars().count() < 160), "{file}");
    }
    let shown = configuration(program().args(["admin", "config", "--json"]));
    let file = names(&env_file("server"));
    for setting in shown {
        assert!(file.contains(setting["variable"].as_str().unwrap()), "{setting}");
    }
}

#[test]
fn its_values_mean_the_defaults_to_this_program_and_to_shells() {
    let directory = tempfile::tempdir().unwrap();
    let file = env_file("server");
    let filled_in: Vec<&str> = settings(&file).collect();
    fs::write(directory.path().join(".env"), filled_in.join("\n")).unwrap();
    let config = ["admin", "config", "--json"];
    let without = configuration(program().args(config));
    let by_file = configuration(program().args(config).current_dir(&directory));
    let mut shell = Command::new("sh");
    let script =
        format!("set -a; . ./.env; cd /; {} admin config --json", env!("CARGO_BIN_EXE_jobbergate"));
    shell.args(["-c", &script]).env_clear().current_dir(&directory);
    let by_shell = configuration(&mut shell);
    for (at, default) in without.iter().enumerate() {
        if default["value"].as_str().is_none_or(|value| value.is_empty() || value == "***") {
            continue;
        }
        for (found, source) in [(&by_file[at], ".env file"), (&by_shell[at], "environment")] {
            assert_eq!((&found["value"], &found["source"]), (&default["value"], &source.into()));
        }
    }
}

#[test]
fn the_documentation_has_the_same_settings() {
    let text = fs::read_to_string(Path::new(DOCUMENTATION)).unwrap();
    for (role, heading, prefix) in
        [("server", "\n## Server\n", ""), ("agent", "\n## Agent\n", "JOBBERGATE_AGENT_")]
    {
        let (_, section) = text.split_once(heading).unwrap();
        let section = section.split("\n## ").next().unwrap();
        let documented = documented(section, prefix);
        for name in names(&env_file(role)) {
            let is_abbreviated = |known: &String| {
                known.strip_prefix('…').is_some_and(|ending| name.ends_with(ending))
            };
            let common = ["LOG_LEVEL", "JOBBERGATE_LOG_FORMAT"].contains(&name.as_str())
                || name.starts_with("SENTRY_");
            let is_known = documented.contains(&name) || documented.iter().any(is_abbreviated);
            assert!(is_known || common, "{name} has no row for the {role}");
        }
        let file = names(&env_file(role));
        for name in documented.iter().filter(|name| !name.starts_with('…')) {
            assert!(file.contains(name), "{name} is documented, and no setting of the {role}");
        }
    }
}

/// The variables in the first columns of tables; those that only end as written begin with `…`.
fn documented(section: &str, prefix: &str) -> BTreeSet<String> {
    let rows = section.lines().filter_map(|line| line.strip_prefix("| "));
    let cells = rows.filter_map(|row| row.split(" | ").next());
    let words = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    let is_name = |word: &&str| {
        let name = word.strip_prefix('…').unwrap_or(word);
        let fits = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        name.len() > 3 && name.chars().all(fits)
    };
    words
        .filter(is_name)
        .map(|word| match word.starts_with('…') {
            true => word.to_owned(),
            false => format!("{prefix}{word}"),
        })
        .collect()
}
