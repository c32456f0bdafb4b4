//! The table of metrics.

mod insert;

use chrono::{DateTime, Utc};
use jobbergate_types::metrics::{
    JobSubmissionAgentMaxTimes, JobSubmissionMetricSchema, JobSubmissionMetricTimestamps,
};
use sqlx_macros::FromRow;

use crate::{
    args,
    db::{Session, arguments::Arguments},
};

pub(super) use insert::insert;

/// Where weeks begin, and with them all other whiles: Monday 2000-01-03, 00:00 UTC.
pub(super) const A_MONDAY: i64 = 946_857_600;

#[derive(Debug, FromRow)]
struct MaxTimeRow {
    max_time: DateTime<Utc>,
    node_host: String,
    step: i32,
    task: i32,
}

#[derive(Debug, FromRow)]
struct SpanRow {
    first: Option<DateTime<Utc>>,
    last: Option<DateTime<Utc>>,
}

#[derive(Debug, FromRow)]
struct MetricRow {
    bucket: i64,
    node_host: String,
    cpu_frequency: f64,
    cpu_time: f64,
    cpu_utilization: f64,
    gpu_memory: f64,
    gpu_utilization: f64,
    page_faults: f64,
    memory_rss: f64,
    memory_virtual: f64,
    disk_read: f64,
    disk_write: f64,
}

impl From<MetricRow> for JobSubmissionMetricSchema {
    fn from(row: MetricRow) -> Self {
        Self {
            time: row.bucket,
            node_host: row.node_host,
            step: None,
            task: None,
            cpu_frequency: row.cpu_frequency,
            cpu_time: row.cpu_time,
            cpu_utilization: row.cpu_utilization,
            gpu_memory: row.gpu_memory,
            gpu_utilization: row.gpu_utilization,
            page_faults: row.page_faults,
            memory_rss: row.memory_rss,
            memory_virtual: row.memory_virtual,
            disk_read: row.disk_read,
            disk_write: row.disk_write,
        }
    }
}

/// The latest time of each task of a submission.
pub(super) async fn max_times(
    db: &mut Session,
    submission: i64,
) -> sqlx::Result<Vec<JobSubmissionAgentMaxTimes>> {
    let sql = r#"SELECT max("time") AS max_time, node_host, step, task FROM job_submission_metrics
        WHERE job_submission_id = $1 GROUP BY node_host, step, task ORDER BY node_host, step, task"#;
    let rows: Vec<MaxTimeRow> = db.fetch_all(sql, args![submission]).await?;
    let latest = |row: MaxTimeRow| JobSubmissionAgentMaxTimes {
        max_time: row.max_time.timestamp(),
        node_host: row.node_host,
        step: row.step.into(),
        task: row.task.into(),
    };
    Ok(rows.into_iter().map(latest).collect())
}

/// The first and the last time of a submission; `None` if it has no metrics.
pub(super) async fn timestamps(
    db: &mut Session,
    submission: i64,
) -> sqlx::Result<Option<JobSubmissionMetricTimestamps>> {
    let sql = r#"SELECT min("time") AS first, max("time") AS last FROM job_submission_metrics
        WHERE job_submission_id = $1"#;
    let row: SpanRow = db.fetch_one(sql, args![submission]).await?;
    Ok(row.first.zip(row.last).map(|(first, last)| JobSubmissionMetricTimestamps {
        min: first.timestamp(),
        max: last.timestamp(),
    }))
}

/// Which metrics of a submission are asked for.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) submission: i64,
    pub(super) node: Option<String>,
    pub(super) from: DateTime<Utc>,
    pub(super) to: DateTime<Utc>,
    /// How many seconds are summed up.
    pub(super) width: i64,
}

impl Filter {
    fn arguments(&self) -> Arguments {
        args![self.submission, self.from, self.to, self.node.clone(), self.width]
    }

    /// The samples, each with its `bucket`.
    fn samples(db: &Session) -> String {
        let second = db.unix_seconds("\"time\"");
        format!(
            "(SELECT second - ((second - {A_MONDAY}) % $5 + $5) % $5 AS bucket, seconds.* \
             FROM (SELECT {second} AS second, job_submission_metrics.* FROM job_submission_metrics \
             WHERE job_submission_id = $1 AND \"time\" >= $2 AND \"time\" < $3 \
             AND node_host = coalesce($4, node_host)) AS seconds) AS samples"
        )
    }
}

/// How many rows [`list`] has, `limit` at most, and how many characters there are in the names of
/// their nodes.
pub(super) async fn count(
    db: &mut Session,
    filter: &Filter,
    limit: usize,
) -> sqlx::Result<(usize, usize)> {
    let samples = Filter::samples(db);
    let sql = format!(
        "SELECT count(*), coalesce(sum(length(node_host)), 0) \
         FROM (SELECT DISTINCT bucket, node_host FROM {samples} LIMIT {limit}) AS found"
    );
    let (rows, text): (i64, i64) = db.fetch_one(&sql, filter.arguments()).await?;
    Ok((usize::try_from(rows).unwrap_or_default(), usize::try_from(text).unwrap_or_default()))
}

/// Metrics of a submission, summed up; `limit` rows at most.
pub(super) async fn list(
    db: &mut Session,
    filter: &Filter,
    limit: usize,
) -> sqlx::Result<Vec<JobSubmissionMetricSchema>> {
    let samples = Filter::samples(db);
    let sql = format!(
        "SELECT bucket, node_host, \
         avg(cpu_frequency) AS cpu_frequency, sum(cpu_time) AS cpu_time, \
         avg(cpu_utilization) AS cpu_utilization, \
         avg(CAST(gpu_memory AS double precision)) AS gpu_memory, \
         avg(gpu_utilization) AS gpu_utilization, \
         sum(CAST(page_faults AS double precision)) AS page_faults, \
         avg(CAST(memory_rss AS double precision)) AS memory_rss, \
         avg(CAST(memory_virtual AS double precision)) AS memory_virtual, \
         sum(CAST(disk_read AS double precision)) AS disk_read, \
         sum(CAST(disk_write AS double precision)) AS disk_write \
         FROM {samples} \
         GROUP BY bucket, node_host ORDER BY bucket, node_host LIMIT {limit}"
    );
    let rows: Vec<MetricRow> = db.fetch_all(&sql, filter.arguments()).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}
