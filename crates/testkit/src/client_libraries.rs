//! Client libraries that were not written here, for programs that use them: [openid-client] for
//! Node.js, which is certified by the OpenID Foundation, and [Authlib] for Python.
//!
//! [openid-client]: https://www.npmjs.com/package/openid-client
//! [Authlib]: https://pypi.org/project/Authlib/

use std::{fs, path::Path, process::Command};

use anyhow::Result;

use crate::{
    directory,
    packages::{install, npm},
};

const PACKAGE: &str = include_str!("client_libraries/package.json");
const PACKAGE_LOCK: &str = include_str!("client_libraries/package-lock.json");
const REQUIREMENTS: &str = include_str!("client_libraries/requirements.txt");

/// A command that runs a program for Node.js, which may import `openid-client`.
pub fn openid_client(program: &str) -> Result<Command> {
    let directory = npm("openid-client", PACKAGE, PACKAGE_LOCK)?;
    let mut node = Command::new("node");
    node.args(["--input-type=module", "--eval", program, "--"]).current_dir(directory);
    Ok(node)
}

/// A command that runs a program for Python, which may import `authlib`.
pub fn authlib(program: &str) -> Result<Command> {
    let directory = directory::installed("authlib", REQUIREMENTS, |directory| {
        fs::write(directory.join("requirements.txt"), REQUIREMENTS)?;
        let mut venv = Command::new("python3");
        install(venv.args(["-m", "venv", "--clear", "venv"]).current_dir(directory))?;
        let mut pip = Command::new(python(directory));
        pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--retries=1"]);
        install(pip.args(["--requirement", "requirements.txt"]).current_dir(directory))
    })?;
    let mut command = Command::new(python(&directory));
    command.args(["-c", program]).current_dir(directory);
    Ok(command)
}

fn python(directory: &Path) -> std::path::PathBuf {
    directory.join("venv/bin/python")
}
