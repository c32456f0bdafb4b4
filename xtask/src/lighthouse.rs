//! Has Lighthouse judge the pages in Chromium, as somebody who is signed in sees them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::{Value, json};

use crate::{
    bench::web::{APPLICATION, World},
    interrupt::Interrupt,
    lab::{Database, Directory, Jobbergate, Terminal},
    packages, process,
};

const DIRECTORY: &str = "/var/tmp/jobbergate-lighthouse";
const PACKAGE: &str = "lighthouse@12.2.3";
const CATEGORIES: [&str; 3] = ["performance", "accessibility", "best-practices"];
/// Of a hundred.
const GOAL: f64 = 95.0;
const CHROMIUM: &str = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
                        --disable-background-networking";

/// What to judge
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A program that is built already
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// Leave the reports in this directory
    #[arg(long, value_name = "DIRECTORY")]
    reports: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    packages::install_nodejs()?;
    packages::install_browser()?;
    let interrupt = Interrupt::register()?;
    let terminal = Terminal::new();
    let lighthouse = install(&terminal)?;
    let program = Jobbergate::named_or_built(options.program.as_deref(), &terminal, &interrupt)?;
    let directory = Directory::open(DIRECTORY, false)?;
    let reports = match &options.reports {
        Some(reports) => reports.clone(),
        None => directory.private("reports")?,
    };
    let world = World::start(&terminal, &interrupt, &directory, &program, Database::Sqlite)?;
    let headers = directory.path().join("headers.json");
    fs::write(&headers, json!({"Cookie": world.cookie}).to_string())?;
    terminal.heading(&format!("{PACKAGE}, of 100: {}", CATEGORIES.join(", ")));
    let mut missed = Vec::new();
    let run = format!("{APPLICATION}/run");
    for (name, path) in
        [("applications", "/applications"), ("run", &run), ("submission", &world.submission)]
    {
        interrupt.check()?;
        let report = reports.join(format!("{name}.json"));
        let url = format!("{}{path}", world.server.url);
        judge(&lighthouse, &url, &headers, &report)?;
        let scores = scores(&fs::read_to_string(&report)?)?;
        terminal.say(&format!("  {name:<16} {}", scores.map(|it| format!("{it:>4.0}")).join(" ")));
        if scores.iter().any(|score| *score < GOAL) {
            missed.push(name);
        }
    }
    ensure!(missed.is_empty(), "below {GOAL}: {}; --reports DIRECTORY says why", missed.join(", "));
    Ok(())
}

/// The program, beside what cargo builds.
fn install(terminal: &Terminal) -> Result<PathBuf> {
    let directory = process::target_directory()?.join("npm").join(PACKAGE);
    let program = directory.join("node_modules/lighthouse/cli/index.js");
    if !program.is_file() {
        terminal.passing("installing Lighthouse from npm\n");
        fs::create_dir_all(&directory)?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]);
        process::run(npm.arg("--prefix").arg(&directory).arg(PACKAGE))?;
    }
    Ok(program)
}

fn judge(lighthouse: &Path, url: &str, headers: &Path, report: &Path) -> Result<()> {
    let mut node = Command::new("node");
    node.arg(lighthouse).arg(url).args(["--quiet", "--output=json"]);
    node.arg(format!("--only-categories={}", CATEGORIES.join(",")));
    node.arg(format!("--chrome-flags={CHROMIUM}"));
    node.arg(format!("--extra-headers={}", headers.display()));
    node.arg(format!("--output-path={}", report.display()));
    node.env("CHROME_PATH", "/usr/bin/chromium").stdin(Stdio::null());
    process::run(&mut node)
}

/// What a report says of each category.
fn scores(report: &str) -> Result<[f64; CATEGORIES.len()]> {
    let report: Value = serde_json::from_str(report).context("Lighthouse wrote no JSON")?;
    let mut scores = [0.0; CATEGORIES.len()];
    for (score, category) in scores.iter_mut().zip(CATEGORIES) {
        let found = report["categories"][category]["score"].as_f64();
        *score = 100.0 * found.with_context(|| format!("there is no score for {category}"))?;
    }
    Ok(scores)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_of_a_hundred() {
        let report = r#"{"categories": {"performance": {"score": 0.97},
            "accessibility": {"score": 1}, "best-practices": {"score": 0.5}}}"#;
        assert_eq!(scores(report).unwrap().map(f64::round), [97.0, 100.0, 50.0]);
        assert!(scores(r#"{"categories": {"performance": {"score": null}}}"#).is_err());
    }
}
