//! The files of the packages, laid out as `packaging/packages.toml` names them.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;

use super::{program, run_quietly, settings};

/// What is taken from `packaging` as it is.
const DIRECTORIES: [&str; 5] = ["deb", "nginx", "rpm", "sbin", "systemd"];
/// Whose settings there are, and the unit that says what is set there.
const ROLES: [(&str, &str); 2] =
    [("server", "jobbergate-serve.service"), ("agent", "jobbergate-agent.service")];
/// What completes commands, by the shell's name in `SHELL`.
const SHELLS: [&str; 3] = ["bash", "zsh", "fish"];

/// Lays them out in a new directory.
pub(super) fn lay_out(program: &Path, version: &str, directory: &Path) -> Result<()> {
    for name in ["bin", "man", "completions", "etc", "src"] {
        fs::create_dir_all(directory.join(name))?;
    }
    let workspace = crate::workspace()?;
    let packaging = workspace.join("packaging");
    let manifest = fs::read_to_string(packaging.join("packages.toml"))?;
    let manifest = manifest.replace("0.0.0", version);
    let manifest = manifest.replace("LIBRARIES", &program::debian_libraries(program)?);
    fs::write(directory.join("Cargo.toml"), manifest)?;
    fs::write(directory.join("src/lib.rs"), "")?;
    for name in DIRECTORIES {
        run_quietly(Command::new("cp").arg("-R").arg(packaging.join(name)).arg(directory))?;
    }
    fs::copy(workspace.join("LICENSE"), directory.join("LICENSE"))?;
    fs::copy(workspace.join("docs/install.md"), directory.join("install.md"))?;
    let packed = directory.join("bin/jobbergate");
    // What lines functions have stays out; their names stay in, for reports of faults.
    let strip = ["--strip-debug", "-o"];
    run_quietly(Command::new("strip").args(strip).arg(&packed).arg(program))?;
    ask_the_program(&packed, directory)
}

/// What the program says itself: its manual, its settings, and what shells need.
fn ask_the_program(program: &Path, directory: &Path) -> Result<()> {
    let ask = |shell: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.env_clear().env("SHELL", format!("/bin/{shell}")).current_dir(directory);
        run_quietly(command.args(arguments))
    };
    ask("sh", &["man", "--dir", "man"])?;
    run_quietly(Command::new("gzip").arg("-9n").args(pages(directory)?))?;
    for (role, unit) in ROLES {
        let unit = fs::read_to_string(directory.join("systemd").join(unit))?;
        let written = String::from_utf8(ask("sh", &["admin", "env-file", role])?)?;
        let settings = settings::of_service(&written, &unit)?;
        let file = directory.join(format!("etc/{role}.env"));
        fs::write(&file, settings)?;
        // Secrets will be in it: who takes it from the archive is not to make it everybody's.
        fs::set_permissions(file, Permissions::from_mode(0o600))?;
    }
    for shell in SHELLS {
        let script = ask(shell, &["--show-completion"])?;
        fs::write(directory.join(format!("completions/jobbergate.{shell}")), script)?;
    }
    Ok(())
}

fn pages(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(directory.join("man"))?;
    entries.map(|entry| Ok(entry?.path())).collect()
}
