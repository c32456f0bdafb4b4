//! Metrics of jobs, as agents upload them and people see them.

use jobbergate_types::metrics::{
    JobSubmissionAgentMetricsRequest, JobSubmissionMetricSchema, JobSubmissionMetricsQuery,
    MAX_SAMPLES_PER_UPLOAD, MetricSample,
};
use reqwest::Method;

use crate::{Client, Error};

impl Client {
    /// Until when the server has samples of each task of a submission.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn metric_max_times(
        &self,
        id: i64,
    ) -> Result<JobSubmissionAgentMetricsRequest, Error> {
        self.request(Method::GET, &route(&id.to_string())).receive().await
    }

    /// Uploads samples of a submission, in as many requests as they need; none if there are no
    /// samples. May be repeated: what the server has already is left as it is.
    ///
    /// # Errors
    /// See [`Error`]; 400 when the submission has no job in Slurm or a sample is out of range.
    /// What was uploaded before the request that failed is kept.
    pub async fn upload_metrics(&self, id: i64, samples: &[MetricSample]) -> Result<(), Error> {
        for samples in samples.chunks(MAX_SAMPLES_PER_UPLOAD) {
            let body = encode(samples);
            self.request(Method::PUT, &route(&id.to_string())).bytes(&body).done().await?;
        }
        Ok(())
    }

    /// What a submission's job used of its nodes.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn submission_metrics(
        &self,
        id: i64,
        query: &JobSubmissionMetricsQuery,
    ) -> Result<Vec<JobSubmissionMetricSchema>, Error> {
        let route = ["job-submissions", &id.to_string(), "metrics"];
        self.request(Method::GET, &route).query(query).receive().await
    }
}

const fn route(id: &str) -> [&str; 4] {
    ["job-submissions", "agent", "metrics", id]
}

/// The samples as `MessagePack`: an array of arrays of 14.
fn encode(samples: &[MetricSample]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(5 + samples.len() * 160);
    head(&mut bytes, 0xdd, samples.len());
    for sample in samples {
        head(&mut bytes, 0xdd, 14);
        integer(&mut bytes, sample.time);
        head(&mut bytes, 0xdb, sample.node_host.len());
        bytes.extend_from_slice(sample.node_host.as_bytes());
        integer(&mut bytes, sample.step.into());
        integer(&mut bytes, sample.task.into());
        float(&mut bytes, sample.cpu_frequency);
        float(&mut bytes, sample.cpu_time);
        float(&mut bytes, sample.cpu_utilization);
        integer(&mut bytes, sample.gpu_memory);
        float(&mut bytes, sample.gpu_utilization);
        integer(&mut bytes, sample.page_faults);
        integer(&mut bytes, sample.memory_rss);
        integer(&mut bytes, sample.disk_read);
        integer(&mut bytes, sample.memory_virtual);
        integer(&mut bytes, sample.disk_write);
    }
    bytes
}

/// The head of something as long as 32 bits can say. What is longer, no server would take.
fn head(bytes: &mut Vec<u8>, marker: u8, length: usize) {
    bytes.push(marker);
    bytes.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
}

fn integer(bytes: &mut Vec<u8>, integer: i64) {
    bytes.push(0xd3);
    bytes.extend_from_slice(&integer.to_be_bytes());
}

fn float(bytes: &mut Vec<u8>, float: f64) {
    bytes.push(0xcb);
    bytes.extend_from_slice(&float.to_be_bytes());
}
