//! The submissions whose jobs' metrics are collected: those that are active, and for a while those
//! that ended.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use jobbergate_client::{Client, Error};
use jobbergate_types::{
    job_submissions::{ActiveJobSubmission, JobSubmissionListQuery},
    list::{ListQuery, Paging},
};

use super::task_series::{Known, Task};
use crate::slurm::{Member, Stage};

/// How long after a job's end is looked for what slurmd sent late.
pub const LATE: TimeDelta = TimeDelta::minutes(10);
/// The same while metrics cannot be collected.
const VERY_LATE: TimeDelta = TimeDelta::days(1);
/// How many that ended are remembered at most, and how many are taken up at the start.
const MOST_ENDED: usize = 10_000;
const LATEST: i64 = 100;
/// How far the clocks of servers and nodes may be apart.
const CLOCKS: TimeDelta = TimeDelta::minutes(10);
/// The tasks of a step of an array's task have numbers of their own from this times its number.
const ARRAY_STRIDE: i32 = 100_000;

/// A submission whose job's metrics are collected.
#[derive(Debug)]
pub struct Watched {
    pub submission: i64,
    pub slurm_job_id: i64,
    /// The jobs that it consists of; several for an array.
    parts: BTreeMap<i64, PartOfIt>,
    /// What the server has, once it was asked.
    pub known: Option<Samples>,
    is_pending: bool,
    ended_at: Option<DateTime<Utc>>,
    /// Whether the server refuses its metrics.
    pub unwanted: bool,
}

/// A job that a submission consists of.
#[derive(Debug, Clone, Copy, Default)]
struct PartOfIt {
    /// Which task of an array it is.
    task: Option<u32>,
    ended_at: Option<DateTime<Utc>>,
    /// Whether everything of it was collected, and there has been time for more to come.
    is_over: bool,
}

/// What the server has of a submission.
#[derive(Debug)]
pub struct Samples {
    /// Nothing before this second belongs to it: numbers of jobs are given away again.
    since: i64,
    tasks: HashMap<Task, Known>,
}

/// The number of the first task of a step of an array's task; none if there are too many.
pub fn array_place(number: Option<u32>) -> Option<i32> {
    match number {
        Some(number) => i32::try_from(number).ok()?.checked_mul(ARRAY_STRIDE),
        None => Some(0),
    }
}

impl Watched {
    fn new(submission: i64, slurm_job_id: i64) -> Self {
        Self {
            submission,
            slurm_job_id,
            parts: [(slurm_job_id, PartOfIt::default())].into(),
            known: None,
            is_pending: false,
            ended_at: None,
            unwanted: false,
        }
    }

    /// The numbers of jobs to ask for.
    pub fn jobs(&self) -> impl Iterator<Item = i64> {
        let wanted = !self.unwanted && !self.is_pending;
        let parts = self.parts.iter().filter(move |(_, part)| wanted && !part.is_over);
        parts.map(|(job, _)| *job)
    }

    /// What the server calls a task of one of the jobs; none if it has no number for it.
    pub fn task(&self, job: i64, host: &str, step: i32, task: i32) -> Option<Task> {
        let place = array_place(self.parts.get(&job)?.task)?;
        let task = (0..ARRAY_STRIDE).contains(&task).then(|| place.checked_add(task))??;
        Some(Task { host: host.to_owned(), step, task })
    }

    fn consists_of(&mut self, members: &[Member], now: DateTime<Utc>) {
        self.is_pending = members.iter().all(|member| member.stage == Stage::Pending);
        let running = |member: &Member| member.stage == Stage::Running;
        for member in members.iter().filter(|member| member.stage != Stage::Pending) {
            let part = self.parts.entry(member.job).or_default();
            part.task = member.task;
            if running(member) {
                *part = PartOfIt { task: member.task, ..PartOfIt::default() };
            }
        }
        let running: HashSet<i64> =
            members.iter().filter(|member| running(member)).map(|member| member.job).collect();
        let ended = self.parts.iter_mut().filter(|(job, _)| !running.contains(job));
        ended.for_each(|(_, part)| part.ended_at = part.ended_at.or(Some(now)));
    }

    /// Everything that there is was collected.
    fn collected(&mut self, now: DateTime<Utc>) {
        for part in self.parts.values_mut() {
            part.is_over |= part.ended_at.is_some_and(|at| now - at >= LATE);
        }
    }

