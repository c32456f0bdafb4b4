//! From InfluxDB to the server: a round.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use chrono::{DateTime, TimeDelta, Utc};
use futures::{StreamExt, TryStreamExt, stream};
use jobbergate_types::metrics::MetricSample;

use super::{
    influx::Influx,
    queries::{Part, Tags},
    task_series::{Gathered, Known, Task},
    trouble::Trouble,
    upload,
    watch::{Watch, Watched},
};
use crate::agent::Agent;

/// How many jobs are asked for by one query.
const JOBS_PER_QUERY: usize = 50;
/// How young values are left for the next round: there may be more to come of that second.
const SETTLING: TimeDelta = TimeDelta::seconds(2);
/// How many tasks and nodes are asked for by one query, about.
const TASKS: usize = 100;
const HOSTS: usize = 50;
/// How many queries one submission may cost in a round.
const QUERIES: usize = 200;
/// How many submissions may fail before the round ends.
const FAILURES: usize = 3;

/// Collects metrics from InfluxDB.
#[derive(Debug)]
pub struct Collector {
    agent: Arc<Agent>,
    influx: Influx,
    at_once: usize,
    watch: Watch,
    /// Whether InfluxDB has ever answered.
    has_answered: bool,
}

/// What InfluxDB has of a submission: the last second of each task.
type News = Vec<(Tags, i64)>;

impl Collector {
    pub fn new(agent: Arc<Agent>, influx: Influx) -> Self {
        let at_once = agent.config.metrics.queries_at_once();
        Self { agent, influx, at_once, watch: Watch::default(), has_answered: false }
    }

    /// Uploads what is new of all jobs.
    ///
    /// # Errors
    /// When InfluxDB or the server does not answer; the next round goes on from there.
    pub async fn round(&mut self, now: DateTime<Utc>) -> Result<(), Trouble> {
        let Self { agent, influx, at_once, watch, has_answered } = self;
        let cluster = &agent.config.oidc_client_id;
        watch.refresh(&agent.client, agent.lease.lists(), cluster, now).await?;
        if watch.submissions.is_empty() {
            if !*has_answered {
                // A wrong password is better known before the first job.
                influx.newest(&[0]).await?;
                *has_answered = true;
            }
            return Ok(());
        }
        match agent.slurm.members().await {
            Ok(members) => watch.consist_of(&members, now),
            Err(error) => tracing::debug!(%error, "arrays are taken for what they were"),
        }
        let mut news = all_news(influx, watch, *at_once).await.inspect_err(|_| {
            watch.forget(false, now);
        })?;
        let failures = &AtomicUsize::new(0);
        let limit = (now - SETTLING).timestamp();
        let ids: Vec<i64> = news.keys().copied().collect();
        let work =
            ids.into_iter().filter_map(|id| watch.submissions.remove(&id).zip(news.remove(&id)));
        let work: Vec<(Watched, News)> = work.collect();
        let mut done = stream::iter(work)
            .map(async |(mut watched, news)| {
                if failures.load(Ordering::Relaxed) >= FAILURES {
                    return (watched, None);
                }
                let trouble = catch_up(agent, influx, &mut watched, news, limit).await.err();
                failures.fetch_add(usize::from(trouble.is_some()), Ordering::Relaxed);
                (watched, trouble)
            })
            .buffer_unordered(*at_once);
        let mut first = None;
        while let Some((watched, trouble)) = done.next().await {
            watch.submissions.insert(watched.submission, watched);
            first = first.or(trouble);
        }
        drop(done);
        watch.forget(first.is_none(), now);
        first.map_or(Ok(()), Err)
    }
}

