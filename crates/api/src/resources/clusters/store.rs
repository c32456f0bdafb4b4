//! The table of heartbeats.

use chrono::{DateTime, TimeDelta, Utc};
use jobbergate_types::{Page, clusters::ClusterStatusView, list::Paging};
use sea_query::{Condition, Expr, ExprTrait};
use sqlx_macros::FromRow;
use struct_field_names_as_array::FieldNamesAsSlice;

use crate::{
    db::Session,
    query::{Assignments, Lock, Ordering, Table},
};

const CLUSTERS: Table = Table { name: "cluster_statuses", key: &["client_id"] };

#[derive(Debug, FromRow, FieldNamesAsSlice)]
pub(super) struct ClusterStatusRow {
    client_id: String,
    interval: i32,
    last_reported: DateTime<Utc>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl ClusterStatusRow {
    /// The heartbeat as it looks at `now`.
    pub(super) fn view(self, now: DateTime<Utc>) -> ClusterStatusView {
        let due = self.last_reported + TimeDelta::seconds(i64::from(self.interval));
        ClusterStatusView {
            client_id: self.client_id,
            created_at: self.created_at.into(),
            updated_at: self.updated_at.into(),
            last_reported: self.last_reported.into(),
            interval: self.interval.into(),
            is_healthy: now <= due,
        }
    }
}

pub(super) async fn report(
    db: &mut Session,
    client_id: &str,
    interval: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<ClusterStatusRow> {
    let row = Assignments::created(now)
        .set("client_id", client_id)
        .set("interval", interval)
        .set("last_reported", now);
    CLUSTERS.upsert(db, row).await
}

pub(super) async fn find(
    db: &mut Session,
    client_id: &str,
) -> sqlx::Result<Option<ClusterStatusRow>> {
    CLUSTERS.find(db, Expr::col("client_id").eq(client_id), Lock::None).await
}

/// A page of all clusters, by client id.
pub(super) async fn page(
    db: &mut Session,
    paging: &Paging,
) -> sqlx::Result<Page<ClusterStatusRow>> {
    let order = Ordering { column: "client_id", ascending: true };
    CLUSTERS.page(db, Condition::all(), order, paging).await
}
