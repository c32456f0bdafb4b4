//! The table of what is still to be told.

use chrono::{DateTime, Utc};
use sea_query::Value as Argument;
use serde_json::Value;
use sqlx::types::Json;
use sqlx_macros::FromRow;

use crate::{
    args,
    db::{Session, arguments::Arguments, placeholders},
};

const COLUMNS: &str = "id, job_submission_id, content, failures, created_at";

/// Whether nothing older of the same submission waits for the same channel.
const IS_NEXT: &str = "NOT EXISTS (SELECT 1 FROM outbox AS older \
                       WHERE older.job_submission_id = this.job_submission_id \
                       AND older.channel = this.channel AND older.id < this.id)";

#[derive(Debug, FromRow)]
pub(super) struct OutboxRow {
    pub(super) id: i64,
    pub(super) job_submission_id: i32,
    pub(super) content: Json<Value>,
    pub(super) failures: i32,
    pub(super) created_at: DateTime<Utc>,
}

impl OutboxRow {
    /// By this the receiver knows what it was told before.
    pub(super) fn message_id(&self) -> String {
        let (submission, instant) = (self.job_submission_id, self.created_at.timestamp_micros());
        format!("{submission}.{instant}.{}", self.id)
    }
}

#[derive(Debug, FromRow)]
struct Instant {
    instant: DateTime<Utc>,
}

/// What waits for one channel.
#[derive(Debug, FromRow)]
pub(super) struct BacklogRow {
    pub(super) channel: String,
    pub(super) waiting: i64,
    pub(super) oldest: DateTime<Utc>,
    /// How often the delivery of one of them has failed at most.
    pub(super) failures: i32,
}

/// Something that was never told.
#[derive(Debug, FromRow)]
pub(super) struct ExpiredRow {
    pub(super) channel: String,
    pub(super) job_submission_id: i32,
    pub(super) failures: i32,
    pub(super) created_at: DateTime<Utc>,
}

/// Keeps something until it is told.
pub(super) async fn insert(
    db: &mut Session,
    channel: &str,
    job_submission_id: i32,
    content: Value,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO outbox \
               (channel, job_submission_id, content, failures, due_at, created_at) \
               VALUES ($1, $2, $3, 0, $4, $4)";
    db.execute(sql, args![channel, job_submission_id, content, now]).await.map(drop)
}

/// When the next delivery by a channel is due, if anything waits for it.
pub(super) async fn next_due(
    db: &mut Session,
    channel: &str,
) -> sqlx::Result<Option<DateTime<Utc>>> {
    let sql = format!(
        "SELECT due_at AS instant FROM outbox AS this WHERE channel = $1 AND {IS_NEXT} \
         ORDER BY due_at LIMIT 1"
    );
    let next: Option<Instant> = db.fetch_optional(&sql, args![channel]).await?;
    Ok(next.map(|next| next.instant))
}

/// When the oldest row was written, if there is any.
pub(super) async fn oldest(db: &mut Session) -> sqlx::Result<Option<DateTime<Utc>>> {
    let sql = "SELECT created_at AS instant FROM outbox ORDER BY id LIMIT 1";
    let oldest: Option<Instant> = db.fetch_optional(sql, args![]).await?;
    Ok(oldest.map(|oldest| oldest.instant))
}

/// What waits, by channel.
pub(super) async fn backlog(db: &mut Session) -> sqlx::Result<Vec<BacklogRow>> {
    let sql = "SELECT channel, count(*) AS waiting, min(created_at) AS oldest, \
               max(failures) AS failures FROM outbox GROUP BY channel ORDER BY channel";
    db.fetch_all(sql, args![]).await
}

/// Has deliveries that failed be due at once, but for those that are due before `soon` in any case:
/// one of them may be under way. How many.
pub(super) async fn hasten(
    db: &mut Session,
    channel: &str,
    now: DateTime<Utc>,
    soon: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let sql = "UPDATE outbox SET due_at = $2 WHERE channel = $1 AND failures > 0 AND due_at > $3";
    db.execute(sql, args![channel, now, soon]).await
}

/// Forgets all that waits for a channel; how much.
pub(super) async fn delete_all(db: &mut Session, channel: &str) -> sqlx::Result<u64> {
    db.execute("DELETE FROM outbox WHERE channel = $1", args![channel]).await
}

/// Takes some of what is due, in a transaction. Nobody else gets it before `until`: if whoever
/// took it is gone by then, the next one delivers it.
pub(super) async fn claim(
    db: &mut Session,
    channel: &str,
    limit: usize,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> sqlx::Result<Vec<OutboxRow>> {
    let skip = if db.is_sqlite() { "" } else { " FOR UPDATE OF this SKIP LOCKED" };
    let sql = format!(
        "SELECT {COLUMNS} FROM outbox AS this WHERE channel = $1 AND due_at <= $2 AND {IS_NEXT} \
         ORDER BY due_at, id LIMIT {limit}{skip}"
    );
    let rows: Vec<OutboxRow> = db.fetch_all(&sql, args![channel, now]).await?;
    if !rows.is_empty() {
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let last = ids.len() + 1;
        let sql =
            format!("UPDATE outbox SET due_at = ${last} WHERE id IN ({})", placeholders(ids.len()));
        let ids = ids.into_iter().map(Argument::from);
        db.execute(&sql, Arguments(ids.chain([until.into()]).collect())).await?;
    }
    Ok(rows)
}

/// Forgets what has been told, or can't be.
pub(super) async fn delete(db: &mut Session, id: i64) -> sqlx::Result<()> {
    db.execute("DELETE FROM outbox WHERE id = $1", args![id]).await.map(drop)
}

/// Notes a failed delivery, which is tried again at `due`.
pub(super) async fn postpone(db: &mut Session, id: i64, due: DateTime<Utc>) -> sqlx::Result<()> {
    let sql = "UPDATE outbox SET due_at = $2, failures = failures + 1 WHERE id = $1";
    db.execute(sql, args![id, due]).await.map(drop)
}

/// Forgets what was written before `limit`, whatever the channel.
pub(super) async fn delete_older(
    db: &mut Session,
    limit: DateTime<Utc>,
) -> sqlx::Result<Vec<ExpiredRow>> {
    let sql = "DELETE FROM outbox WHERE created_at < $1 \
               RETURNING channel, job_submission_id, failures, created_at";
    db.fetch_all(sql, args![limit]).await
}
