//! Claims submissions at the server, and keeps them.

use std::{collections::HashSet, sync::Arc, time::Duration};

use jobbergate_client::Error;
use jobbergate_types::claims::{Claims, ClaimsRequest};
use tokio_util::sync::CancellationToken;

use crate::{agent::Agent, boot_clock, journal::Phase, lease::Standing, setback::Setback};

/// How often the lease is renewed, which lasts four times as long.
const RENEWAL: Duration = Duration::from_secs(5);
/// How soon it is renewed again after that did not work, or because something was cancelled.
const RETRY: Duration = Duration::from_secs(1);
/// How soon it is looked again whether a server without claims was replaced.
const OLD_SERVER: Duration = Duration::from_mins(1);
/// How long the server may take: there is time for others before the lease ends.
const DEADLINE: Duration = Duration::from_secs(4);

/// Renews the lease until `end`, and claims what there is room for, also of what others left.
pub async fn run(agent: Arc<Agent>, end: CancellationToken) {
    let mut held = false;
    loop {
        let asked_at = boot_clock::now();
        let (pause, trouble) = match tokio::time::timeout(DEADLINE, agent.claim()).await {
            Ok(Ok(Some(claims))) => {
                if claims.claimed > 0 {
                    agent.wakes.note_claimed();
                }
                (RENEWAL.saturating_sub(boot_clock::now().saturating_sub(asked_at)), None)
            }
            Ok(Ok(None)) => (OLD_SERVER.mul_f64(rand::random_range(0.5..1.0)), None),
            Ok(Err(error)) => (RETRY, Some(error.to_string())),
            Err(_) => (RETRY, Some("the server does not answer".to_owned())),
        };
        held = say(&agent, held, trouble.as_deref());
        // The answer says whether it has to be found out if there is a job of what was cancelled.
        let withdrawn = async {
            agent.wakes.withdrawn().await;
            let asked = boot_clock::now().saturating_sub(asked_at);
            tokio::time::sleep(RETRY.saturating_sub(asked)).await;
        };
        tokio::select! {
            () = end.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
            () = withdrawn => {}
        }
    }
}

/// Says once that the lease is there, and that it is not.
fn say(agent: &Agent, held: bool, trouble: Option<&str>) -> bool {
    let holds = agent.lease.holds(boot_clock::now());
    match (held, holds, trouble) {
        (false, true, _) if agent.lease.standing() == Standing::Unshared => {
            tracing::debug!("the server knows no claims: no other agent may work for this cluster");
        }
        (false, true, _) => tracing::info!(instance = agent.lease.instance, "lease begins"),
        (true, false, trouble) => {
            tracing::warn!(trouble, "lease lost: nothing is submitted until the server renews it");
        }
        (_, _, Some(trouble)) => tracing::debug!(trouble, "the lease is not renewed"),
        _ => {}
    }
    holds
}

impl Agent {
    /// Renews the lease, and claims what there is room for; nothing if the server knows no claims.
    ///
    /// # Errors
    /// When the server does not answer; the lease goes on as long as it does.
    pub async fn claim(&self) -> Result<Option<Claims>, Error> {
        let _turn = self.lease.turn.lock().await;
        let (instance, new) = (self.lease.instance.clone(), self.lease.take_room());
        let asked_at = boot_clock::now();
        match self.client.claim(&ClaimsRequest { instance, new }, DEADLINE).await {
            Ok(claims) => {
                if self.lease.renewed(&claims, asked_at, boot_clock::now()) {
                    tracing::warn!("the lease was over: all that was claimed is looked at anew");
                }
                if claims.active > 0 {
                    tracing::info!(
                        jobs = claims.active,
                        "follows jobs that no other agent follows"
                    );
                    self.wakes.note_taken_over();
                }
                Ok(Some(claims))
            }
            Err(error) if self.is_without_claims(&error).await => {
                self.lease.is_not_needed();
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether the server is one that knows no claims: then all that is offered is taken, so it has to be
    /// sure. One that granted the lease does know them, whatever answers in its place for a moment.
    /// A proxy may stand before one that does not, or say so because no server is there.
    async fn is_without_claims(&self, error: &Error) -> bool {
        let granted = matches!(self.lease.standing(), Standing::Until(_))
            && self.lease.holds(boot_clock::now());
        if !error.is_unknown_route() || granted {
            return false;
        }
        !error.is_foreign() || self.client.active(Some(&self.lease.instance)).await.is_ok()
    }

    /// Hands back what this agent has claimed, so that others need not wait for the end of its
    /// lease. Not while Slurm may get a job of it: that is as long as the lease lasts.
    pub async fn hand_back(&self) -> Result<(), Setback> {
        if !matches!(self.lease.standing(), Standing::Until(_)) {
            return Ok(());
        }
        let uncertain = self.count_uncertain().await?;
        if uncertain > 0 {
            tracing::info!(
                uncertain,
                "not handed back: Slurm may get jobs of some submissions yet"
            );
            return Ok(());
        }
        self.client.hand_back(&self.lease.instance, DEADLINE).await?;
        tracing::info!("handed back what is left");
        Ok(())
    }

    /// How many of the submissions that this agent holds may have a job that is not known.
    async fn count_uncertain(&self) -> Result<usize, Setback> {
        let mut unsettled = self.journal.unsettled().await?;
        unsettled.retain(|entry| matches!(entry.phase, Phase::Attempted { .. }));
        if unsettled.is_empty() {
            return Ok(0);
        }
        let held = tokio::time::timeout(DEADLINE, self.client.pending(self.lease.lists())).await;
        let held =
            held.map_err(|_| Setback::Trouble("the server does not answer".to_owned()))??;
        let mut held: HashSet<i64> = held.into_iter().map(|pending| pending.id).collect();
        if self.lease.withdrawn() > 0 {
            let withdrawn = self.client.withdrawn(&self.lease.instance).await?;
            held.extend(withdrawn.into_iter().map(|withdrawn| withdrawn.id));
        }
        Ok(unsettled.iter().filter(|entry| held.contains(&entry.id)).count())
    }
}
