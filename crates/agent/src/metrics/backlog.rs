//! Samples that the server does not have yet.

use std::collections::BTreeMap;

use futures::{StreamExt, stream};
use jobbergate_client::{Client, Error};
use jobbergate_types::metrics::MetricSample;

use super::upload;

/// How many samples wait for a server that is away, at most.
const MOST: usize = 20_000;
/// How many uploads are on their way at once.
const AT_ONCE: usize = 4;

/// Samples that wait, by submission, oldest first.
#[derive(Debug, Default)]
pub struct Backlog(BTreeMap<i64, Vec<MetricSample>>);

impl Backlog {
    pub fn add(&mut self, submission: i64, samples: Vec<MetricSample>) {
        self.0.entry(submission).or_default().extend(samples);
    }

    /// Uploads all; what fails stays, as long as there is room.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn upload(&mut self, client: &Client) -> Result<(), Error> {
        let waiting = std::mem::take(&mut self.0);
        let upload = async |(submission, samples): (i64, Vec<MetricSample>)| {
            let result = upload::all(client, submission, &samples).await;
            (submission, samples, result)
        };
        let mut trouble = None;
        let mut results = stream::iter(waiting).map(upload).buffer_unordered(AT_ONCE);
        while let Some((submission, samples, result)) = results.next().await {
            match result {
                Err(error) if error.may_pass() => {
                    self.add(submission, samples);
                    trouble.get_or_insert(error);
                }
                // It was deleted meanwhile.
                Err(error) => tracing::debug!(submission, %error, "its metrics are not wanted"),
                Ok(()) => {}
            }
        }
        self.make_room();
        trouble.map_or(Ok(()), Err)
    }

    /// Drops the oldest samples of all submissions when there are too many.
    fn make_room(&mut self) {
        let count: usize = self.0.values().map(Vec::len).sum();
        if count <= MOST {
            return;
        }
        let mut times: Vec<i64> = self.0.values().flatten().map(|sample| sample.time).collect();
        times.sort_unstable();
        let oldest = times[count - MOST];
        self.0.values_mut().for_each(|samples| samples.retain(|sample| sample.time > oldest));
        self.0.retain(|_, samples| !samples.is_empty());
        tracing::warn!("the server does not take metrics: those of sstat up to {oldest} are lost");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(time: i64) -> MetricSample {
        MetricSample {
            time,
            node_host: "n".to_owned(),
            step: 0,
            task: 0,
            cpu_frequency: 0.0,
            cpu_time: 0.0,
            cpu_utilization: 0.0,
            gpu_memory: 0,
            gpu_utilization: 0.0,
            page_faults: 0,
            memory_rss: 0,
            disk_read: 0,
            memory_virtual: 0,
            disk_write: 0,
        }
    }

    #[test]
    fn the_oldest_go_first_when_there_are_too_many() {
        let mut backlog = Backlog::default();
        let most = i64::try_from(MOST).unwrap();
        backlog.add(1, (0..most).map(sample).collect());
        backlog.add(2, vec![sample(0), sample(most)]);
        backlog.make_room();
        let left: usize = backlog.0.values().map(Vec::len).sum();
        assert!(left <= MOST && left > MOST - 5, "{left}");
        assert_eq!(backlog.0[&2].len(), 1);
    }
}
