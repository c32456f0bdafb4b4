//! Delivering what is in the outbox, one task for each channel.

use std::{any::Any, error::Error, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use chrono::TimeDelta;
use futures::{FutureExt, future::join_all};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, timeout},
};

use super::{
    channel::{Cause, Channel, Failure},
    outbox::{self, OutboxRow},
};
use crate::{app::App, db::Db};

/// How often the outbox is looked at when no commit wakes the worker: other replicas write too.
const POLL: Duration = Duration::from_secs(5);
/// How often the outboxes of organizations are looked at whose databases are closed.
const SWEEP: Duration = Duration::from_secs(300);
/// When the outbox is looked at again after another replica has taken what was due.
const TAKEN: Duration = Duration::from_secs(1);
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
    pub fn start(app: &Arc<App>) -> Self {
        let stop = watch::Sender::new(false);
        let mut couriers = JoinSet::new();
        for channel in &app.events.channels {
            let courier = Courier {
                app: Arc::clone(app),
                channel: Arc::clone(channel),
                written: app.events.written.subscribe(),
                stop: stop.subscribe(),
                sweep_due: Instant::now(),
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
struct Courier {
    app: Arc<App>,
    channel: Arc<Channel>,
    written: watch::Receiver<()>,
    stop: watch::Receiver<bool>,
    sweep_due: Instant,
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
        if self.sweep_due <= Instant::now() {
            self.sweep_due = Instant::now() + SWEEP;
            return self.sweep().await;
        }
        let mut pause = Ok(POLL);
        for tenant in self.app.tenants.opened() {
            pause = earlier(pause, self.deliver_due(&tenant.db).await);
        }
        pause
    }

    /// The same with the databases that are closed: a killed server may have left something there.
    async fn sweep(&self) -> Result<Duration, Cause> {
        let mut pause = Ok(POLL);
        let mut tenants = self.app.tenants.all().await?;
        while let Some(tenant) = tenants.next().await {
            pause = earlier(pause, self.deliver_due(&tenant.db).await);
        }
        pause
    }

    async fn deliver_due(&self, db: &Db) -> Result<Duration, Cause> {
        self.drop_expired(db).await?;
        while !*self.stop.borrow() {
            let next = outbox::next_due(&mut db.read().await?, self.channel.name()).await?;
            let Some(next) = next else { return Ok(POLL) };
            if let Ok(left) = (next - self.app.clock.now()).to_std()
                && !left.is_zero()
            {
                return Ok(left.min(POLL));
            }
            self.channel.connect().await?;
            let taken = self.claim(db).await?;
            if taken.is_empty() {
                return Ok(TAKEN);
            }
            self.deliver(db, taken).await?;
        }
        Ok(POLL)
    }

    async fn claim(&self, db: &Db) -> Result<Vec<OutboxRow>, Cause> {
        let (name, limit) = (self.channel.name(), self.channel.batch());
        let now = self.app.clock.now();
        let mut db = db.write().await?;
        let rows = outbox::claim(&mut db, name, limit, now, now + LEASE).await?;
        db.commit().await?;
        Ok(rows)
    }

    /// Delivers what was taken. If nothing could be, it is the other end that is at fault.
    async fn deliver(&self, db: &Db, taken: Vec<OutboxRow>) -> Result<(), Cause> {
        let attempts = taken.iter().map(|row| self.channel.deliver(row));
        let outcomes = join_all(attempts).await;
        let all_failed = outcomes.iter().all(|o| matches!(o, Err(Failure::ForNow(_))));
        let mut db = db.write().await?;
        for (row, outcome) in taken.iter().zip(outcomes) {
            let (channel, submission) = (self.channel.name(), row.job_submission_id);
            match outcome {
                Ok(()) => {
                    tracing::debug!(channel, submission, "delivered");
                    outbox::delete(&mut db, row.id).await?;
                }
                Err(Failure::ForNow(cause)) => {
                    let delay = delay(row.failures);
                    tracing::warn!(channel, submission, error = &*cause as &dyn Error, %delay, "not delivered; tried again");
                    outbox::postpone(&mut db, row.id, self.app.clock.now() + delay).await?;
                }
                Err(Failure::ForEver(cause)) => {
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
        if all_failed { Err("no delivery succeeded".into()) } else { Ok(()) }
    }

    async fn drop_expired(&self, db: &Db) -> Result<(), Cause> {
        let limit = self.app.clock.now() - MAX_AGE;
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
