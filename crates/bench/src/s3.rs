//! The S3 server of the tests, as a process of its own.

use anyhow::Result;
use jobbergate_testkit::s3::S3;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

/// Says how to use it, and serves until it is asked to end; its files go with it.
pub(crate) async fn run() -> Result<()> {
    let mut end = signal(SignalKind::terminate())?;
    let server = S3::start().await?;
    let settings = json!({
        "S3_ENDPOINT_URL": server.endpoint,
        "S3_BUCKET_NAME": server.bucket,
        "AWS_ACCESS_KEY_ID": server.access_key,
        "AWS_SECRET_ACCESS_KEY": server.secret_key,
    });
    println!("{settings}");
    end.recv().await;
    Ok(())
}
