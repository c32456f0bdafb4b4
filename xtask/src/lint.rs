//! Everything about the code that can be checked without running it.

use anyhow::{Context, Result};

use crate::process::{self, cargo};

/// Checks format, lints, documentation and dependencies; the first complaint ends it.
pub(crate) fn run() -> Result<()> {
    process::run(&mut cargo(&["fmt", "--all", "--check"])?).context("run `cargo fmt --all`")?;
    let clippy = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    process::run(&mut cargo(&clippy)?)?;
    let document = ["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"];
    process::run(cargo(&document)?.env("RUSTDOCFLAGS", "-D warnings"))?;
    check_dependencies()
}

/// Checks what `deny.toml` says, but for advisories: they need a network, and would let a check of
/// unchanged code fail.
fn check_dependencies() -> Result<()> {
    if process::output(&mut cargo(&["deny", "--version"])?).is_none() {
        eprintln!("installing cargo-deny, which takes a few minutes, once");
        process::run(&mut cargo(&["install", "--locked", "cargo-deny"])?)?;
    }
    process::run(&mut cargo(&["deny", "--locked", "check", "bans", "licenses", "sources"])?)
}
