//! The tables of files.

use chrono::{DateTime, Utc};
use jobbergate_types::{
    FileType, job_script_templates::TemplateFileDetailedView,
    job_scripts::JobScriptFileDetailedView,
};
use sea_query::{Expr, ExprTrait};
use sqlx_macros::FromRow;
use struct_field_names_as_array::FieldNamesAsSlice;

use crate::{
    db::Session,
    error::Error,
    query::{Assignments, Table, by_id},
};

#[derive(Debug, Clone, Copy)]
pub(crate) struct FileTable {
    /// The table's, and the first part of its files' storage keys.
    pub(crate) name: &'static str,
    /// The table of those that they belong to.
    pub(crate) parents: &'static str,
}

pub(crate) const TEMPLATE_FILES: FileTable =
    FileTable { name: "job_script_template_files", parents: "job_script_templates" };
pub(crate) const WORKFLOW_FILES: FileTable =
    FileTable { name: "workflow_files", parents: "job_script_templates" };
pub(crate) const JOB_SCRIPT_FILES: FileTable =
    FileTable { name: "job_script_files", parents: "job_scripts" };

impl FileTable {
    pub(crate) const fn table(self) -> Table {
        Table { name: self.name, key: &["parent_id", "filename"] }
    }

    pub(crate) fn no_file(self, parent: i32, filename: &str) -> Error {
        Error::NotFound(format!(
            "{} row not found by parent_id={parent}, filename='{filename}'",
            self.name
        ))
    }
}

#[derive(Debug, Clone, FromRow, FieldNamesAsSlice)]
pub(crate) struct FileRow {
    pub(crate) parent_id: i32,
    pub(crate) filename: String,
    file_type: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl FileRow {
    /// What it is to its parent.
    pub(crate) fn file_type(&self) -> Result<FileType, Error> {
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
    of_parents(db, table, &[parent]).await
}

/// All files of several parents, by parent and name.
pub(crate) async fn of_parents(
    db: &mut Session,
    table: FileTable,
    parents: &[i32],
) -> sqlx::Result<Vec<FileRow>> {
    let condition = db.among("parent_id", parents.iter().copied());
    table.table().rows(db, condition).await
}

pub(super) async fn exists(
    db: &mut Session,
    table: FileTable,
    parent: i32,
    filename: &str,
) -> sqlx::Result<bool> {
    Ok(table.table().count(db, named(parent, filename)).await? > 0)
}

pub(super) async fn has_parent(
    db: &mut Session,
    table: FileTable,
    parent: i32,
) -> sqlx::Result<bool> {
    let parents = Table { name: table.parents, key: &["id"] };
    Ok(parents.count(db, by_id(parent)).await? > 0)
}

/// Notes a file whose content is stored, new or written again.
pub(crate) async fn note(
    db: &mut Session,
    table: FileTable,
    parent: i32,
    (filename, file_type): (&str, FileType),
    now: DateTime<Utc>,
) -> sqlx::Result<FileRow> {
    let row = Assignments::created(now)
        .set("parent_id", parent)
        .set("filename", filename)
        .set("file_type", file_type.as_str());
    table.table().upsert(db, row).await
}

/// Forgets a file; false if there was none.
pub(super) async fn delete(
    db: &mut Session,
    table: FileTable,
    parent: i32,
    filename: &str,
) -> sqlx::Result<bool> {
    Ok(table.table().delete(db, named(parent, filename)).await? == 1)
}

fn named(parent: i32, filename: &str) -> Expr {
    Expr::col("parent_id").eq(parent).and(Expr::col("filename").eq(filename))
}
