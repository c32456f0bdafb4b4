//! What the tests need and a fresh machine lacks.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};
use nix::unistd::geteuid;

use crate::process::{cargo, output, run, target_directory};

pub(crate) fn install_postgresql() -> Result<()> {
    if postgresql_programs().is_some() {
        return Ok(());
    }
    install(&["postgresql"]).context("the tests need the PostgreSQL server")
}

pub(crate) fn install_slurm() -> Result<()> {
    let programs = ["munged", "slurmctld", "slurmd", "sbatch"];
    if programs.iter().all(|program| is_in_path(program)) {
        return Ok(());
    }
    install(&["munge", "slurmctld", "slurmd", "slurm-client"]).context("the tests need Slurm")
}

/// Installs Slurm's accounting with its database.
pub(crate) fn install_slurmdbd() -> Result<()> {
    if ["slurmdbd", "mariadbd", "mariadb-install-db"].iter().all(|program| is_in_path(program)) {
        return Ok(());
    }
    install(&["slurmdbd", "mariadb-server"]).context("the tests need Slurm's accounting")
}

/// Installs InfluxDB and Slurm's plugin that writes to it.
pub(crate) fn install_influxdb() -> Result<()> {
    let plugin = "slurm-wlm/acct_gather_profile_influxdb.so";
    let libraries = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let has_plugin = libraries.map(|entry| entry.path().join(plugin)).any(|path| path.is_file());
    if has_plugin && is_in_path("influxd") {
        return Ok(());
    }
    install(&["influxdb", "slurm-wlm-influxdb-plugin"]).context("the tests need InfluxDB")
}

/// Installs the load generator unless it is there.
pub(crate) fn install_wrk() -> Result<()> {
    if is_in_path("wrk") {
        return Ok(());
    }
    install(&["wrk"]).context("measuring needs a load generator")
}

/// Installs nginx unless it is there.
pub(crate) fn install_nginx() -> Result<()> {
    if is_in_path("nginx") {
        return Ok(());
    }
    install(&["nginx-light"]).context("several servers need a proxy in front of them")
}

pub(crate) fn install_nodejs() -> Result<()> {
    if ["node", "npm"].iter().all(|program| is_in_path(program)) {
        return Ok(());
    }
    install(&["nodejs", "npm"])
        .context("Node.js is needed for an OIDC provider, a client library and Lighthouse")
}

/// Installs what makes environments of Python unless it is there.
pub(crate) fn install_python_venv() -> Result<()> {
    if output(Command::new("python3").args(["-c", "import ensurepip, venv"])).is_some() {
        return Ok(());
    }
    install(&["python3-venv"]).context("this needs Python with venv")
}

pub(crate) fn install_rabbitmq() -> Result<()> {
    if Path::new("/usr/lib/rabbitmq/bin/rabbitmq-server").is_file() || is_in_path("rabbitmq-server")
    {
        return Ok(());
    }
    install(&["rabbitmq-server"]).context("the tests need RabbitMQ")
}

/// Installs the SMTP server unless it is there.
pub(crate) fn install_smtp() -> Result<()> {
    let has_aiosmtpd = |python| output(Command::new(python).args(["-c", "import aiosmtpd"]));
    if ["/usr/bin/python3", "python3"].into_iter().find_map(has_aiosmtpd).is_some() {
        return Ok(());
    }
    install(&["python3-aiosmtpd"]).context("the tests need an SMTP server")
}

/// Installs what makes a small Debian and checks packages of others.
pub(crate) fn install_package_trial() -> Result<()> {
    if ["debootstrap", "rpm", "unshare"].iter().all(|program| is_in_path(program)) {
        return Ok(());
    }
    install(&["debootstrap", "rpm", "util-linux"]).context("trying packages needs these")
}

pub(crate) fn install_slapd() -> Result<()> {
    if ["slapd", "ldapmodify", "openssl"].iter().all(|program| is_in_path(program)) {
        return Ok(());
    }
    install(&["slapd", "ldap-utils", "openssl"]).context("the tests need an LDAP server")
}

pub(crate) fn install_browser() -> Result<()> {
    if ["chromium", "chromedriver"].iter().all(|program| is_in_path(program)) {
        return Ok(());
    }
    install(&["chromium", "chromium-driver"]).context("the tests need a browser")
}

fn is_in_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    // The daemons are in a directory that is not everybody's.
    env::split_paths(&path)
        .chain(["/usr/sbin".into()])
        .any(|directory| directory.join(program).is_file())
}

/// The directory of PostgreSQL's programs: Debian keeps them out of PATH.
pub(crate) fn postgresql_programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let in_debian = versions.map(|version| version.path().join("bin"));
    let path = env::var_os("PATH").unwrap_or_default();
    let mut directories = in_debian.chain(env::split_paths(&path));
    directories.find(|directory| directory.join("postgres").is_file())
}

fn install(packages: &[&str]) -> Result<()> {
    let names = packages.join(" ");
    if output(Command::new("apt-get").arg("--version")).is_none() {
        bail!("install {names}: this is no Debian, where it would be done for you");
    }
    if !geteuid().is_root() {
        bail!("run `sudo apt-get install {names}`");
    }
    eprintln!("installing {names}");
    let mut apt = Command::new("apt-get");
    apt.args(["install", "--yes", "-qq", "--no-install-recommends"]).args(packages);
    apt.args(["--option", "DPkg::Lock::Timeout=300"]).stdout(Stdio::null());
    // As if the machine were in single-user mode: Debian starts servers when it installs them, and
    // the tests start their own.
    apt.env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1");
    if run(&mut apt).is_err() {
        // The lists of a fresh machine are empty or old.
        run(Command::new("apt-get").args(["update", "-qq"]))?;
        run(&mut apt)?;
    }
    Ok(())
}

/// Whether cargo-nextest is there, or could be installed.
pub(crate) fn install_nextest() -> Result<bool> {
    let mut version = cargo(&["nextest", "--version"])?;
    if output(&mut version).is_some() {
        return Ok(true);
    }
    eprintln!("installing cargo-nextest, which takes a few minutes, once");
    let installed = run(&mut cargo(&["install", "--locked", "cargo-nextest"])?);
    if let Err(error) = &installed {
        eprintln!("{error:#}: the tests run with `cargo test`");
    }
    Ok(installed.is_ok())
}

/// Installs a command of cargo in this version, unless it is there in any.
pub(crate) fn install_cargo_command(command: &str, package: &str, version: &str) -> Result<()> {
    if output(&mut cargo(&[command, "--version"])?).is_some() {
        return Ok(());
    }
    eprintln!("installing {package}, which takes a few minutes, once");
    run(&mut cargo(&["install", "--locked", package, "--version", version])?)
}

/// Installs a program from crates.io in this version, below the target directory; gives its path.
pub(crate) fn install_program(name: &str, version: &str, options: &[&str]) -> Result<PathBuf> {
    let root = target_directory()?.join("tools").join(format!("{name}-{version}"));
    let program = root.join("bin").join(name);
    if !program.is_file() {
        eprintln!("installing {name}, which takes a few minutes, once");
        let mut install = cargo(&["install", "--locked", name, "--version", version])?;
        run(install.args(options).arg("--root").arg(&root))?;
    }
    Ok(program)
}
