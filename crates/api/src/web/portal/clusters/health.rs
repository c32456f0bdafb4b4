//! Whether a cluster's agent reports, hears from Slurm and takes up what waits for it.

use chrono::{DateTime, TimeDelta, Utc};
use jobbergate_types::{Timestamp, clusters::ClusterStatusView};

use crate::web::portal::words::Moment;

/// How long it may take until Slurm answers, or an agent takes what waits for it.
const PATIENCE: TimeDelta = TimeDelta::minutes(5);

#[derive(Debug, Clone)]
pub(in crate::web::portal) struct Health {
    /// A class of the style sheet.
    pub(in crate::web::portal) look: &'static str,
    pub(in crate::web::portal) words: &'static str,
    pub(in crate::web::portal) reported: Moment,
    /// When Slurm answered last, if the agent says so.
    pub(in crate::web::portal) slurm_answered: Option<Moment>,
    /// Since when the oldest submission waits that no agent has claimed.
    pub(in crate::web::portal) waits: Option<Moment>,
}

impl Health {
    pub(in crate::web::portal) fn of(cluster: &ClusterStatusView, now: DateTime<Utc>) -> Self {
        let is_long = |since: Option<Timestamp>| since.is_some_and(|at| now - at.0 > PATIENCE);
        let (look, words) = match cluster.is_healthy {
            false => ("bad", "Agent does not report"),
            true if is_long(cluster.slurm_answered_at) => ("warn", "Slurm does not answer"),
            true if is_long(cluster.oldest_waiting_at) => ("warn", "Takes no jobs"),
            true => ("good", "Connected"),
        };
        let moment = |at: Timestamp| Moment::new(now, at.0);
        Self {
            look,
            words,
            reported: moment(cluster.last_reported),
            slurm_answered: cluster.slurm_answered_at.map(moment),
            waits: cluster.oldest_waiting_at.map(moment),
        }
    }
}
