//! Why nobody answers.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use jobbergate_types::clusters::ClusterStatusView;

use crate::{
    db::Session,
    error::{Error, Result},
    resources::clusters,
};

/// What to say of an agent that did not take a request.
pub(super) async fn not_taken(
    db: &mut Session,
    cluster: &str,
    now: DateTime<Utc>,
) -> Result<Error> {
    let status = clusters::store::find(db, cluster).await?;
    let status = status.map(|row| row.view(now, &HashMap::new()));
    Ok(explain(cluster, status.as_ref()))
}

fn explain(cluster: &str, status: Option<&ClusterStatusView>) -> Error {
    let Some(status) = status else {
        return Error::NotReady(format!(
            "Nobody can read the output: the agent of cluster {cluster} has never reported to \
             this server. Ask the cluster's administrators whether it runs"
        ));
    };
    if !status.is_healthy {
        return Error::NotReady(format!(
            "Nobody can read the output now: the agent of cluster {cluster} is not connected, it \
             last reported at {}. Try again when it is back",
            status.last_reported
        ));
    }
    // Agents that can read output say when Slurm answered them.
    if status.slurm_answered_at.is_none() {
        return Error::NotImplemented(format!(
            "The agent of cluster {cluster} cannot read output: it is a Python agent, or an old \
             one. It takes an agent of this server's version, `jobbergate agent`; until then, \
             look at the job's files on the cluster"
        ));
    }
    Error::NotReady(format!(
        "The agent of cluster {cluster} did not take up the request in time: it was stopped since \
         it last reported at {}, has too much to read at once, or is older than this server. Try \
         again in a moment",
        status.last_reported
    ))
}

/// What to say of an agent that took a request and did not answer.
pub(super) fn late(cluster: &str) -> Error {
    Error::NoAnswer(format!(
        "The agent of cluster {cluster} did not answer in time: it was stopped, or cannot reach \
         this server. Try again in a moment"
    ))
}
