//! An OIDC provider that was not written here: [oidc-provider] for Node.js, which is certified by
//! the OpenID Foundation.
//!
//! [oidc-provider]: https://www.npmjs.com/package/oidc-provider

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::{directory, packages::install};

const PACKAGE: &str = "oidc-provider@8.8.1";
const PROGRAM: &str = include_str!("oidc_provider.mjs");

/// A running provider. It ends when this is dropped.
#[derive(Debug)]
pub struct OidcProvider {
    /// Where it is, such as `127.0.0.1:4242`.
    pub authority: String,
    process: Child,
}

impl OidcProvider {
    /// Starts a provider whose access tokens carry these claims beside its own. The clients
    /// `RS256` and `ES256`, both with the secret `secret`, get tokens signed so.
    pub async fn start(claims: Value) -> Result<Self> {
        tokio::task::spawn_blocking(move || Self::start_now(&claims)).await?
    }

    fn start_now(claims: &Value) -> Result<Self> {
        let directory =
            directory::installed("oidc-provider", &[PACKAGE, PROGRAM].concat(), install_provider)?;
        let authority = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut process = Command::new("node")
            .arg("provider.mjs")
            .args([authority.port().to_string(), claims.to_string()])
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("can't run node; is Node.js installed?")?;
        let stdout = process.stdout.take().context("stdout is piped")?;
        let provider = Self { authority: authority.to_string(), process };
        let said = BufReader::new(stdout).lines().next().transpose()?;
        ensure!(said.as_deref() == Some("ready"), "the provider ended before it was ready");
        Ok(provider)
    }
}

impl Drop for OidcProvider {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn install_provider(directory: &Path) -> Result<()> {
    fs::write(directory.join("provider.mjs"), PROGRAM)?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--silent", PACKAGE]);
    install(npm.current_dir(directory))
}
