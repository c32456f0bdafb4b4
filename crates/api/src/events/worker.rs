//! Delivering what is in the outbox, one task for each channel.

use std::{
    any::Any,
    collections::{BTreeMap, BTreeSet},
    error::Error,
    panic::AssertUnwindSafe,
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use futures::{FutureExt, future::join_all};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, timeout},
};

use super::{
    Events,
    channel::Channel,
    failure::{Cause, Failure},
    outbox::{self, OutboxRow},
};
use crate::{
    clock::Clock,
    db::{Db, Session},
    tenant::{AllTenants, Tables, Tenant, Tenants, Unopened},
};

/// How often the outbox is looked at when no commit wakes the worker: other replicas write too.
const POLL: Duration = Duration::from_secs(5);
/// How often the outboxes of all organizations are looked at.
const SWEEP: Duration = Duration::from_secs(300);
/// When the outbox is looked at again after another replica has taken what was due.
const TAKEN: TimeDelta = TimeDelta::seconds(1);
/// When a database is tried again where something waits, but which can't be opened.
const UNOPENED: TimeDelta = TimeDelta::seconds(30);
/// How long nobody else delivers what a worker has taken: longer than a delivery takes.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// How long a delivery is tried.
const MAX_AGE: TimeDelta = TimeDelta::days(7);
/// The longest pause when the other end, or the database, does not answer.
const MAX_PAUSE: Duration = Duration::from_secs(30);
/// The longest time between two attempts to deliver the same.
const MAX_DELAY: TimeDelta = TimeDelta::minutes(15);
/// How long deliveries that are under way may take when the server stops.
const GRACE: Duration = Duration::from_secs(5);

/// Delivers what is in the outbox until it is stopped. What is under way when it is dropped stays
/// in the outbox.
#[derive(Debug)]
pub struct Worker {
    stop: watch::Sender<bool>,
    couriers: JoinSet<()>,
}

impl Worker {
    /// Starts delivering by all channels that are configured.
    pub fn start(events: &Arc<Events>, tenants: &Arc<Tenants>, clock: &Clock) -> Self {
        let stop = watch::Sender::new(false);
        let mut couriers = JoinSet::new();
        for channel in &events.channels {
            let courier = Courier {
                events: Arc::clone(events),
                tenants: Arc::clone(tenants),
                clock: clock.clone(),
                channel: Arc::clone(channel),
                written: events.written.subscribe(),
                stop: stop.subscribe(),
                sweep_due: Instant::now(),
                waiting: BTreeMap::new(),
            };
            couriers.spawn(courier.run());
        }
        Self { stop, couriers }
    }

    /// Finishes the deliveries that are under way, for 5 seconds at most; the rest stays in the
    /// outbox.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let finished = async { while self.couriers.join_next().await.is_some() {} };
        if timeout(GRACE, finished).await.is_err() {
            tracing::warn!("deliveries that are under way are left to the next start");
        }
    }
}

/// Delivers by one channel.
///
/// It remembers which organizations have something in their outboxes, rather than keeping their
/// databases open: those are for requests.
struct Courier {
    events: Arc<Events>,
    tenants: Arc<Tenants>,
    clock: Clock,
    channel: Arc<Channel>,
    written: watch::Receiver<()>,
    stop: watch::Receiver<bool>,
    sweep_due: Instant,
    waiting: BTreeMap<String, DateTime<Utc>>,
}