    /// Asks the server what it has, unless that is known.
    pub async fn ask_what_is_known(&mut self, client: &Client) -> Result<&mut Samples, Error> {
        let known = match self.known.take() {
            Some(known) => known,
            None => Samples::ask(client, self.submission).await?,
        };
        Ok(self.known.insert(known))
    }
}

impl Samples {
    async fn ask(client: &Client, submission: i64) -> Result<Self, Error> {
        let created_at = client.submission(submission).await?.submission.created_at;
        let since = (created_at.0 - CLOCKS).timestamp();
        let max_times = client.metric_max_times(submission).await?.max_times;
        let task =
            |step: i64, task: i64| Some((i32::try_from(step).ok()?, i32::try_from(task).ok()?));
        let tasks = max_times.into_iter().filter_map(|entry| {
            let (step, task) = task(entry.step, entry.task)?;
            let task = Task { host: entry.node_host, step, task };
            Some((task, Known::until(entry.max_time)))
        });
        Ok(Self { since, tasks: tasks.collect() })
    }

    pub fn of(&self, task: &Task) -> Known {
        let before = || {
            // What a Python agent uploaded of an array's task bears the task's own number.
            let plain = Task { task: task.task % ARRAY_STRIDE, ..task.clone() };
            self.tasks.get(&plain).cloned()
        };
        let known = self.tasks.get(task).cloned().or_else(before);
        known.unwrap_or_else(|| Known::until(self.since - 1))
    }

    pub fn note(&mut self, tasks: impl IntoIterator<Item = (Task, Known)>) {
        self.tasks.extend(tasks);
    }
}

/// All submissions whose jobs' metrics are collected, by their numbers.
#[derive(Debug, Default)]
pub struct Watch {
    pub submissions: BTreeMap<i64, Watched>,
    knows_ended: bool,
}

impl Watch {
    /// Asks the server what is active.
    pub async fn refresh(
        &mut self,
        client: &Client,
        instance: Option<&str>,
        cluster: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let active = client.active(instance).await?;
        self.follow(active, now);
        if !self.knows_ended {
            match recently_ended(client, cluster, now).await {
                Err(error) if error.may_pass() && error.status().is_none() => return Err(error),
                Err(error) => tracing::debug!(%error, "no late metrics of what ended before"),
                Ok(ended) => self.submissions.extend(ended),
            }
            self.knows_ended = true;
        }
        Ok(())
    }

    fn follow(&mut self, active: Vec<ActiveJobSubmission>, now: DateTime<Utc>) {
        let mut seen = HashSet::new();
        for ActiveJobSubmission { id, slurm_job_id, .. } in active {
            let Some(job) = slurm_job_id else { continue };
            seen.insert(id);
            let watched = self.submissions.entry(id).or_insert_with(|| Watched::new(id, job));
            if watched.slurm_job_id != job {
                *watched = Watched::new(id, job);
            }
            watched.ended_at = None;
        }
        let gone = self.submissions.iter_mut().filter(|(id, _)| !seen.contains(id));
        gone.for_each(|(_, watched)| watched.ended_at = watched.ended_at.or(Some(now)));
    }

    /// Notes what Slurm says of which jobs they consist.
    pub fn consist_of(&mut self, members: &HashMap<i64, Vec<Member>>, now: DateTime<Utc>) {
        for watched in self.submissions.values_mut() {
            match members.get(&watched.slurm_job_id) {
                Some(members) => watched.consists_of(members, now),
                // Slurm has forgotten it: it has begun, and ended.
                None => watched.is_pending = false,
            }
        }
    }

    /// Lets go of what ended; `collected` if all was collected that there was.
    pub fn forget(&mut self, collected: bool, now: DateTime<Utc>) {
        let patience = if collected { LATE } else { VERY_LATE };
        if collected {
            self.submissions.values_mut().for_each(|watched| watched.collected(now));
        }
        self.submissions.retain(|_, watched| {
            watched.ended_at.is_none_or(|at| now - at < patience && !watched.unwanted)
        });
        let ended = self.submissions.values().filter_map(|w| Some((w.ended_at?, w.submission)));
        let mut ended: Vec<_> = ended.collect();
        ended.sort_unstable();
        for (_, submission) in ended.iter().take(ended.len().saturating_sub(MOST_ENDED)) {
            self.submissions.remove(submission);
        }
    }
}

