//! The table of scripts.

use chrono::{DateTime, Utc};
use jobbergate_types::{
    Page,
    job_scripts::{JobScriptBaseView, JobScriptListQuery},
};
use sea_query::{Condition, Expr, ExprTrait, Value};
use sqlx::FromRow;

use crate::{args, db::Session, error::Result, query::Table};

/// The table of scripts.
const SCRIPTS: Table = Table {
    name: "job_scripts",
    columns: &[
        "id",
        "name",
        "owner_email",
        "created_at",
        "updated_at",
        "is_archived",
        "description",
        "parent_template_id",
        "cloned_from_id",
    ],
    searched: &["name", "description", "owner_email"],
    sortable: &["id", "name", "owner_email", "created_at", "updated_at", "parent_template_id"],
};

const COLUMNS: &str = "id, name, owner_email, created_at, updated_at, is_archived, description, \
                       parent_template_id, cloned_from_id";

/// A script.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct ScriptRow {
    pub(crate) id: i32,
    pub(crate) name: String,
    pub(crate) owner_email: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    is_archived: bool,
    pub(crate) description: Option<String>,
    pub(crate) parent_template_id: Option<i32>,
    cloned_from_id: Option<i32>,
}

/// A script to create.
#[derive(Debug)]
pub(crate) struct NewScript<'a> {
    /// Its number, if it was reserved.
    pub(crate) id: Option<i32>,
    pub(crate) name: &'a str,
    pub(crate) description: Option<&'a str>,
    pub(crate) owner_email: &'a str,
    pub(crate) parent_template_id: Option<i32>,
    pub(crate) cloned_from_id: Option<i32>,
}

impl From<ScriptRow> for JobScriptBaseView {
    fn from(row: ScriptRow) -> Self {
        Self {
            id: row.id.into(),
            name: row.name,
            owner_email: row.owner_email,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
            is_archived: row.is_archived,
            description: row.description,
            parent_template_id: row.parent_template_id.map(Into::into),
            cloned_from_id: row.cloned_from_id.map(Into::into),
        }
    }
}

/// Leaves out a number on PostgreSQL, as the Python server does when it can't render a script: the
/// same requests get the same numbers on both.
pub(crate) async fn skip_number(db: &mut Session) -> sqlx::Result<()> {
    if !db.is_sqlite() {
        let sql = "SELECT nextval(pg_get_serial_sequence('job_scripts', 'id'))";
        db.execute(sql, args![]).await?;
    }
    Ok(())
}

/// Keeps a new script.
pub(crate) async fn insert(
    db: &mut Session,
    script: NewScript<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<ScriptRow> {
    let NewScript { id, name, description, owner_email, parent_template_id, cloned_from_id } =
        script;
    let mut arguments =
        args![name, description, owner_email, parent_template_id, cloned_from_id, now];
    let (column, place) = if id.is_some() { (", id", ", $7") } else { ("", "") };
    arguments.0.extend(id.map(Value::from));
    let sql = format!(
        "INSERT INTO job_scripts (name, description, owner_email, parent_template_id, \
         cloned_from_id, is_archived, created_at, updated_at{column}) \
         VALUES ($1, $2, $3, $4, $5, false, $6, $6{place}) RETURNING {COLUMNS}"
    );
    db.fetch_one(&sql, arguments).await
}

/// One script.
pub(crate) async fn find(db: &mut Session, id: i64) -> sqlx::Result<Option<ScriptRow>> {
    let sql = format!("SELECT {COLUMNS} FROM job_scripts WHERE id = $1");
    db.fetch_optional(&sql, args![id]).await
}

/// One script, which nobody else changes until the transaction ends.
pub(crate) async fn find_locked(db: &mut Session, id: i64) -> sqlx::Result<Option<ScriptRow>> {
    let lock = db.lock_clause();
    let sql = format!("SELECT {COLUMNS} FROM job_scripts WHERE id = $1{lock}");
    db.fetch_optional(&sql, args![id]).await
}

/// One script, which others may read, but nobody else changes until the transaction ends.
pub(crate) async fn find_shared(db: &mut Session, id: i64) -> sqlx::Result<Option<ScriptRow>> {
    let lock = db.share_clause();
    let sql = format!("SELECT {COLUMNS} FROM job_scripts WHERE id = $1{lock}");
    db.fetch_optional(&sql, args![id]).await
}

/// The scripts with these numbers.
pub(crate) async fn with_ids(
    db: &mut Session,
    ids: impl IntoIterator<Item = i32>,
) -> Result<Vec<ScriptRow>> {
    SCRIPTS.rows_with(db, "id", ids).await
}

/// A page of scripts.
pub(crate) async fn page(
    db: &mut Session,
    query: &JobScriptListQuery,
    owner: Option<&str>,
) -> Result<Page<ScriptRow>> {
    let list = &query.list;
    let order = SCRIPTS.ordering(list.sort_field.as_deref(), list.sort_ascending)?;
    let mut condition = Condition::all();
    if let Some(template) = query.from_job_script_template_id {
        condition = condition.add(Expr::col("parent_template_id").eq(template));
    }
    let condition = SCRIPTS.narrowed(db, condition, list, owner);
    SCRIPTS.page(db, condition, order, &list.paging).await
}

/// Changes some columns of a script.
pub(crate) async fn update(
    db: &mut Session,
    id: i32,
    changes: Vec<(&'static str, Value)>,
) -> sqlx::Result<Option<ScriptRow>> {
    SCRIPTS.update(db, id.into(), changes).await
}

/// Forgets a script and the rows of its files.
pub(crate) async fn delete(db: &mut Session, id: i32) -> sqlx::Result<()> {
    db.execute("DELETE FROM job_scripts WHERE id = $1", args![id]).await.map(drop)
}
