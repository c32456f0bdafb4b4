//! The table of scripts.

use chrono::{DateTime, Utc};
use jobbergate_types::{
    Page, Patch,
    job_scripts::{JobScriptBaseView, JobScriptListQuery},
};
use sea_query::{Condition, Expr, ExprTrait};
use sqlx_macros::FromRow;
use struct_field_names_as_array::FieldNamesAsSlice;

use crate::{
    args,
    db::Session,
    error::Result,
    query::{Assignments, ListColumns, Lock, Ordering, Table, by_id},
};

const SCRIPTS: Table = Table { name: "job_scripts", key: &["id"] };
const LIST: ListColumns = ListColumns {
    searched: &["name", "description", "owner_email"],
    sortable: &["id", "name", "owner_email", "created_at", "updated_at", "parent_template_id"],
};

#[derive(Debug, Clone, FromRow, FieldNamesAsSlice)]
pub(crate) struct ScriptRow {
    pub(crate) id: i32,
    pub(crate) name: String,
    pub(crate) owner_email: String,
    pub(crate) created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    is_archived: bool,
    pub(crate) description: Option<String>,
    pub(crate) parent_template_id: Option<i32>,
    pub(crate) cloned_from_id: Option<i32>,
}

/// What is to be known of a script before it is run.
#[derive(Debug, FromRow)]
pub(crate) struct ToRun {
    pub(crate) id: i32,
    pub(crate) entrypoints: i64,
}

#[derive(Debug)]
pub(crate) struct NewScript<'a> {
    /// If it was reserved.
    pub(crate) id: Option<i32>,
    pub(crate) name: &'a str,
    pub(crate) description: Option<&'a str>,
    pub(crate) owner_email: &'a str,
    pub(crate) parent_template_id: Option<i32>,
    pub(crate) cloned_from_id: Option<i32>,
}

#[derive(Debug)]
pub(crate) struct ScriptChanges {
    pub(crate) name: Option<String>,
    pub(crate) description: Patch<String>,
    pub(crate) is_archived: Option<bool>,
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

pub(crate) async fn insert(
    db: &mut Session,
    new: NewScript<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<ScriptRow> {
    let row = Assignments::created(now)
        .set_some("id", new.id)
        .set("name", new.name)
        .set("description", new.description)
        .set("owner_email", new.owner_email)
        .set("parent_template_id", new.parent_template_id)
        .set("cloned_from_id", new.cloned_from_id)
        .set("is_archived", false);
    SCRIPTS.insert(db, row).await
}

pub(crate) async fn find(db: &mut Session, id: i64, lock: Lock) -> sqlx::Result<Option<ScriptRow>> {
    SCRIPTS.find(db, by_id(id), lock).await
}

/// How many entrypoints a script has; `None` if there is no such script. It is not deleted until the
/// transaction ends. Of a file that somebody changes at this very moment it may be overlooked: then the agent
/// refuses the job.
pub(crate) async fn lock_to_run(db: &mut Session, id: i64) -> sqlx::Result<Option<ToRun>> {
    let sql = format!(
        "SELECT id, (SELECT COUNT(*) FROM job_script_files \
         WHERE parent_id = $1 AND file_type = 'ENTRYPOINT') AS entrypoints \
         FROM job_scripts WHERE id = $1{}",
        db.lock_clause()
    );
    db.fetch_optional(&sql, args![id]).await
}

/// The newest script that somebody has of a template.
pub(crate) async fn latest_of(
    db: &mut Session,
    owner_email: &str,
    template: i64,
) -> sqlx::Result<Option<ScriptRow>> {
    let condition = Condition::all()
        .add(Expr::col("owner_email").eq(owner_email))
        .add(Expr::col("parent_template_id").eq(template));
    let newest = Ordering { column: "id", ascending: false };
    Ok(SCRIPTS.first(db, condition, newest, 1).await?.pop())
}

pub(crate) async fn with_ids(
    db: &mut Session,
    ids: impl IntoIterator<Item = i32>,
) -> sqlx::Result<Vec<ScriptRow>> {
    let condition = db.among("id", ids);
    SCRIPTS.rows(db, condition).await
}

pub(crate) async fn page(
    db: &mut Session,
    query: &JobScriptListQuery,
    owner: Option<&str>,
) -> Result<Page<ScriptRow>> {
    let list = &query.list;
    let order = LIST.ordering(list.sort_field.as_deref(), list.sort_ascending)?;
    let mut condition = Condition::all();
    if let Some(template) = query.from_job_script_template_id {
        condition = condition.add(Expr::col("parent_template_id").eq(template));
    }
    let condition = LIST.narrowed(db, condition, list, owner);
    Ok(SCRIPTS.page(db, condition, order, &list.paging).await?)
}

pub(crate) async fn update(
    db: &mut Session,
    id: i32,
    changes: ScriptChanges,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<ScriptRow>> {
    let changes = Assignments::changed(now)
        .set_some("name", changes.name)
        .set_some("description", changes.description.into_change())
        .set_some("is_archived", changes.is_archived);
    Ok(SCRIPTS.update(db, by_id(id), changes).await?.pop())
}

/// Forgets a script and the rows of its files.
pub(crate) async fn delete(db: &mut Session, id: i32) -> sqlx::Result<()> {
    SCRIPTS.delete(db, by_id(id)).await.map(drop)
}
