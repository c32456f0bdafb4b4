//! Uploads samples in pieces that every server takes.

use jobbergate_client::{Client, Error};
use jobbergate_types::metrics::MetricSample;

/// The Python server fails at 2048.
const AT_ONCE: usize = 2_000;

/// Uploads samples of a submission. They are sorted by time: what fails leaves no gap behind.
pub async fn all(client: &Client, submission: i64, samples: &[MetricSample]) -> Result<(), Error> {
    for samples in samples.chunks(AT_ONCE) {
        client.upload_metrics(submission, samples).await?;
    }
    Ok(())
}
