//! The table of what was filled in.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;
use sqlx_macros::FromRow;

use crate::{args, db::Session};

#[derive(FromRow)]
struct Answers {
    answers: Json<Value>,
}

pub(super) async fn insert(
    db: &mut Session,
    (script, template): (i32, i32),
    owner_email: &str,
    answers: Value,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO remembered_answers \
               (job_script_id, job_script_template_id, owner_email, answers, created_at) \
               VALUES ($1, $2, $3, $4, $5) ON CONFLICT (job_script_id) DO NOTHING";
    db.execute(sql, args![script, template, owner_email, answers, now]).await.map(drop)
}

pub(super) async fn find(db: &mut Session, script: i64) -> sqlx::Result<Option<Value>> {
    let sql = "SELECT answers FROM remembered_answers WHERE job_script_id = $1";
    let found: Option<Answers> = db.fetch_optional(sql, args![script]).await?;
    Ok(found.map(|row| row.answers.0))
}

pub(super) async fn latest(
    db: &mut Session,
    owner_email: &str,
    template: i64,
) -> sqlx::Result<Option<Value>> {
    let sql = "SELECT answers FROM remembered_answers \
               WHERE owner_email = $1 AND job_script_template_id = $2 \
               ORDER BY job_script_id DESC LIMIT 1";
    let found: Option<Answers> = db.fetch_optional(sql, args![owner_email, template]).await?;
    Ok(found.map(|row| row.answers.0))
}
