//! Random templates, rendered by Python's Jinja2 and by ours, must come out the same.

use std::{fs, process::Command};

use anyhow::{Context, Result};
use clap::Args;

use crate::{process, python, workspace};

/// The version of Jinja2 that is compared with.
const JINJA: &str = "jinja2==3.1.6";

#[derive(Args)]
pub(crate) struct Options {
    /// Templates to try at most
    #[arg(long, default_value_t = 5000)]
    count: u32,
    /// Seconds that Python may take at most
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Start of the random choices; the same seed gives the same templates
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Prints each template that comes out differently, and fails if there is one.
pub(crate) fn run(options: &Options) -> Result<()> {
    let workspace = workspace()?;
    let target = process::target_directory()?.join("fuzz-jinja");
    fs::create_dir_all(&target).with_context(|| format!("can't make {}", target.display()))?;
    let python = python::environment("jinja", &[JINJA.as_ref()])?.join("python");
    let driver = target.join("driver.py");
    fs::write(&driver, include_str!("fuzz_jinja.py")).context("can't write the driver")?;
    let cases = target.join("cases.json");
    let data = workspace.join("crates/jinja/tests/data");
    process::run(
        Command::new(python)
            .args(["-W", "ignore"])
            .arg(driver)
            .args(["--seed", &options.seed.to_string(), "--count", &options.count.to_string()])
            .args(["--seconds", &options.seconds.to_string()])
            .arg("--corpus")
            .args([data.join("cases.json"), data.join("mutants.json")])
            .arg("--out")
            .arg(&cases),
    )?;
    let compare = ["run", "--release", "-p", "jobbergate-jinja", "--example", "cases", "--"];
    process::run(process::cargo(&compare)?.arg(cases))
}
