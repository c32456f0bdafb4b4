//! Whether a cluster's agent reports, hears from Slurm and takes up what waits for it.

use chrono::{DateTime, TimeDelta, Utc};
use jobbergate_types::{Timestamp, clusters::ClusterStatusView};

use crate::{resources::clusters::overview::Cluster, web::portal::words::Moment};

/// How long it may take until Slurm answers, or an agent takes what waits for it.
const PATIENCE: TimeDelta = TimeDelta::minutes(5);

#[derive(Debug, Clone)]
pub(in crate::web::portal) struct Health {
    /// A class of the style sheet.
    pub(in crate::web::portal) look: &'static str,
    pub(in crate::web::portal) words: &'static str,
    /// Nothing if the agent never did.
    pub(in crate::web::portal) reported: Option<Moment>,
    /// When Slurm answered last, if the agent says so.
    pub(in crate::web::portal) slurm_answered: Option<Moment>,
    /// Why Slurm does not answer.
    pub(in crate::web::portal) slurm_problem: Option<String>,
    /// Since when the oldest submission waits that no agent has claimed.
    pub(in crate::web::portal) waits: Option<Moment>,
}

impl Health {
    pub(in crate::web::portal) fn of(cluster: &Cluster, now: DateTime<Utc>) -> Self {
        match &cluster.status {
            Some(status) => Self::reported(status, now),
            None => Self {
                look: "bad",
                words: "Agent has never reported",
                reported: None,
                slurm_answered: None,
                slurm_problem: None,
                waits: None,
            },
        }
    }

    fn reported(status: &ClusterStatusView, now: DateTime<Utc>) -> Self {
        let is_long = |since: Option<Timestamp>| since.is_some_and(|at| now - at.0 > PATIENCE);
        let is_silent = status.slurm_problem.is_some() || is_long(status.slurm_answered_at);
        let (look, words) = match status.is_healthy {
            false => ("bad", "Agent does not report"),
            true if is_silent => ("warn", "Slurm does not answer"),
            true if is_long(status.oldest_waiting_at) => ("warn", "Takes no jobs"),
            true => ("good", "Connected"),
        };
        let moment = |at: Timestamp| Moment::new(now, at.0);
        Self {
            look,
            words,
            reported: Some(moment(status.last_reported)),
            slurm_answered: status.slurm_answered_at.map(moment),
            slurm_problem: status.slurm_problem.clone(),
            waits: status.oldest_waiting_at.map(moment),
        }
    }
}
