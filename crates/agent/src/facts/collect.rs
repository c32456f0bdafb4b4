//! Asks Slurm for all that the server is told.

use std::collections::BTreeMap;

use jobbergate_types::{
    SlurmJobState,
    cluster_facts::{Accounting, ClusterFacts},
};

use crate::slurm::{Record, Settings, Slurm, SlurmError};

#[derive(Debug, Default)]
pub(super) struct Collector {
    /// What accounting said last, for when it does not answer.
    accounting: Option<Accounting>,
}

impl Collector {
    /// # Errors
    /// When the controller does not answer. Accounting may be missing.
    pub(super) async fn collect(
        &mut self,
        slurm: &Slurm,
        mark: u64,
    ) -> Result<ClusterFacts, SlurmError> {
        let settings = slurm.settings().await?;
        let mut facts = ClusterFacts {
            agent_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            slurm_version: settings.version.clone(),
            partitions: slurm.partitions().await?,
            jobs: by_state(slurm.squeue(mark).await?.records()),
            ..ClusterFacts::default()
        };
        if settings.keeps_private("nodes") {
            facts.remarks.push(private("nodes", "the nodes are left out"));
        } else {
            facts.nodes = slurm.nodes().await?;
        }
        facts.accounting = self.accounting(slurm, &settings, &mut facts.remarks).await;
        Ok(facts)
    }

    async fn accounting(
        &mut self,
        slurm: &Slurm,
        settings: &Settings,
        remarks: &mut Vec<String>,
    ) -> Option<Accounting> {
        if !settings.has_accounting {
            remarks.push(
                "There is no accounting database (slurmdbd) on this cluster, and so there are no \
                 accounts, qualities of service and associations."
                    .to_owned(),
            );
            return None;
        }
        let cluster = settings.cluster.as_deref().unwrap_or_default();
        match slurm.accounting(cluster).await {
            Ok(found) => self.accounting = Some(found),
            Err(error) => {
                tracing::warn!(%error, "accounting does not answer");
                remarks.push(
                    match self.accounting {
                        Some(_) => {
                            "The accounting database does not answer; what is shown of it is \
                                what it said last."
                        }
                        None => {
                            "The accounting database does not answer; accounts, qualities of \
                             service and associations are not known."
                        }
                    }
                    .to_owned(),
                );
            }
        }
        let mut shown = self.accounting.clone()?;
        if settings.keeps_private("accounts") {
            remarks.push(private("accounts", "accounts and associations are left out"));
            shown.accounts.clear();
            shown.associations.clear();
        } else if settings.keeps_private("users") {
            remarks.push(private("users", "associations are left out"));
            shown.associations.clear();
        }
        Some(shown)
    }
}

fn private(what: &str, left_out: &str) -> String {
    format!("Slurm keeps {what} private (PrivateData): {left_out}.")
}

/// How many jobs are in each state, each task of an array counted.
fn by_state(records: impl Iterator<Item = Record>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for record in records {
        let state = record.state.unwrap_or(SlurmJobState::Unknown);
        *counts.entry(state.as_str().to_owned()).or_default() += record.tasks.unwrap_or(1);
    }
    counts
}
