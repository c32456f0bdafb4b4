//! The table of what people ask agents for, and wait for. A row is there until the answer is
//! delivered, for a minute at most.

use chrono::{DateTime, Utc};
use sea_query::Value as Argument;
use serde_json::Value;
use sqlx::types::Json;
use sqlx_macros::FromRow;

use crate::{
    args,
    db::{Session, arguments::Arguments, placeholders},
};

#[derive(Debug)]
pub(crate) struct NewRequest<'a> {
    pub(crate) id: &'a str,
    /// The cluster whose agent is asked.
    pub(crate) client_id: &'a str,
    pub(crate) request: Value,
    pub(crate) expires_at: DateTime<Utc>,
}

#[derive(Debug, FromRow)]
pub(crate) struct RequestRow {
    pub(crate) id: String,
    pub(crate) request: Json<Value>,
}

/// One that somebody has to do something about: the agent if there is no answer, else the person.
#[derive(Debug, FromRow)]
pub(super) struct OpenRow {
    pub(super) id: String,
    pub(super) client_id: String,
    pub(super) answered: bool,
}

#[derive(Debug, FromRow)]
pub(crate) struct AnswerRow {
    pub(crate) answer: Json<Value>,
    pub(crate) content: Option<Vec<u8>>,
}

#[derive(Debug, FromRow)]
struct Count {
    count: i64,
}

/// Forgets what nobody waits for any more: their servers were killed.
async fn forget(db: &mut Session, now: DateTime<Utc>) -> sqlx::Result<()> {
    let sql = "DELETE FROM agent_requests WHERE expires_at < $1";
    db.execute(sql, args![now]).await.map(drop)
}

/// Asks.
pub(crate) async fn insert(
    db: &mut Session,
    new: NewRequest<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    forget(db, now).await?;
    let sql = "INSERT INTO agent_requests (id, client_id, request, created_at, expires_at) \
               VALUES ($1, $2, $3, $4, $5)";
    let NewRequest { id, client_id, request, expires_at } = new;
    db.execute(sql, args![id, client_id, request, now, expires_at]).await.map(drop)
}

/// How many wait for a cluster's agent or its answers.
pub(crate) async fn count(
    db: &mut Session,
    client_id: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<i64> {
    let sql = "SELECT COUNT(*) AS count FROM agent_requests \
               WHERE client_id = $1 AND expires_at >= $2";
    Ok(db.fetch_one::<Count>(sql, args![client_id, now]).await?.count)
}

/// Whether there is something to take for a cluster's agent.
pub(crate) async fn is_asked(db: &mut Session, client_id: &str) -> sqlx::Result<bool> {
    let sql = "SELECT COUNT(*) AS count FROM agent_requests \
               WHERE client_id = $1 AND taken_at IS NULL";
    Ok(db.fetch_one::<Count>(sql, args![client_id]).await?.count > 0)
}

/// What somebody has to do something about.
pub(super) async fn open(db: &mut Session) -> sqlx::Result<Vec<OpenRow>> {
    let sql = "SELECT id, client_id, answer IS NOT NULL AS answered FROM agent_requests \
               WHERE taken_at IS NULL OR answer IS NOT NULL";
    db.fetch_all(sql, args![]).await
}

/// Gives some of a cluster's requests to its agent, in a transaction; no other has them then.
pub(crate) async fn take(
    db: &mut Session,
    client_id: &str,
    most: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<RequestRow>> {
    // Whoever waits for requests would be told of them for ever.
    forget(db, now).await?;
    let skip = if db.is_sqlite() { "" } else { " FOR UPDATE SKIP LOCKED" };
    let sql = format!(
        "SELECT id, request FROM agent_requests WHERE client_id = $1 AND taken_at IS NULL \
         AND expires_at >= $2 ORDER BY created_at, id LIMIT {most}{skip}"
    );
    let rows: Vec<RequestRow> = db.fetch_all(&sql, args![client_id, now]).await?;
    if !rows.is_empty() {
        let last = rows.len() + 1;
        let ids = placeholders(rows.len());
        let sql = format!("UPDATE agent_requests SET taken_at = ${last} WHERE id IN ({ids})");
        let ids = rows.iter().map(|row| Argument::from(row.id.clone()));
        db.execute(&sql, Arguments(ids.chain([now.into()]).collect())).await?;
    }
    Ok(rows)
}

/// Keeps an agent's answer for whoever waits for it; false if nobody does any more.
pub(crate) async fn answer(
    db: &mut Session,
    id: &str,
    client_id: &str,
    answer: Value,
    content: Vec<u8>,
) -> sqlx::Result<bool> {
    let sql = "UPDATE agent_requests SET answer = $3, content = $4 \
               WHERE id = $1 AND client_id = $2 AND taken_at IS NOT NULL AND answer IS NULL";
    Ok(db.execute(sql, args![id, client_id, answer, content]).await? > 0)
}

/// Takes a request back, unless an agent has it; whether it did.
pub(crate) async fn withdraw(db: &mut Session, id: &str) -> sqlx::Result<bool> {
    let sql = "DELETE FROM agent_requests WHERE id = $1 AND taken_at IS NULL";
    Ok(db.execute(sql, args![id]).await? > 0)
}

/// Forgets a request, and returns its answer if there is one.
pub(crate) async fn remove(db: &mut Session, id: &str) -> sqlx::Result<Option<AnswerRow>> {
    let sql = "DELETE FROM agent_requests WHERE id = $1 AND answer IS NOT NULL \
               RETURNING answer, content";
    let found = db.fetch_optional(sql, args![id]).await?;
    if found.is_none() {
        db.execute("DELETE FROM agent_requests WHERE id = $1", args![id]).await?;
    }
    Ok(found)
}
