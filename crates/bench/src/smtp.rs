//! The SMTP server of the tests, as a process of its own.

use anyhow::Result;
use jobbergate_testkit::smtp::Smtp;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

/// Says how to use it and where it writes what it is sent, and serves until it is asked to end.
pub(crate) async fn run() -> Result<()> {
    let mut end = signal(SignalKind::terminate())?;
    let server = Smtp::start()?;
    println!("{}", json!({ "port": server.port, "directory": server.directory() }));
    end.recv().await;
    Ok(())
}
