//! The tables of files.

use chrono::{DateTime, Utc};
use jobbergate_types::{
    FileType, job_script_templates::TemplateFileDetailedView,
    job_scripts::JobScriptFileDetailedView,
};
use sqlx::FromRow;

use crate::{args, db::Session, error::Error};

/// A table of files: its name, which is also the first part of their storage keys, and the table
/// of those they belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileTable(pub &'static str, pub &'static str);

/// Files of templates.
pub const TEMPLATE_FILES: FileTable =
    FileTable("job_script_template_files", "job_script_templates");
/// Workflow files of templates.
pub const WORKFLOW_FILES: FileTable = FileTable("workflow_files", "job_script_templates");
/// Files of scripts.
pub const JOB_SCRIPT_FILES: FileTable = FileTable("job_script_files", "job_scripts");

const COLUMNS: &str = "parent_id, filename, file_type, created_at, updated_at";

/// A file.
#[derive(Debug, Clone, FromRow)]
pub struct FileRow {
    /// The template or script that it belongs to.
    pub parent_id: i32,
    /// Its name.
    pub filename: String,
    file_type: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl FileRow {
    /// What it is to its parent.
    pub fn file_type(&self) -> Result<FileType, Error> {
        match self.file_type.as_str() {
            "ENTRYPOINT" => Ok(FileType::Entrypoint),
            "SUPPORT" => Ok(FileType::Support),
            other => Err(Error::internal(format!("file type {other:?} in the database"))),
        }
    }
}

impl TryFrom<FileRow> for TemplateFileDetailedView {
    type Error = Error;

    fn try_from(row: FileRow) -> Result<Self, Error> {
        Ok(Self {
            file_type: row.file_type()?,
            parent_id: row.parent_id.into(),
            filename: row.filename,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        })
    }
}

impl TryFrom<FileRow> for JobScriptFileDetailedView {
    type Error = Error;

    fn try_from(row: FileRow) -> Result<Self, Error> {
        Ok(Self {
            file_type: row.file_type()?,
            parent_id: row.parent_id.into(),
            filename: row.filename,
            created_at: Some(row.created_at.into()),
            updated_at: Some(row.updated_at.into()),
        })
    }
}

/// All files of a parent, by name.
pub(crate) async fn of_parent(
    db: &mut Session,
    table: FileTable,
    parent: i32,
) -> sqlx::Result<Vec<FileRow>> {
    let name = table.0;
    let sql = format!("SELECT {COLUMNS} FROM {name} WHERE parent_id = $1 ORDER BY filename");
    db.fetch_all(&sql, args![parent]).await
}

/// All files of several parents, by parent and name.
pub(crate) async fn of_parents(
    db: &mut Session,
    table: FileTable,
    parents: &[i32],
) -> sqlx::Result<Vec<FileRow>> {
    let (name, placeholders) = (table.0, crate::db::placeholders(parents.len()));
    let sql = format!(
        "SELECT {COLUMNS} FROM {name} WHERE parent_id IN ({placeholders}) ORDER BY parent_id, filename"
    );
    let arguments = parents.iter().map(|parent| (*parent).into()).collect();
    db.fetch_all(&sql, crate::db::arguments::Arguments(arguments)).await
}

/// Whether there is a file of this name.
pub(super) async fn exists(
    db: &mut Session,
    table: FileTable,
    parent: i32,
    filename: &str,
) -> sqlx::Result<bool> {
    let name = table.0;
    let sql = format!("SELECT parent_id FROM {name} WHERE parent_id = $1 AND filename = $2");
    Ok(db.fetch_optional::<(i32,)>(&sql, args![parent, filename]).await?.is_some())
}

/// Whether there is a parent of this number.
pub(super) async fn has_parent(
    db: &mut Session,
    table: FileTable,
    parent: i32,
) -> sqlx::Result<bool> {
    let sql = format!("SELECT id FROM {} WHERE id = $1", table.1);
    Ok(db.fetch_optional::<(i32,)>(&sql, args![parent]).await?.is_some())
}

/// Notes a file, new or written again.
pub(super) async fn upsert(
    db: &mut Session,
    table: FileTable,
    parent: i32,
    filename: &str,
    file_type: FileType,
    now: DateTime<Utc>,
) -> sqlx::Result<FileRow> {
    let name = table.0;
    let sql = format!(
        "INSERT INTO {name} (parent_id, filename, file_type, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $4) ON CONFLICT (parent_id, filename) DO UPDATE \
         SET file_type = excluded.file_type, updated_at = excluded.updated_at RETURNING {COLUMNS}"
    );
    db.fetch_one(&sql, args![parent, filename, file_type.as_str(), now]).await
}

/// Forgets a file; false if there was none.
pub(super) async fn delete(
    db: &mut Session,
    table: FileTable,
    parent: i32,
    filename: &str,
) -> sqlx::Result<bool> {
    let name = table.0;
    let sql = format!("DELETE FROM {name} WHERE parent_id = $1 AND filename = $2");
    Ok(db.execute(&sql, args![parent, filename]).await? == 1)
}