/// What ended shortly before an agent started.
async fn recently_ended(
    client: &Client,
    cluster: &str,
    now: DateTime<Utc>,
) -> Result<Vec<(i64, Watched)>, Error> {
    let list = ListQuery {
        sort_field: Some("updated_at".to_owned()),
        sort_ascending: false,
        paging: Paging { page: 1, size: LATEST },
        ..ListQuery::default()
    };
    let query = JobSubmissionListQuery { list, ..JobSubmissionListQuery::default() };
    let latest = client.submissions(&query).await?.items.into_iter().map(|item| item.submission);
    let ended = latest.filter(|submission| {
        let age = now - submission.updated_at.0;
        let state = submission.slurm_job_state;
        submission.client_id == cluster
            && state.is_some_and(|state| state.is_terminal())
            && age < LATE
    });
    let watched = ended.filter_map(|submission| {
        let ended_at = Some(submission.updated_at.0);
        let watched = Watched::new(submission.id, submission.slurm_job_id?);
        Some((submission.id, Watched { ended_at, ..watched }))
    });
    Ok(watched.collect())
}

#[cfg(test)]
mod tests {
    use jobbergate_types::job_submissions::JobSubmissionStatus;

    use super::*;

    fn active(id: i64, job: i64) -> ActiveJobSubmission {
        let (name, status) = ("n".to_owned(), JobSubmissionStatus::Submitted);
        ActiveJobSubmission { id, name, status, slurm_job_id: Some(job), claim: None }
    }

    fn members(members: &[(i64, Option<u32>, Stage)]) -> Vec<Member> {
        members
            .iter()
            .map(|(job, task, stage)| Member { job: *job, task: *task, stage: *stage })
            .collect()
    }

    #[test]
    fn what_ended_is_watched_for_a_while_and_longer_while_nothing_can_be_collected() {
        let (mut watch, begin) = (Watch::default(), DateTime::from_timestamp(0, 0).unwrap());
        watch.follow(vec![active(1, 11), active(2, 12)], begin);
        watch.follow(vec![active(2, 12)], begin);
        watch.forget(true, begin + LATE / 2);
        assert_eq!(watch.submissions.len(), 2);
        watch.forget(false, begin + LATE);
        assert_eq!(watch.submissions.len(), 2);
        watch.forget(true, begin + LATE);
        assert_eq!(watch.submissions.keys().collect::<Vec<_>>(), [&2]);
        watch.follow(vec![], begin);
        watch.forget(false, begin + VERY_LATE);
        assert!(watch.submissions.is_empty());
    }

    #[test]
    fn an_array_has_all_its_tasks_and_none_takes_anothers_place() {
        let mut watched = Watched::new(1, 24);
        let (pending, begin) =
            ((24, None, Stage::Pending), DateTime::from_timestamp(0, 0).unwrap());
        watched.consists_of(&members(&[pending]), begin);
        assert_eq!(watched.jobs().count(), 0, "there is nothing to ask for");
        watched.consists_of(&members(&[pending, (25, Some(1), Stage::Running)]), begin);
        watched.consists_of(&members(&[(24, Some(2), Stage::Running)]), begin);
        assert_eq!(watched.jobs().collect::<Vec<_>>(), [24, 25]);
        watched.collected(begin + LATE / 2);
        assert_eq!(watched.jobs().count(), 2, "slurmd may send more");
        watched.collected(begin + LATE);
        assert_eq!(watched.jobs().collect::<Vec<_>>(), [24], "25 has ended");
        watched.consists_of(&members(&[(25, Some(1), Stage::Running)]), begin);
        assert_eq!(watched.jobs().count(), 2, "25 was queued again");
        let number = |job, task| watched.task(job, "n", -5, task).map(|task| task.task);
        assert_eq!(
            (number(25, 0), number(25, 3), number(24, 0)),
            (Some(100_000), Some(100_003), Some(200_000))
        );
        assert_eq!((number(26, 0), number(24, 100_000), number(24, -1)), (None, None, None));
        assert_eq!(Watched::new(2, 7).task(7, "n", 0, 3).map(|task| task.task), Some(3));
    }

    #[test]
    fn nothing_before_the_submission_belongs_to_it() {
        let task = |task| Task { host: "n".to_owned(), step: 0, task };
        let mut samples = Samples { since: 50, tasks: HashMap::new() };
        assert_eq!(samples.of(&task(1)).until, 49);
        samples.note([(task(1), Known::until(60))]);
        assert_eq!((samples.of(&task(1)).until, samples.of(&task(2)).until), (60, 49));
        assert_eq!(samples.of(&task(300_001)).until, 60, "by a Python agent");
    }
}
