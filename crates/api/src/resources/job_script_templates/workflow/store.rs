//! The table of workflow files.

use chrono::{DateTime, Utc};
use jobbergate_types::job_script_templates::{RunTimeConfig, WorkflowFileDetailedView};
use sea_query::{Expr, ExprTrait};
use serde_json::{Map, Value};
use sqlx::types::Json;
use sqlx_macros::FromRow;
use struct_field_names_as_array::FieldNamesAsSlice;

use crate::{db::Session, query::Assignments, resources::files::WORKFLOW_FILES};

/// What every workflow file is called.
pub(crate) const FILENAME: &str = "jobbergate.py";

#[derive(Debug, FromRow, FieldNamesAsSlice)]
pub(crate) struct WorkflowFileRow {
    parent_id: i32,
    pub(crate) filename: String,
    pub(crate) runtime_config: Json<Option<Map<String, Value>>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<WorkflowFileRow> for WorkflowFileDetailedView {
    fn from(row: WorkflowFileRow) -> Self {
        Self {
            parent_id: row.parent_id.into(),
            filename: row.filename,
            runtime_config: row.runtime_config.0,
            created_at: Some(row.created_at.into()),
            updated_at: Some(row.updated_at.into()),
        }
    }
}

/// The workflow files of a template; it has one at most.
pub(crate) async fn of_template(
    db: &mut Session,
    parent: i32,
) -> sqlx::Result<Vec<WorkflowFileRow>> {
    WORKFLOW_FILES.table().rows(db, Expr::col("parent_id").eq(parent)).await
}

/// Notes a workflow file, new or written again.
pub(crate) async fn upsert(
    db: &mut Session,
    parent: i32,
    runtime_config: RunTimeConfig,
    now: DateTime<Utc>,
) -> sqlx::Result<WorkflowFileRow> {
    let row = Assignments::created(now)
        .set("parent_id", parent)
        .set("filename", FILENAME)
        .set("runtime_config", Value::Object(runtime_config.0));
    WORKFLOW_FILES.table().upsert(db, row).await
}
