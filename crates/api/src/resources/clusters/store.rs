//! The table of heartbeats.

use chrono::{DateTime, TimeDelta, Utc};
use jobbergate_types::{Page, clusters::ClusterStatusView, list::Paging};
use sqlx_macros::FromRow;

use crate::{args, db::Session};

/// A cluster's last heartbeat.
#[derive(Debug, FromRow)]
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

const COLUMNS: &str = r#"client_id, "interval", last_reported, created_at, updated_at"#;

/// Notes a heartbeat.
pub(super) async fn report(
    db: &mut Session,
    client_id: &str,
    interval: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = r#"INSERT INTO cluster_statuses
        (client_id, "interval", last_reported, created_at, updated_at) VALUES ($1, $2, $3, $3, $3)
        ON CONFLICT (client_id) DO UPDATE SET "interval" = excluded."interval",
        last_reported = excluded.last_reported, updated_at = excluded.updated_at"#;
    db.execute(sql, args![client_id, interval, now]).await.map(drop)
}

/// The last heartbeat of one cluster.
pub(super) async fn find(
    db: &mut Session,
    client_id: &str,
) -> sqlx::Result<Option<ClusterStatusRow>> {
    let sql = format!("SELECT {COLUMNS} FROM cluster_statuses WHERE client_id = $1");
    db.fetch_optional(&sql, args![client_id]).await
}

/// A page of all clusters, by client id.
pub(super) async fn page(
    db: &mut Session,
    paging: &Paging,
) -> sqlx::Result<Page<ClusterStatusRow>> {
    let (total,): (i64,) = db.fetch_one("SELECT count(*) FROM cluster_statuses", args![]).await?;
    let sql =
        format!("SELECT {COLUMNS} FROM cluster_statuses ORDER BY client_id LIMIT $1 OFFSET $2");
    let before = (paging.page - 1).saturating_mul(paging.size);
    let items = db.fetch_all(&sql, args![paging.size, before]).await?;
    Ok(Page::new(items, total, paging.page, paging.size))
}
