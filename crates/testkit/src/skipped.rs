//! Tests that can't be run everywhere.

use std::{env, fmt::Display, fs::OpenOptions, io::Write, panic::Location};

use nix::unistd::geteuid;

/// The variable that names a file in which skipped tests are noted: what tests print that pass is
/// shown nowhere.
const NOTED_IN: &str = "JOBBERGATE_SKIPPED_TESTS";

/// Says that a test is skipped, and why. For root in CI, where everything is to be had, it fails.
#[track_caller]
pub fn skipped(why: impl Display) {
    let skipped = format!("{}: {why}\n", Location::caller());
    eprint!("skipped: {skipped}");
    let must_run = geteuid().is_root() && env::var("CI").is_ok_and(|value| value == "true");
    assert!(!must_run, "no test may be skipped with CI=true as root: {skipped}");
    let Some(path) = env::var_os(NOTED_IN) else { return };
    let noted = OpenOptions::new().create(true).append(true).open(path);
    if let Err(error) = noted.and_then(|mut file| file.write_all(skipped.as_bytes())) {
        eprintln!("it can't be noted: {error}");
    }
}
