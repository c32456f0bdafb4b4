//! Keeping samples. There are many, so each database gets them as is quickest for it.

use chrono::{DateTime, Utc};
use jobbergate_types::metrics::MetricSample;
use sea_query::Value;

use crate::{
    args,
    db::{Session, arguments::Arguments},
};

const COLUMNS: [&str; 16] = [
    "job_submission_id",
    "slurm_job_id",
    "time",
    "node_host",
    "step",
    "task",
    "cpu_frequency",
    "cpu_time",
    "cpu_utilization",
    "gpu_memory",
    "gpu_utilization",
    "page_faults",
    "memory_rss",
    "disk_read",
    "memory_virtual",
    "disk_write",
];
/// The most rows of a statement for SQLite, each with its own arguments.
const ROWS: usize = 128;
/// The most rows of a statement for PostgreSQL, which takes a column as one argument.
const ROWS_OF_COLUMNS: usize = 10_000;

/// Keeps samples, except those that are there already.
pub(in super::super) async fn insert(
    db: &mut Session,
    submission: i32,
    slurm_job_id: i32,
    samples: &[MetricSample],
) -> sqlx::Result<()> {
    if db.is_sqlite() {
        return insert_rows(db, submission, slurm_job_id, samples).await;
    }
    let sql = insertion(
        "SELECT $1, $2, samples.* FROM unnest($3::timestamptz[], $4::varchar[], $5::integer[], \
         $6::integer[], $7::float8[], $8::float8[], $9::float8[], $10::bigint[], $11::float8[], \
         $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[]) AS samples",
    );
    for samples in samples.chunks(ROWS_OF_COLUMNS) {
        let mut arguments = args![submission, slurm_job_id];
        arguments.0.extend(columns(samples));
        db.execute(&sql, arguments).await?;
    }
    Ok(())
}

fn columns(samples: &[MetricSample]) -> [Value; 14] {
    fn column<T>(samples: &[MetricSample], value: impl Fn(&MetricSample) -> T) -> Value
    where
        Value: From<Vec<T>>,
    {
        samples.iter().map(value).collect::<Vec<_>>().into()
    }
    [
        column(samples, time),
        column(samples, |sample| sample.node_host.clone()),
        column(samples, |sample| sample.step),
        column(samples, |sample| sample.task),
        column(samples, |sample| sample.cpu_frequency),
        column(samples, |sample| sample.cpu_time),
        column(samples, |sample| sample.cpu_utilization),
        column(samples, |sample| sample.gpu_memory),
        column(samples, |sample| sample.gpu_utilization),
        column(samples, |sample| sample.page_faults),
        column(samples, |sample| sample.memory_rss),
        column(samples, |sample| sample.disk_read),
        column(samples, |sample| sample.memory_virtual),
        column(samples, |sample| sample.disk_write),
    ]
}

async fn insert_rows(
    db: &mut Session,
    submission: i32,
    slurm_job_id: i32,
    mut samples: &[MetricSample],
) -> sqlx::Result<()> {
    while !samples.is_empty() {
        // Powers of two, so that there are few statements to prepare.
        let size = Ord::min(1 << samples.len().ilog2(), ROWS);
        let (batch, rest) = samples.split_at(size);
        // Without numbers: SQLite looks for a numbered placeholder among all of them, one by one.
        let row = format!("({})", ["?"; COLUMNS.len()].join(", "));
        let sql = insertion(&format!("VALUES {}", vec![row; size].join(", ")));
        let values = batch.iter().flat_map(|sample| row_of(submission, slurm_job_id, sample).0);
        db.execute(&sql, Arguments(values.collect())).await?;
        samples = rest;
    }
    Ok(())
}

fn row_of(submission: i32, slurm_job_id: i32, sample: &MetricSample) -> Arguments {
    args![
        submission,
        slurm_job_id,
        time(sample),
        sample.node_host.as_str(),
        sample.step,
        sample.task,
        sample.cpu_frequency,
        sample.cpu_time,
        sample.cpu_utilization,
        sample.gpu_memory,
        sample.gpu_utilization,
        sample.page_faults,
        sample.memory_rss,
        sample.disk_read,
        sample.memory_virtual,
        sample.disk_write,
    ]
}

fn time(sample: &MetricSample) -> DateTime<Utc> {
    DateTime::from_timestamp(sample.time, 0).unwrap_or_default()
}

fn insertion(rows: &str) -> String {
    let columns = COLUMNS.map(|column| format!("\"{column}\"")).join(", ");
    format!("INSERT INTO job_submission_metrics ({columns}) {rows} ON CONFLICT DO NOTHING")
}
