//! Takes up the submissions that wait for this cluster.

mod outage;
mod share;
mod take_up;
mod taken_over;
mod waiting;
mod withdrawn;

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jobbergate_types::{job_submissions::PendingJobSubmission, list::Paging};
use tokio::{task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;

use waiting::Waiting;

use crate::{
    agent::Agent,
    backoff::Backoff,
    inherited::Inherited,
    journal::{Entry, Phase},
    reconcile::Absences,
    setback::Setback,
    slots::Slots,
};

/// How many submissions are taken up before the next look; it comes when half of them are done.
const BATCH: usize = 100;
/// How long after a look there is the next at the earliest, whatever is new.
const GAP: Duration = Duration::from_millis(50);
/// How often jobs are looked for whose `sbatch` had no clear outcome.
const RECONCILIATION: Duration = Duration::from_secs(1);

/// How many outcomes are reported at once.
const REPORTS: usize = 8;
/// Whom reports are counted for, which wait for nobody but the server.
const SERVER: &str = "";

/// Something is in the way of a submission.
struct Delay {
    until: Instant,
    backoff: Backoff,
    /// What its owner reads.
    reason: Option<String>,
}

struct Intake {
    agent: Arc<Agent>,
    tasks: JoinSet<(i64, Result<(), Setback>)>,
    /// Submissions that a task is busy with.
    busy: HashSet<i64>,
    /// Submissions that something is in the way of.
    delayed: HashMap<i64, Delay>,
    /// When the server was asked last what waits.
    asked_at: Option<Instant>,
    /// Whether nothing was waiting then.
    idle: bool,
    /// Whether there may be something new.
    news: bool,
    /// Whether more may wait than could be claimed.
    more: bool,
    /// What waited then, and this agent's claims of it.
    listed: HashMap<i64, Option<i64>>,
    /// How often the lease had been interrupted when the server was asked.
    interruptions: u64,
    /// The same, if the list is whole.
    listed_in: Option<u64>,
    /// When the server was asked last for what other agents may have by now.
    asked_for_others_at: Option<Instant>,
    /// When the server was asked last for what nobody wants any more, and what that was.
    asked_for_withdrawn_at: Option<Instant>,
    withdrawn: HashSet<i64>,
    absences: Absences,
    /// What another agent may have begun.
    inherited: Arc<Inherited>,
    absences_of_inherited: Absences,
    reconcile_at: Instant,
    /// When the submissions that wait for Slurm are counted next.
    count_at: Instant,
    /// Whether Slurm was away when they were counted last.
    in_outage: bool,
    slots: Arc<Slots>,
    reports: Arc<Slots>,
    waiting: Waiting,
    /// Whether Slurm has to be asked for its health before it is given more.
    doubtful: Arc<AtomicBool>,
}

/// Takes up submissions until `stop`; then finishes those that were begun.
pub async fn run(agent: Arc<Agent>, stop: CancellationToken) {
    let usual = agent.config.task_jobs_interval_seconds;
    let mut intake = Intake::new(agent);
    let mut backoff = Backoff::new(rand::random());
    while !stop.is_cancelled() {
        let next = Instant::now() + GAP;
        let looked = intake.look().await;
        // Where something is in the way, what is new waits as well.
        let awake = looked.is_ok() && !intake.doubtful.load(Ordering::Relaxed);
        let pause = match looked {
            Ok(()) => {
                backoff = Backoff::new(rand::random());
                usual
            }
            Err(error) => {
                tracing::warn!(%error, "new submissions cannot be taken up");
                backoff.pause().max(usual)
            }
        };
        intake.work_until(Instant::now() + pause, awake, &stop).await;
        tokio::time::sleep_until(next).await;
    }
    intake.agent.lease.set_room(0);
    while let Some(done) = intake.tasks.join_next().await {
        intake.finish(done);
    }
}

impl Intake {
    fn new(agent: Arc<Agent>) -> Self {
        // So many more as there may be `sbatch` at once have their files fetched and written.
        let at_once = 2 * usize::from(agent.config.sbatch_limit.sbatch_at_once_max);
        Self {
            agent,
            tasks: JoinSet::new(),
            busy: HashSet::new(),
            delayed: HashMap::new(),
            asked_at: None,
            idle: false,
            news: false,
            more: false,
            listed: HashMap::new(),
            interruptions: 0,
            listed_in: None,
            asked_for_others_at: None,
            asked_for_withdrawn_at: None,
            withdrawn: HashSet::new(),
            absences: Absences::default(),
            inherited: Arc::default(),
            absences_of_inherited: Absences::default(),
            reconcile_at: Instant::now(),
            count_at: Instant::now(),
            in_outage: false,
            slots: Arc::new(Slots::new(at_once)),
            reports: Arc::new(Slots::new(REPORTS)),
            waiting: Waiting::default(),
            doubtful: Arc::new(AtomicBool::new(false)),
        }
    }

    /// Looks once for what is to be done, and begins it.
    async fn look(&mut self) -> Result<(), Setback> {
        // What was in doubt first: it may be pending, too.
        let unsettled = self.agent.journal.unsettled().await?;
        let in_doubt = |entry: &&Entry| matches!(entry.phase, Phase::Attempted { .. });
        let in_doubt: HashSet<i64> = unsettled.iter().filter(in_doubt).map(|e| e.id).collect();
        self.settle_taken_over(&unsettled).await?;
        self.see_to_withdrawn(&unsettled).await;
        self.report_outcomes(&unsettled);
        self.settle_doubts(&unsettled).await;
        if !self.slurm_is_up().await {
            self.agent.lease.set_room(0);
            return self.count_outage(&in_doubt).await;
        }
        self.in_outage = false;
        self.make_room();
        if self.may_rest() {
            return Ok(());
        }
        if !self.claim().await? {
            return Ok(());
        }
        let rejected: HashSet<i64> = self.agent.journal.rejected().await?.into_iter().collect();
        let pending = self.pending(&in_doubt, BATCH).await?;
        self.renumber(&unsettled).await?;
        for pending in self.take_turns(pending) {
            // It was rejected and the server knows: its owner wants another try.
            if rejected.contains(&pending.id) {
                self.agent.journal.reopen(pending.id).await?;
            }
            self.begin(pending);
        }
        self.make_room();
        self.tell_reasons(&in_doubt).await;
        Ok(())
    }

    /// Whether there is nothing to ask for: nothing waited, and the server says what is new.
    fn may_rest(&mut self) -> bool {
        let recheck = self.agent.config.task_recheck_interval_seconds;
        let recent = self.asked_at.is_some_and(|asked_at| asked_at.elapsed() < recheck);
        self.news |= self.agent.wakes.take_pending();
        (self.idle || self.only_waits()) && recent && !self.news && self.agent.wakes.are_live()
    }

    /// What waits and may be begun, until there is enough. All pages are read if need be, so that
    /// those with something in the way keep nobody else waiting.
    async fn pending(
        &mut self,
        in_doubt: &HashSet<i64>,
        enough: usize,
    ) -> Result<Vec<PendingJobSubmission>, Setback> {
        (self.asked_at, self.idle) = (Some(Instant::now()), false);
        self.listed.clear();
        self.listed_in = None;
        self.waiting.clear();
        let mut free = Vec::new();
        let mut paging = Paging { page: 1, size: 100 };
        let agent = Arc::clone(&self.agent);
        let (instance, interruptions) = (agent.lease.lists(), agent.lease.interruptions());
        loop {
            let page = agent.client.pending_page(instance, &paging).await?;
            let empty = page.items.is_empty();
            self.idle = empty && paging.page == 1;
            self.listed.extend(page.items.iter().map(|item| (item.id, item.claim)));
            self.note_waiting(&page.items);
            free.extend(page.items.into_iter().filter(|item| self.may_begin(item, in_doubt)));
            let under_way = self.busy.len().saturating_sub(self.slots.count_slow());
            let enough = instance.is_none() && free.len() + under_way >= enough;
            let whole = empty || paging.page >= page.pages;
            if whole || enough {
                self.listed_in = whole.then_some(interruptions);
                return Ok(free);
            }
            paging.page += 1;
        }
    }

    fn may_begin(&self, pending: &PendingJobSubmission, in_doubt: &HashSet<i64>) -> bool {
        let free = self.is_free(pending.id) && !in_doubt.contains(&pending.id);
        free && !self.slots.is_full(&pending.owner_email)
    }

    fn is_free(&self, id: i64) -> bool {
        let delayed = self.delayed.get(&id).is_some_and(|delay| Instant::now() < delay.until);
        !delayed && !self.busy.contains(&id) && !self.inherited.is_sought(id)
    }

    fn begin(&mut self, pending: PendingJobSubmission) {
        if !self.busy.insert(pending.id) {
            return;
        }
        let (agent, slots) = (Arc::clone(&self.agent), Arc::clone(&self.slots));
        let (doubtful, inherited) = (Arc::clone(&self.doubtful), Arc::clone(&self.inherited));
        let reports = Arc::clone(&self.reports);
        agent.lease.take(pending.id, self.interruptions);
        self.tasks.spawn(async move {
            let work = agent.take_up(&pending, &doubtful, &inherited);
            let result = match slots.run(&pending.owner_email, work).await {
                // Others are submitted meanwhile.
                Some(Ok(phase)) => {
                    reports.run(SERVER, agent.report(pending.id, &phase, pending.claim)).await
                }
                result => result.map(|setback| setback.map(drop)),
            };
            (pending.id, result.unwrap_or(Ok(())))
        });
    }

    fn report_outcomes(&mut self, unsettled: &[Entry]) {
        for entry in unsettled {
            let known = matches!(entry.phase, Phase::Submitted { .. } | Phase::Rejected { .. });
            if !known || !self.is_free(entry.id) || !self.busy.insert(entry.id) {
                continue;
            }
            let (agent, reports) = (Arc::clone(&self.agent), Arc::clone(&self.reports));
            let entry = entry.clone();
            self.tasks.spawn(async move {
                let result =
                    reports.run(SERVER, agent.report(entry.id, &entry.phase, entry.claim)).await;
                (entry.id, result.unwrap_or(Ok(())))
            });
        }
    }

    async fn settle_doubts(&mut self, unsettled: &[Entry]) {
        if Instant::now() < self.reconcile_at {
            return;
        }
        let in_doubt = |entry: &&Entry| {
            matches!(entry.phase, Phase::Attempted { .. }) && !self.busy.contains(&entry.id)
        };
        let entries: Vec<Entry> = unsettled.iter().filter(in_doubt).cloned().collect();
        let result = self.agent.reconcile(&entries, &mut self.absences, rand::random()).await;
        if let Err(error) = result {
            tracing::warn!(%error, "cannot look for the jobs of {} submissions", entries.len());
        }
        let (inherited, absences) = (&self.inherited, &mut self.absences_of_inherited);
        let result = self.agent.look_for_inherited(inherited, absences, rand::random()).await;
        if let Err(error) = result {
            tracing::warn!(%error, "cannot look for other agents' jobs");
        }
        self.reconcile_at = Instant::now() + RECONCILIATION;
    }

    /// Waits until `end` or, if it is awake, until there is something new; after a full batch, when
    /// there may be more, until half of it is done.
    async fn work_until(&mut self, end: Instant, awake: bool, stop: &CancellationToken) {
        let full = self.tasks.len() >= BATCH;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep_until(end) => return,
                () = self.agent.wakes.pending(), if awake => return,
                Some(done) = self.tasks.join_next() => self.finish(done),
            }
            if full && self.tasks.len() <= BATCH / 2 || self.wants_more() {
                return;
            }
        }
    }

    fn finish(&mut self, done: Result<(i64, Result<(), Setback>), tokio::task::JoinError>) {
        let (id, result) = match done {
            Ok(done) => done,
            Err(error) => {
                tracing::error!(%error, "a submission broke down; it is looked at after a restart");
                return;
            }
        };
        self.busy.remove(&id);
        self.agent.lease.leave(id);
        match result {
            Ok(()) => {
                self.delayed.remove(&id);
            }
            Err(Setback::Limit(reason)) => {
                self.waiting.tried(id, Instant::now());
                tracing::info!(submission = id, reason, "waits for one of Slurm's limits");
            }
            Err(error) => {
                let backoff = Backoff::new(rand::random());
                let new = || Delay { until: Instant::now(), backoff, reason: None };
                let delay = self.delayed.entry(id).or_insert_with(new);
                let pause = delay.backoff.pause();
                delay.until = Instant::now() + pause;
                delay.reason = error.reason();
                tracing::warn!(submission = id, %error, pause = pause.as_secs(), "tried again later");
            }
        }
    }
}