impl Courier {
    async fn run(mut self) {
        let mut failures = 0;
        loop {
            self.written.mark_unchanged();
            let round = AssertUnwindSafe(self.round()).catch_unwind().await;
            let pause = match round.unwrap_or_else(|panic| Err(words(panic.as_ref()).into())) {
                Ok(pause) => {
                    failures = 0;
                    pause
                }
                Err(error) => {
                    let pause = MAX_PAUSE.min(Duration::from_secs(1 << failures.min(10)));
                    failures += 1;
                    let channel = self.channel.name();
                    self.events.note_failure(channel, self.clock.now(), &error);
                    tracing::warn!(
                        channel,
                        error = &*error as &dyn Error,
                        ?pause,
                        "nothing can be delivered for now"
                    );
                    pause
                }
            };
            tokio::select! {
                _ = self.stop.wait_for(|stop| *stop) => return,
                Ok(()) = self.written.changed(), if failures == 0 => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Delivers to all organizations what is due; gives the time until something may be again.
    /// One whose database does not answer keeps no other waiting.
    async fn round(&mut self) -> Result<Duration, Cause> {
        self.note_written();
        if self.sweep_due <= Instant::now() {
            let all = self.tenants.all(Tables::Any).await?;
            self.sweep_due = Instant::now() + SWEEP;
            return self.visit_each(all).await;
        }
        let mut pause = Ok(POLL);
        for organization in self.open() {
            // One at a time is held: the others may have to make room for requests.
            if let Some(tenant) = self.tenants.if_open(organization.as_deref()) {
                pause = earlier(pause, self.visit(&tenant).await);
            }
        }
        earlier(pause, self.visit_waiting().await)
    }

    fn open(&self) -> Vec<Option<String>> {
        self.tenants.opened().into_iter().map(|tenant| tenant.organization).collect()
    }

    /// The database of whoever has written may be closed before it is looked at.
    fn note_written(&mut self) {
        let now = self.clock.now();
        for organization in self.events.take_written(self.channel.name()) {
            self.waiting.insert(organization, now);
        }
    }

    /// Visits organizations whose databases are closed while something is due there. An outage of
    /// the other end is found out before any is opened.
    async fn visit_waiting(&mut self) -> Result<Duration, Cause> {
        let (now, open) = (self.clock.now(), self.open());
        let is_open = |id: &String| open.iter().any(|other| other.as_ref() == Some(id));
        let due = self.waiting.iter().filter(|(id, due)| **due <= now && !is_open(id));
        let due: BTreeSet<_> = due.map(|(id, _)| id.clone()).collect();
        if due.is_empty() {
            return Ok(POLL);
        }
        self.channel.connect().await?;
        let mut tenants = self.tenants.all(Tables::Any).await?;
        self.waiting.retain(|id, _| tenants.contains(id));
        tenants.retain(&due);
        self.visit_each(tenants).await
    }

    /// Opens one database after the other.
    async fn visit_each(&mut self, mut tenants: AllTenants) -> Result<Duration, Cause> {
        let mut pause = Ok(POLL);
        while let Some(tenant) = tenants.next().await {
            match tenant {
                Ok(tenant) => pause = earlier(pause, self.visit(&tenant).await),
                Err(Unopened { organization, reason }) => {
                    tracing::warn!(organization, reason, "its outbox is not looked at for now");
                    if let Some(due) = self.waiting.get_mut(&organization) {
                        *due = self.clock.now() + UNOPENED;
                    }
                }
            }
        }
        pause
    }

    /// Delivers what is due, and remembers whether something is left.
    async fn visit(&mut self, tenant: &Tenant) -> Result<Duration, Cause> {
        let delivered = self.deliver_due(&tenant.db).await;
        let now = self.clock.now();
        let left = match &delivered {
            Ok(next) => *next,
            Err(_) => Some(now),
        };
        if let Some(organization) = &tenant.organization {
            match left {
                Some(due) => self.waiting.insert(organization.clone(), due),
                None => self.waiting.remove(organization),
            };
        }
        let pause = delivered?.and_then(|due| (due - now).to_std().ok());
        Ok(pause.map_or(POLL, |pause| pause.min(POLL)))
    }

    /// Delivers what is due; gives the time when the next is, if anything is left.
    async fn deliver_due(&self, db: &Db) -> Result<Option<DateTime<Utc>>, Cause> {
        self.drop_expired(db).await?;
        loop {
            let next = outbox::next_due(&mut db.read().await?, self.channel.name()).await?;
            let now = self.clock.now();
            if *self.stop.borrow() || next.is_none_or(|next| next > now) {
                return Ok(next);
            }
            self.channel.connect().await?;
            let taken = self.claim(db).await?;
            if taken.is_empty() {
                return Ok(Some(now + TAKEN));
            }
            self.deliver(db, taken).await?;
        }
    }

    async fn claim(&self, db: &Db) -> Result<Vec<OutboxRow>, Cause> {
        let (name, limit) = (self.channel.name(), self.channel.batch());
        let now = self.clock.now();
        let mut db = db.write().await?;
        let rows = outbox::claim(&mut db, name, limit, now, now + LEASE).await?;
        db.commit().await?;
        Ok(rows)
    }

    /// Delivers what was taken. Fails if the other end is gone: a refusal concerns one row only.
    async fn deliver(&self, db: &Db, taken: Vec<OutboxRow>) -> Result<(), Cause> {
        let attempts = taken.iter().map(|row| self.channel.deliver(row));
        let outcomes = join_all(attempts).await;
        let answers = outcomes.iter().any(Result::is_ok);
        if answers {
            self.events.note_delivery(self.channel.name());
        }
        let mut gone = None;
        let mut db = db.write().await?;
        for (row, outcome) in taken.iter().zip(outcomes) {
            let (channel, submission) = (self.channel.name(), row.job_submission_id);
            match outcome {
                Ok(()) => {
                    tracing::debug!(channel, submission, "delivered");
                    outbox::delete(&mut db, row.id).await?;
                }
                Err(Failure::Refused(cause)) => self.postpone(&mut db, row, &cause).await?,
                Err(Failure::Unreachable(cause)) => {
                    self.postpone(&mut db, row, &cause).await?;
                    gone = Some(cause);
                }
                Err(Failure::ForEver(cause)) => {
                    self.events.note_failure(channel, self.clock.now(), &cause);
                    tracing::error!(
                        channel,
                        submission,
                        error = &*cause as &dyn Error,
                        "can't be delivered; dropped"
                    );
                    outbox::delete(&mut db, row.id).await?;
                }
            }
        }
        db.commit().await?;
        gone.filter(|_| !answers).map_or(Ok(()), Err)
    }

    async fn postpone(&self, db: &mut Session, row: &OutboxRow, cause: &Cause) -> sqlx::Result<()> {
        let (channel, submission) = (self.channel.name(), row.job_submission_id);
        let delay = delay(row.failures);
        self.events.note_failure(channel, self.clock.now(), cause);
        tracing::warn!(channel, submission, error = &**cause as &dyn Error, %delay, "not delivered; tried again");
        outbox::postpone(db, row.id, self.clock.now() + delay).await
    }

    async fn drop_expired(&self, db: &Db) -> Result<(), Cause> {
        let limit = self.clock.now() - MAX_AGE;
        let oldest = outbox::oldest(&mut db.read().await?).await?;
        if oldest.is_none_or(|oldest| oldest >= limit) {
            return Ok(());
        }
        let mut db = db.write().await?;
        let dropped = outbox::delete_older(&mut db, limit).await?;
        db.commit().await?;
        for row in dropped {
            let (channel, submission) = (row.channel, row.job_submission_id);
            tracing::error!(channel, submission, failures = row.failures, since = %row.created_at, "not delivered within 7 days; dropped");
        }
        Ok(())
    }
}

/// The time until something may be due, or what keeps one from being delivered.
fn earlier(
    one: Result<Duration, Cause>,
    other: Result<Duration, Cause>,
) -> Result<Duration, Cause> {
    Ok(one?.min(other?))
}

/// How long to wait after a failure that had `before` others before it.
fn delay(before: i32) -> TimeDelta {
    let exponent = before.clamp(0, 20);
    MAX_DELAY.min(TimeDelta::seconds(1 << exponent))
}

fn words(panic: &(dyn Any + Send)) -> String {
    let words = panic.downcast_ref::<String>().map(String::as_str);
    let words = words.or_else(|| panic.downcast_ref::<&str>().copied());
    format!("panicked: {}", words.unwrap_or("without words"))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::delay;

    #[test]
    fn attempts_become_rarer_but_never_rarer_than_every_quarter_of_an_hour() {
        let delays = [0, 1, 2, 9, 10, 1000, i32::MAX].map(|before| delay(before).num_seconds());
        assert_eq!(delays, [1, 2, 4, 512, 900, 900, 900]);
        assert!(delay(-1) >= TimeDelta::seconds(1));
    }
}
