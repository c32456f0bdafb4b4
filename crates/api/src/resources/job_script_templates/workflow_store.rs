//! The table of workflow files.

use chrono::{DateTime, Utc};
use jobbergate_types::job_script_templates::{RunTimeConfig, WorkflowFileDetailedView};
use serde_json::{Map, Value as JsonValue};
use sqlx::types::Json;
use sqlx_macros::FromRow;

use crate::{args, db::Session};

/// What every workflow file is called.
pub(super) const FILENAME: &str = "jobbergate.py";

const COLUMNS: &str = "parent_id, filename, runtime_config, created_at, updated_at";

/// A workflow file.
#[derive(Debug, FromRow)]
pub(crate) struct WorkflowFileRow {
    parent_id: i32,
    pub(super) filename: String,
    pub(super) runtime_config: Json<Option<Map<String, JsonValue>>>,
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
    let sql =
        format!("SELECT {COLUMNS} FROM workflow_files WHERE parent_id = $1 ORDER BY filename");
    db.fetch_all(&sql, args![parent]).await
}

/// Notes a workflow file, new or written again.
pub(super) async fn upsert(
    db: &mut Session,
    parent: i32,
    runtime_config: RunTimeConfig,
    now: DateTime<Utc>,
) -> sqlx::Result<WorkflowFileRow> {
    let sql = format!(
        "INSERT INTO workflow_files (parent_id, filename, runtime_config, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $4) ON CONFLICT (parent_id, filename) DO UPDATE \
         SET runtime_config = excluded.runtime_config, updated_at = excluded.updated_at \
         RETURNING {COLUMNS}"
    );
    let runtime_config = JsonValue::Object(runtime_config.0);
    db.fetch_one(&sql, args![parent, FILENAME, runtime_config, now]).await
}
