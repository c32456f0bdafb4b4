//! The table of heartbeats.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use jobbergate_types::{
    Page,
    clusters::{ClusterStatusReport, ClusterStatusView},
    list::Paging,
};
use sea_query::{Condition, Expr, ExprTrait};
use sqlx_macros::FromRow;
use struct_field_names_as_array::FieldNamesAsSlice;

use crate::{
    args,
    db::Session,
    query::{Lock, Ordering, Table},
};

const CLUSTERS: Table = Table { name: "cluster_statuses", key: &["client_id"] };

#[derive(Debug, FromRow, FieldNamesAsSlice)]
pub(crate) struct ClusterStatusRow {
    client_id: String,
    interval: i32,
    last_reported: DateTime<Utc>,
    slurm_answered_at: Option<DateTime<Utc>>,
    slurm_problem: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl ClusterStatusRow {
    /// The heartbeat as it looks at `now`; `waiting` is since when something waits for each agent.
    pub(crate) fn view(
        self,
        now: DateTime<Utc>,
        waiting: &HashMap<String, DateTime<Utc>>,
    ) -> ClusterStatusView {
        let due = self.last_reported + TimeDelta::seconds(i64::from(self.interval));
        let is_healthy = now <= due;
        ClusterStatusView {
            oldest_waiting_at: waiting.get(&self.client_id).copied().map(Into::into),
            slurm_answered_at: self.slurm_answered_at.map(Into::into),
            // What an agent said that is away is not known to be so any more.
            slurm_problem: self.slurm_problem.filter(|_| is_healthy),
            client_id: self.client_id,
            created_at: self.created_at.into(),
            updated_at: self.updated_at.into(),
            last_reported: self.last_reported.into(),
            interval: self.interval.into(),
            is_healthy,
        }
    }
}

/// Notes a heartbeat. PostgreSQL does not wait until the disk has it: a crash may take the last half
/// second of what is said again within a minute.
pub(super) async fn report(
    db: &mut Session,
    client_id: &str,
    report: &ClusterStatusReport,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let unhurried = match db.is_sqlite() {
        true => "",
        false => " RETURNING set_config('synchronous_commit', 'off', true)",
    };
    let sql = format!(
        "INSERT INTO cluster_statuses (client_id, \"interval\", last_reported, slurm_answered_at, \
         slurm_problem, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $3, $3) \
         ON CONFLICT (client_id) DO UPDATE SET \"interval\" = excluded.\"interval\", \
         last_reported = excluded.last_reported, slurm_answered_at = excluded.slurm_answered_at, \
         slurm_problem = excluded.slurm_problem, updated_at = excluded.updated_at{unhurried}"
    );
    let answered = report.slurm_silent_seconds.and_then(TimeDelta::try_seconds);
    let answered = answered.map(|ago| now - ago);
    let problem = report.slurm_problem.as_deref();
    db.execute(&sql, args![client_id, report.interval, now, answered, problem]).await.map(drop)
}

/// When a cluster's agent reported last, if it ever did.
pub(crate) async fn find(
    db: &mut Session,
    client_id: &str,
) -> sqlx::Result<Option<ClusterStatusRow>> {
    CLUSTERS.find(db, Expr::col("client_id").eq(client_id), Lock::None).await
}

/// All clusters, by client id.
pub(crate) async fn all(db: &mut Session) -> sqlx::Result<Vec<ClusterStatusRow>> {
    CLUSTERS.rows(db, Condition::all()).await
}

/// The client ids of all clusters that ever reported.
pub(crate) async fn client_ids(db: &mut Session) -> sqlx::Result<Vec<String>> {
    Ok(all(db).await?.into_iter().map(|row| row.client_id).collect())
}

/// A page of all clusters, by client id.
pub(super) async fn page(
    db: &mut Session,
    paging: &Paging,
) -> sqlx::Result<Page<ClusterStatusRow>> {
    let order = Ordering { column: "client_id", ascending: true };
    CLUSTERS.page(db, Condition::all(), order, paging).await
}