async fn all_news(
    influx: &Influx,
    watch: &Watch,
    at_once: usize,
) -> Result<HashMap<i64, News>, Trouble> {
    let owners: BTreeMap<i64, i64> = watch
        .submissions
        .values()
        .flat_map(|watched| watched.jobs().map(|job| (job, watched.submission)))
        .collect();
    let jobs: Vec<i64> = owners.keys().copied().collect();
    let jobs: Vec<Vec<i64>> = jobs.chunks(JOBS_PER_QUERY).map(<[i64]>::to_vec).collect();
    let found: Vec<HashMap<Tags, i64>> = stream::iter(jobs)
        .map(async |jobs| influx.newest(&jobs).await)
        .buffer_unordered(at_once)
        .try_collect()
        .await?;
    let mut news: HashMap<i64, News> = HashMap::new();
    for (tags, second) in found.into_iter().flatten() {
        if let Some(owner) = owners.get(&tags.job) {
            news.entry(*owner).or_default().push((tags, second));
        }
    }
    Ok(news)
}

/// Uploads what is new of a submission, in pieces that the server takes.
async fn catch_up(
    agent: &Agent,
    influx: &Influx,
    watched: &mut Watched,
    mut news: News,
    limit: i64,
) -> Result<(), Trouble> {
    news.sort_unstable();
    if let Err(error) = watched.ask_what_is_known(&agent.client).await {
        return refused(watched, error);
    }
    for _ in 0..QUERIES {
        let Some(part) = next_part(watched, &news, limit) else { return Ok(()) };
        let found = influx.values(&part).await?;
        let (samples, tasks) = samples(watched, &part, found);
        if let Err(error) = upload::all(&agent.client, watched.submission, &samples).await {
            return refused(watched, error);
        }
        if tasks.is_empty() {
            // What InfluxDB has there can't be read; the other parts can.
            let is_in = |tags: &Tags| tags.job == part.job && tags.step == part.step;
            news.retain(|(tags, _)| !(is_in(tags) && part.hosts.contains(&tags.host)));
        }
        if let Some(known) = &mut watched.known {
            known.note(tasks);
        }
    }
    Ok(())
}

fn refused(watched: &mut Watched, error: jobbergate_client::Error) -> Result<(), Trouble> {
    if error.may_pass() {
        return Err(error.into());
    }
    let (submission, slurm_job_id) = (watched.submission, watched.slurm_job_id);
    tracing::warn!(submission, slurm_job_id, %error, "its metrics are no longer collected");
    watched.unwanted = true;
    Ok(())
}

/// Tasks of one step of which there is something new.
fn next_part(watched: &Watched, news: &News, limit: i64) -> Option<Part> {
    let known = watched.known.as_ref()?;
    let until = |tags: &Tags| {
        let task = watched.task(tags.job, &tags.host, tags.step, tags.task)?;
        Some(known.of(&task).until)
    };
    let mut fresh = news.iter().filter_map(|(tags, newest)| {
        let until = until(tags)?;
        (until < limit.min(*newest)).then_some((tags, until))
    });
    let (first, until) = fresh.next()?;
    let mut part = Part {
        job: first.job,
        step: first.step,
        hosts: vec![first.host.clone()],
        tasks: 1,
        from: until + 1,
        to: limit,
    };
    for (tags, until) in
        fresh.take_while(|(tags, _)| (tags.job, tags.step) == (first.job, first.step))
    {
        if part.hosts.last() != Some(&tags.host) {
            if part.tasks >= TASKS || part.hosts.len() >= HOSTS {
                break;
            }
            part.hosts.push(tags.host.clone());
        }
        part.tasks += 1;
        part.from = part.from.min(until + 1);
    }
    Some(part)
}

/// The samples in what was found, and what will be known when the server has them.
fn samples(
    watched: &Watched,
    part: &Part,
    found: BTreeMap<(String, i32), Gathered>,
) -> (Vec<MetricSample>, Vec<(Task, Known)>) {
    let (mut samples, mut tasks) = (Vec::new(), Vec::new());
    let Some(all_known) = &watched.known else { return (samples, tasks) };
    for ((host, task), gathered) in found {
        let Some(task) = watched.task(part.job, &host, part.step, task) else { continue };
        let mut known = all_known.of(&task);
        let before = known.until;
        samples.extend(gathered.samples(&task, &mut known, part.to));
        if known.until > before {
            tasks.push((task, known));
        }
    }
    samples.sort_by_key(|sample: &MetricSample| sample.time);
    (samples, tasks)
}
