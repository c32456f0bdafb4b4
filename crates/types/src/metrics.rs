//! What jobs use of their nodes: what agents upload and users ask for.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// How many samples one upload may have.
pub const MAX_SAMPLES_PER_UPLOAD: usize = 2340;

/// What one task used in the moment or since the sample before, as an agent uploads it: a row of
/// a `MessagePack` array, its fields in this order.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricSample {
    /// When, in seconds since 1970.
    pub time: i64,
    /// The node.
    pub node_host: String,
    /// The step of the job.
    pub step: i32,
    /// The task of the step.
    pub task: i32,
    /// The processors' frequency, as Slurm samples it.
    pub cpu_frequency: f64,
    /// Processor time, in seconds.
    pub cpu_time: f64,
    /// How busy the processors were, in percent.
    pub cpu_utilization: f64,
    /// Memory on graphics processors.
    pub gpu_memory: i64,
    /// How busy the graphics processors were, in percent.
    pub gpu_utilization: f64,
    /// Page faults.
    pub page_faults: i64,
    /// Resident memory.
    pub memory_rss: i64,
    /// What was read from disks.
    pub disk_read: i64,
    /// Virtual memory.
    pub memory_virtual: i64,
    /// What was written to disks.
    pub disk_write: i64,
}

/// Until when the server has samples of each task of a submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobSubmissionAgentMetricsRequest {
    /// The submission's number.
    pub job_submission_id: i64,
    /// One entry per task that has samples.
    pub max_times: Vec<JobSubmissionAgentMaxTimes>,
}

/// The time of a task's latest sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobSubmissionAgentMaxTimes {
    /// When, in seconds since 1970.
    pub max_time: i64,
    /// The node.
    pub node_host: String,
    /// The step of the job.
    pub step: i64,
    /// The task of the step.
    pub task: i64,
}

/// The times of the first and the last sample of a submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobSubmissionMetricTimestamps {
    /// The first, in seconds since 1970.
    pub min: i64,
    /// The last, in seconds since 1970.
    pub max: i64,
}

/// How many seconds one row of metrics sums up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(into = "i64", try_from = "i64")]
#[expect(missing_docs, reason = "each name says how long it is")]
pub enum JobSubmissionMetricSampleRate {
    TenSeconds,
    OneMinute,
    #[default]
    TenMinutes,
    OneHour,
    OneWeek,
}

impl JobSubmissionMetricSampleRate {
    /// Every rate, finest first.
    pub const ALL: [Self; 5] =
        [Self::TenSeconds, Self::OneMinute, Self::TenMinutes, Self::OneHour, Self::OneWeek];

    /// The rate in seconds.
    pub const fn seconds(self) -> i64 {
        match self {
            Self::TenSeconds => 10,
            Self::OneMinute => 60,
            Self::TenMinutes => 600,
            Self::OneHour => 3600,
            Self::OneWeek => 604_800,
        }
    }
}

impl From<JobSubmissionMetricSampleRate> for i64 {
    fn from(rate: JobSubmissionMetricSampleRate) -> Self {
        rate.seconds()
    }
}

impl TryFrom<i64> for JobSubmissionMetricSampleRate {
    type Error = &'static str;

    fn try_from(seconds: i64) -> Result<Self, Self::Error> {
        let found = Self::ALL.into_iter().find(|rate| rate.seconds() == seconds);
        found.ok_or("it is not 10, 60, 600, 3600 or 604800")
    }
}

impl JsonSchema for JobSubmissionMetricSampleRate {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "JobSubmissionMetricSampleRate".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "enum": Self::ALL.map(Self::seconds)})
    }
}

/// Which metrics of a submission to show.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct JobSubmissionMetricsQuery {
    /// Only this node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Only rows that begin then or later; an hour ago when absent. Without a time zone: UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
    /// How many seconds a row sums up.
    #[serde(default)]
    pub sample_rate: JobSubmissionMetricSampleRate,
    /// Only rows that begin then or earlier; now when absent. Without a time zone: UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time: Option<Timestamp>,
}

/// What the tasks on a node used in a while: means of what is measured in the moment, sums of
/// what is counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JobSubmissionMetricSchema {
    /// When the while begins, in seconds since 1970.
    #[schemars(schema_with = "seconds_or_instant")]
    pub time: i64,
    /// The node.
    pub node_host: String,
    /// Always null: all steps of the job are summed up.
    pub step: Option<i64>,
    /// Always null: all tasks of the job are summed up.
    pub task: Option<i64>,
    /// The processors' frequency, on average.
    #[schemars(schema_with = "integer_or_number")]
    pub cpu_frequency: f64,
    /// Processor time, in seconds.
    #[schemars(schema_with = "number")]
    pub cpu_time: f64,
    /// How busy the processors were, in percent, on average.
    #[schemars(schema_with = "number")]
    pub cpu_utilization: f64,
    /// Memory on graphics processors, on average.
    #[schemars(schema_with = "integer_or_number")]
    pub gpu_memory: f64,
    /// How busy the graphics processors were, in percent, on average.
    #[schemars(schema_with = "number")]
    pub gpu_utilization: f64,
    /// Page faults.
    #[schemars(schema_with = "integer_or_number")]
    pub page_faults: f64,
    /// Resident memory, on average.
    #[schemars(schema_with = "integer_or_number")]
    pub memory_rss: f64,
    /// Virtual memory, on average.
    #[schemars(schema_with = "integer_or_number")]
    pub memory_virtual: f64,
    /// What was read from disks.
    #[schemars(schema_with = "integer_or_number")]
    pub disk_read: f64,
    /// What was written to disks.
    #[schemars(schema_with = "integer_or_number")]
    pub disk_write: f64,
}

fn seconds_or_instant(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"anyOf": [{"type": "integer"}, {"type": "string", "format": "date-time"}]})
}

fn integer_or_number(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"anyOf": [{"type": "integer"}, {"type": "number"}]})
}

fn number(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "number"})
}
