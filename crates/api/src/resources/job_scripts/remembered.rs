//! What people filled in when they made a script of a template, to fill it in again.

mod store;

use serde_json::Value;

use super::store as scripts;
use crate::{app::Context, error::Result, query::Lock};

/// The largest answers that are remembered, in bytes of JSON.
pub(crate) const LARGEST: usize = 64 << 10;
/// How many clones of clones are followed to a script that was made of a template.
const GENERATIONS: usize = 5;

/// Remembers what somebody filled in for a script of theirs, unless it is too much.
pub(crate) async fn remember(context: &Context, script: i64, answers: Value) -> Result<()> {
    if answers.to_string().len() > LARGEST {
        return Ok(());
    }
    let mut db = context.db.write().await?;
    let Some(row) = scripts::find(&mut db, script, Lock::None).await? else { return Ok(()) };
    let Some(template) = row.parent_template_id else { return Ok(()) };
    store::insert(&mut db, (row.id, template), &row.owner_email, answers, context.now()).await?;
    Ok(db.commit().await?)
}

/// What somebody filled in last for a template, if it is known.
pub(crate) async fn latest(
    context: &Context,
    owner_email: &str,
    template: i64,
) -> Result<Option<Value>> {
    Ok(store::latest(&mut context.db.read().await?, owner_email, template).await?)
}

/// What was filled in for a script, or for the one that it was cloned from, if it is known.
pub(crate) async fn of_script(context: &Context, script: i64) -> Result<Option<Value>> {
    let mut db = context.db.read().await?;
    let mut next = Some(script);
    for _ in 0..GENERATIONS {
        let Some(id) = next else { break };
        if let Some(answers) = store::find(&mut db, id).await? {
            return Ok(Some(answers));
        }
        let script = scripts::find(&mut db, id, Lock::None).await?;
        next = script.and_then(|script| script.cloned_from_id).map(Into::into);
    }
    Ok(None)
}
