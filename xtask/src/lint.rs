//! Everything about the code that can be checked without running it.

use anyhow::{Context, Result};

use crate::{
    docs,
    packages::install_cargo_command,
    process::{self, cargo},
};

// The newest that the workspace's Rust can build.
const DENY: &str = "0.20.2";
const SHEAR: &str = "1.12.4";

/// Checks format, lints, documentation and dependencies; the first complaint ends it.
pub(crate) fn run() -> Result<()> {
    process::run(&mut cargo(&["fmt", "--all", "--check"])?).context("run `cargo fmt --all`")?;
    let clippy = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    process::run(&mut cargo(&clippy)?)?;
    let document = ["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"];
    process::run(cargo(&document)?.env("RUSTDOCFLAGS", "-D warnings"))?;
    docs::links::check(&crate::workspace()?)?;
    check_dependencies()
}

/// Checks that all are used, and what `deny.toml` says, but for advisories: they need a network, and
/// would let a check of unchanged code fail.
fn check_dependencies() -> Result<()> {
    install_cargo_command("shear", "cargo-shear", SHEAR)?;
    let unused = "take the dependency out, or name it under `package.metadata.cargo-shear`";
    process::run(&mut cargo(&["shear", "--locked"])?).context(unused)?;
    install_cargo_command("deny", "cargo-deny", DENY)?;
    process::run(&mut cargo(&["deny", "--locked", "check", "bans", "licenses", "sources"])?)
}
