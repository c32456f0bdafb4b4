//! Cleaning: archiving and deleting what nobody uses any more, and removing stored files that
//! belong to nothing.
//!
//! A schedule, an administrator or a request starts it. Each task runs in one process at a time
//! for each database, in many small transactions that hold nobody up.

mod entries;
mod garbage;
mod keys;
pub(crate) mod routes;
pub mod schedule;
mod store;
mod task;
mod withdrawn;

use std::sync::Arc;

pub use self::task::{Cleaned, Entries, StoredFiles, Task};
use crate::{
    app::{App, Context},
    config::CleaningConfig,
    error::Result,
    tenant::{Tables, Unopened},
};

/// Does a task on an organization's data, or only counts what there is to do.
pub async fn perform(
    context: &Context,
    settings: &CleaningConfig,
    task: Task,
    dry_run: bool,
) -> Result<Cleaned> {
    if let Task::Unused(entries) = task
        && entries.periods(settings) == (None, None)
    {
        return Ok(Cleaned::Off);
    }
    if dry_run {
        return work(context, settings, task, true).await;
    }
    let Some(turn) = context.db.take_turn(task.lock()).await? else { return Ok(Cleaned::Busy) };
    let done = work(context, settings, task, false).await;
    turn.end().await;
    done
}

async fn work(
    context: &Context,
    settings: &CleaningConfig,
    task: Task,
    dry_run: bool,
) -> Result<Cleaned> {
    match task {
        Task::Unused(entries) => {
            let (archive, delete) = entries.periods(settings);
            entries::clean(context, entries, archive, delete, dry_run).await
        }
        Task::Garbage(files) => {
            garbage::collect(context, files.table(), settings.garbage_grace(), dry_run).await
        }
        Task::Keys => keys::forget(context, dry_run).await,
        Task::Withdrawn => withdrawn::forget(context, dry_run).await,
    }
}

/// What the tables must be that are cleaned by a command: it takes over no Python server's, and
/// what is only counted is not brought up to date either.
pub const fn tables(dry_run: bool) -> Tables {
    if dry_run { Tables::Current } else { Tables::Ours }
}

/// Does all tasks for all organizations, telling `report` of each; gives those that could not be
/// opened. One that fails does not keep the others from being done.
pub async fn perform_all(
    app: &Arc<App>,
    tables: Tables,
    dry_run: bool,
    mut report: impl FnMut(Option<&str>, Task, Result<Cleaned>) + Send,
) -> Result<Vec<Unopened>> {
    let mut unopened = Vec::new();
    let mut tenants = app.tenants.all(tables).await?;
    while let Some(tenant) = tenants.next().await {
        let tenant = match tenant {
            Ok(tenant) => tenant,
            Err(error) => {
                unopened.push(error);
                continue;
            }
        };
        let context = Context::for_tenant(Arc::clone(app), tenant);
        for task in Task::ALL {
            let done = perform(&context, &app.cleaning, task, dry_run).await;
            report(context.organization.as_deref(), task, done);
        }
    }
    Ok(unopened)
}

/// Tells the log what a task has done.
fn log(organization: Option<&str>, task: Task, done: Result<Cleaned>) {
    match done {
        Ok(Cleaned::Off) => {}
        Ok(done) => tracing::info!(organization, %task, done = done.describe(false), "cleaned"),
        Err(error) => {
            tracing::error!(organization, %task, error = error.with_cause(), "not cleaned")
        }
    }
}
