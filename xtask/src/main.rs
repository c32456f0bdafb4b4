//! What there is to do with this workspace besides building it: `cargo xtask help`.

mod bench;
mod demo;
mod docs;
mod fuzz_jinja;
mod interop;
mod interrupt;
mod lab;
mod lighthouse;
mod lint;
mod package;
mod packages;
mod process;
mod python;
mod replicas;
mod scale;
mod schemathesis;
mod screenshots;
mod test;
mod torture;

use std::{
    env,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

/// What there is to do with this workspace besides building it
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run all tests, with real peers (PostgreSQL, RabbitMQ, Slurm …) that are installed when missing
    Test(test::Options),
    /// Show a job on its way through server, agent and Slurm, and measure it
    Demo(demo::Options),
    /// Let everything fail while jobs are submitted, and check that each ran exactly once
    Torture(torture::Options),
    /// Run three servers behind nginx, kill one and replace all while they are used
    Replicas(replicas::Options),
    /// Reckon what many organizations would ask of servers and PostgreSQL, with costs that were measured
    Scale(scale::Options),
    /// Let today's Python clients, as they are released, do all they can do with our server
    Interop(interop::Options),
    /// Measure what is promised of the server, its pages, the agent and the command line
    Bench(bench::Options),
    /// Have Lighthouse judge the pages in Chromium
    Lighthouse(lighthouse::Options),
    /// Compare our Jinja with Python's on random templates
    FuzzJinja(fuzz_jinja::Options),
    /// Send the server requests made up from its own description
    Schemathesis(schemathesis::Options),
    /// Make the pictures of the pages in docs/screenshots anew
    Screenshots,
    /// Make the packages that administrators install, their checksums and list of parts
    Package(package::Options),
    /// Check the documentation's links, and make a site of it
    Docs(docs::Options),
    /// Check format, lints, documentation and dependencies
    Lint,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Test(options) => test::run(&options),
        Command::Demo(options) => demo::run(&options),
        Command::Torture(options) => torture::run(&options),
        Command::Replicas(options) => replicas::run(&options),
        Command::Scale(options) => scale::run(&options),
        Command::Interop(options) => interop::run(&options),
        Command::Bench(options) => bench::run(&options),
        Command::Lighthouse(options) => lighthouse::run(&options),
        Command::FuzzJinja(options) => fuzz_jinja::run(&options),
        Command::Schemathesis(options) => schemathesis::run(&options),
        Command::Screenshots => screenshots::run(),
        Command::Package(options) => package::run(&options),
        Command::Docs(options) => docs::run(&options),
        Command::Lint => lint::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<interrupt::Interrupted>() => ExitCode::from(130),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The directory of the workspace. Cargo says it to what it runs: the directory in which this was
/// compiled may be another clone's that had the same build directory.
fn workspace() -> Result<PathBuf> {
    let package = env::var_os("CARGO_MANIFEST_DIR").context("run this as `cargo xtask`")?;
    let workspace = Path::new(&package).parent();
    Ok(workspace.context("xtask lies in a workspace")?.to_path_buf())
}
