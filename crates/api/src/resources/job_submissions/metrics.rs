//! What jobs use of their nodes: the rules.

mod casts;
mod decode;
pub(crate) mod routes;
mod store;

use chrono::{DateTime, TimeDelta, Utc};
use jobbergate_types::metrics::{
    JobSubmissionAgentMetricsRequest, JobSubmissionMetricSampleRate, JobSubmissionMetricSchema,
    JobSubmissionMetricTimestamps, JobSubmissionMetricsQuery, MetricSample,
};

use self::store::Filter;
use super::service;
use crate::{
    app::Context,
    auth::Agent,
    error::{Error, Result},
    permission::Allow,
};

/// How far back metrics are shown unless more is asked for.
const USUAL_PERIOD: TimeDelta = TimeDelta::hours(1);
/// The largest answer, in rows.
const MAX_ROWS: usize = 100_000;
/// What a row takes while it is answered, in bytes, beside the name of its node.
const ROW: usize = 256;
/// What a character of a name takes at most.
const CHARACTER: usize = 4;
/// The last microsecond that both databases can store.
const END_OF_TIME: i64 = 253_402_300_799_999_999;

/// Keeps an agent's samples. Those that are there already stay as they are, so that an agent may
/// repeat itself. Nothing that is needed of the submission changes once it has a job, and the database refuses
/// samples of one that was deleted, so that it need not be locked meanwhile.
async fn upload<P: Allow>(context: &Context, agent: &Agent<P>, id: i64, body: &[u8]) -> Result<()> {
    // As on the Python server, an agent of another cluster is told so whatever it sends.
    let submission = service::require(&mut context.db.read().await?, id).await?;
    agent.require_cluster(&submission.client_id)?;
    let mut samples = decode::samples(body)?;
    let slurm_job_id = submission.slurm_job_id.ok_or_else(|| {
        Error::BadRequest(format!(
            "Failed to insert metrics: submission {id} has no job in Slurm yet"
        ))
    })?;
    // Of two uploads with the same samples one waits for the other, and not both. Of two samples that are one the
    // first counts.
    samples.sort_by(|a, b| key(a).cmp(&key(b)));
    let mut db = context.db.write().await?;
    let kept = store::insert(&mut db, submission.id, slurm_job_id, &samples).await;
    kept.map_err(|error| match Error::from(error) {
        Error::Conflict(_) => Error::no_entry("job_submissions", id),
        other => other,
    })?;
    Ok(db.commit().await?)
}

/// What there is one sample of, of a submission.
fn key(sample: &MetricSample) -> (i64, &str, i32, i32) {
    (sample.time, &sample.node_host, sample.step, sample.task)
}

async fn max_times(context: &Context, id: i64) -> Result<JobSubmissionAgentMetricsRequest> {
    let max_times = store::max_times(&mut context.db.read().await?, id).await?;
    Ok(JobSubmissionAgentMetricsRequest { job_submission_id: id, max_times })
}

pub(crate) async fn timestamps(
    context: &Context,
    id: i64,
) -> Result<JobSubmissionMetricTimestamps> {
    let found = store::timestamps(&mut context.db.read().await?, id).await?;
    found.ok_or_else(|| {
        Error::NotFound(format!(
            "No metrics found for job submission {id} or job submission does not exist"
        ))
    })
}

/// The metrics whose whiles begin between two instants.
pub(crate) async fn list(
    context: &Context,
    id: i64,
    query: JobSubmissionMetricsQuery,
) -> Result<Vec<JobSubmissionMetricSchema>> {
    let rate = query.sample_rate;
    let start = query.start_time.map_or_else(|| context.now() - USUAL_PERIOD, |time| time.0);
    let end = query.end_time.map_or_else(|| context.now(), |time| time.0);
    if query.end_time.is_some() && end <= start {
        let words = "End time must be greater than the start time.";
        return Err(Error::BadRequest(words.to_owned()));
    }
    let Some((start, end)) = whole_whiles(start, end, rate) else { return Ok(Vec::new()) };
    let node = query.node.filter(|node| !node.is_empty());
    let filter = Filter { submission: id, node, from: start, to: end, width: rate.seconds() };
    let (rows, text) = store::count(&mut context.db.read().await?, &filter, MAX_ROWS + 1).await?;
    if rows > MAX_ROWS {
        return Err(Error::BadRequest(format!(
            "There are more than {MAX_ROWS} rows; ask for a larger sample_rate, a single node or a \
             shorter time between start_time and end_time"
        )));
    }
    context.take_room(rows * ROW + text * CHARACTER).await?;
    Ok(store::list(&mut context.db.read().await?, &filter, rows).await?)
}

/// From the first while that begins at `start` or later to the end of the last that begins at
/// `end` or earlier; `None` if there is none.
fn whole_whiles(
    start: DateTime<Utc>,
    end: DateTime<Utc>,
    rate: JobSubmissionMetricSampleRate,
) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let width = rate.seconds();
    let begin_of = |second: i64| second - (second - store::A_MONDAY).rem_euclid(width);
    let since = start.timestamp() + i64::from(start.timestamp_subsec_nanos() > 0);
    let first = begin_of(since + width - 1);
    let after = Ord::min((begin_of(end.timestamp()) + width) * 1_000_000, END_OF_TIME);
    let period = DateTime::from_timestamp(first, 0).zip(DateTime::from_timestamp_micros(after));
    period.filter(|(first, after)| first < after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(start: i64, end: i64, rate: JobSubmissionMetricSampleRate) -> Option<(i64, i64)> {
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        let found = whole_whiles(at(start), at(end), rate);
        found.map(|(first, after)| (first.timestamp(), after.timestamp()))
    }

    #[test]
    fn whiles_count_whose_beginning_is_asked_for() {
        use JobSubmissionMetricSampleRate::{OneWeek, TenMinutes, TenSeconds};
        assert_eq!(
            period(1_700_000_000, 1_700_000_010, TenSeconds),
            Some((1_700_000_000, 1_700_000_020))
        );
        assert_eq!(
            period(1_700_000_005, 1_700_003_100, TenMinutes),
            Some((1_700_000_400, 1_700_003_400))
        );
        assert_eq!(period(1_700_000_001, 1_700_000_009, TenSeconds), None);
        assert_eq!(period(1_700_000_010, 1_700_000_000, TenSeconds), None);
        let (monday, week) = (1_699_833_600, 604_800);
        assert_eq!(period(monday, monday, OneWeek), Some((monday, monday + week)));
        let end_of_time = END_OF_TIME / 1_000_000;
        let all = period(-62_135_596_800, end_of_time, OneWeek);
        assert_eq!(all, Some((-62_135_596_800, end_of_time)));
    }
}
