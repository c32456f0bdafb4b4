//! The newest script that somebody has of a template, to compare another one with.

use chrono::{DateTime, Utc};

use super::store;
use crate::{
    app::Context,
    error::Result,
    resources::files::{self, JOB_SCRIPT_FILES},
};

/// Larger files are not compared, and no more than so many, in bytes.
pub(crate) const LARGEST_FILE: u64 = 256 << 10;
const MOST_FILES: usize = 20;

#[derive(Debug, Clone)]
pub(crate) struct LatestScript {
    pub(crate) id: i32,
    pub(crate) created_at: DateTime<Utc>,
    /// Names and contents.
    pub(crate) files: Vec<(String, String)>,
}

/// None if there is none.
pub(crate) async fn latest(
    context: &Context,
    owner_email: &str,
    template: i64,
) -> Result<Option<LatestScript>> {
    let mut db = context.db.read().await?;
    let Some(script) = store::latest_of(&mut db, owner_email, template).await? else {
        return Ok(None);
    };
    let rows = files::of_parent(&mut db, JOB_SCRIPT_FILES, script.id).await?;
    drop(db);
    let mut found = Vec::new();
    for row in rows.into_iter().take(MOST_FILES) {
        let file = files::open_stored(context, JOB_SCRIPT_FILES, script.id, &row.filename).await?;
        if file.size <= LARGEST_FILE {
            let content = file.read().await?;
            found.push((row.filename, String::from_utf8_lossy(&content).into_owned()));
        }
    }
    Ok(Some(LatestScript { id: script.id, created_at: script.created_at, files: found }))
}
