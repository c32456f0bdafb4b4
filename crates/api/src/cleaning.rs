//! Cleaning: archiving and deleting what nobody uses any more, and removing stored files that
//! belong to nothing.
//!
//! A schedule, an administrator or a request starts it. Each task runs in one process at a time
//! for each database, in many small transactions that hold nobody up.

mod entries;
mod garbage;
pub(crate) mod routes;
pub mod schedule;
mod store;

use std::{fmt, sync::Arc};

pub use self::{entries::Entries, garbage::StoredFiles};
use crate::{
    app::{App, Context},
    config::CleaningConfig,
    error::{Error, Result},
    tenant::{Tables, Unopened},
};

/// Locks of tasks are numbered from here.
const FIRST_LOCK: i64 = 0x6a6f_6262_6c00;

/// A part of cleaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Archive and delete what is not used.
    Unused(Entries),
    /// Remove stored files that belong to nothing.
    Garbage(StoredFiles),
}

impl Task {
    /// Every task, in a sensible order: what is deleted first leaves less to do.
    pub const ALL: [Self; 6] = [
        Self::Unused(Entries::Submissions),
        Self::Unused(Entries::Scripts),
        Self::Unused(Entries::Templates),
        Self::Garbage(StoredFiles::Scripts),
        Self::Garbage(StoredFiles::Templates),
        Self::Garbage(StoredFiles::Workflows),
    ];

    const fn lock(self) -> i64 {
        FIRST_LOCK
            + match self {
                Self::Unused(entries) => entries as i64,
                Self::Garbage(files) => 0x10 + files as i64,
            }
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unused(entries) => f.write_str(entries.table()),
            Self::Garbage(files) => write!(f, "stored files of {}", files.table()),
        }
    }
}

/// What a task has done, or would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing: the settings don't ask for it.
    Off,
    /// Nothing: another process is at it.
    Busy,
    /// Rows were archived and deleted.
    Entries {
        /// How many were archived.
        archived: u64,
        /// How many were deleted.
        deleted: u64,
    },
    /// Files were removed.
    Files {
        /// How many.
        removed: u64,
        /// How large they were, in bytes.
        bytes: u64,
        /// How many rows there are whose files are missing.
        missing: u64,
    },
}

impl Outcome {
    /// What was done, or is to be done if it was only counted, in words.
    pub fn describe(self, dry_run: bool) -> String {
        let done = |verb: &str, past: &str| match dry_run {
            true => format!("to {verb}"),
            false => past.to_owned(),
        };
        match self {
            Self::Off => "off".to_owned(),
            Self::Busy => "left to another process that is at it".to_owned(),
            Self::Entries { archived, deleted } => {
                let (archive, delete) = (done("archive", "archived"), done("delete", "deleted"));
                format!("{archived} {archive}, {deleted} {delete}")
            }
            Self::Files { removed, bytes, missing } => {
                let remove = done("remove", "removed");
                format!("{removed} {remove} ({bytes} bytes), {missing} missing")
            }
        }
    }
}

/// Does a task on an organization's data, or only counts what there is to do.
pub async fn perform(
    context: &Context,
    settings: &CleaningConfig,
    task: Task,
    dry_run: bool,
) -> Result<Outcome> {
    if let Task::Unused(entries) = task
        && entries.periods(settings) == (None, None)
    {
        return Ok(Outcome::Off);
    }
    if dry_run {
        return work(context, settings, task, true).await;
    }
    let Some(turn) = context.db.take_turn(task.lock()).await? else { return Ok(Outcome::Busy) };
    let done = work(context, settings, task, false).await;
    turn.end().await;
    done
}

async fn work(
    context: &Context,
    settings: &CleaningConfig,
    task: Task,
    dry_run: bool,
) -> Result<Outcome> {
    match task {
        Task::Unused(entries) => {
            let (archive, delete) = entries.periods(settings);
            entries::clean(context, entries, archive, delete, dry_run).await
        }
        Task::Garbage(files) => {
            garbage::collect(context, files, settings.garbage_grace(), dry_run).await
        }
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
    mut report: impl FnMut(Option<&str>, Task, Result<Outcome>) + Send,
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
fn log(organization: Option<&str>, task: Task, done: Result<Outcome>) {
    match done {
        Ok(Outcome::Off) => {}
        Ok(done) => tracing::info!(organization, %task, done = done.describe(false), "cleaned"),
        Err(error) => tracing::error!(organization, %task, error = full(&error), "not cleaned"),
    }
}

/// The error with its causes, which are not for clients.
fn full(error: &Error) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
}
