//! Which organizations were served.

use chrono::{DateTime, Utc};

use crate::{args, db::Session};

pub(super) async fn insert_organization(
    db: &mut Session,
    id: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO organizations (id, created_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    db.execute(sql, args![id, now]).await.map(drop)
}

pub(super) async fn organizations(db: &mut Session) -> sqlx::Result<Vec<String>> {
    let rows: Vec<(String,)> =
        db.fetch_all("SELECT id FROM organizations ORDER BY id", args![]).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Forgets an organization; false if it was not known.
pub(super) async fn delete_organization(db: &mut Session, id: &str) -> sqlx::Result<bool> {
    Ok(db.execute("DELETE FROM organizations WHERE id = $1", args![id]).await? == 1)
}
