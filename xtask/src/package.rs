//! Packages for administrators: `.deb`, `.rpm` and an archive, with checksums and the list of their parts.

mod archive;
mod check;
mod debian;
mod layout;
mod parts;
mod program;
mod rpm;
mod settings;
mod trial;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::process::{output, target_directory};

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The packages beside that of the program itself.
const VARIANTS: [&str; 2] = ["server", "agent"];

/// What is packed, and whether it is tried
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Pack this program instead of building one
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// Only check scripts and what describes containers, which takes a few seconds
    #[arg(long, conflicts_with_all = ["program", "test"])]
    check: bool,
    /// Also make them twice, and install, update, remove and purge them in a small Debian (as root)
    #[arg(long)]
    test: bool,
}

/// Makes the packages in `package` below the directory of what cargo builds.
pub(crate) fn run(options: &Options) -> Result<()> {
    if options.check {
        return check::all();
    }
    let program = match &options.program {
        Some(program) => program
            .canonicalize()
            .with_context(|| format!("there is no program {}", program.display()))?,
        None => program::build()?,
    };
    println!("the program needs glibc {}", program::least_glibc(&program)?);
    let directory = target_directory()?.join("package");
    make(&program, VERSION, &directory)?;
    println!("{}", fs::read_to_string(directory.join("SHA256SUMS"))?);
    println!("they are in {}", directory.display());
    if options.test {
        trial::try_them(&program, &directory)?;
    }
    Ok(())
}

/// Makes all packages of this version anew, and nothing else is in the directory after.
fn make(program: &Path, version: &str, directory: &Path) -> Result<()> {
    let moment = moment()?;
    if directory.exists() {
        fs::remove_dir_all(directory)?;
    }
    let laid_out = directory.join("files");
    layout::lay_out(program, version, &laid_out)?;
    debian::make(&laid_out, directory, &moment)?;
    rpm::make(&laid_out, directory, &moment)?;
    archive::make(&laid_out, version, directory, &moment)?;
    parts::list(version, directory, &moment)?;
    fs::remove_dir_all(&laid_out)?;
    note_checksums(directory)
}

/// The time that packages carry, in seconds since 1970: what somebody says, else that of the last commit.
fn moment() -> Result<String> {
    if let Ok(moment) = env::var("SOURCE_DATE_EPOCH") {
        return Ok(moment);
    }
    let mut git = Command::new("git");
    let log = git.args(["log", "-1", "--format=%ct"]).current_dir(crate::workspace()?);
    let moment = output(log).context("this is no clone: set SOURCE_DATE_EPOCH")?;
    Ok(moment.trim().to_owned())
}

fn note_checksums(directory: &Path) -> Result<()> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory)? {
        names.push(entry?.file_name());
    }
    names.sort();
    let sums = output(Command::new("sha256sum").args(&names).current_dir(directory));
    Ok(fs::write(directory.join("SHA256SUMS"), sums.context("sha256sum failed")?)?)
}

/// Runs a program whose output is only of interest when it fails.
fn run_quietly(command: &mut Command) -> Result<Vec<u8>> {
    let name = command.get_program().to_string_lossy().into_owned();
    let ran = command.output().with_context(|| format!("can't run {name}"))?;
    let said = String::from_utf8_lossy(&ran.stderr);
    ensure!(ran.status.success(), "{command:?} failed: {said}");
    Ok(ran.stdout)
}
