//! Requests that start cleaning; it goes on after they were answered.

use jobbergate_types::maintenance::MaintenanceStarted;

use super::{Entries, StoredFiles, Task, log, perform};
use crate::{
    app::Context,
    auth::Caller,
    error::Result,
    http::{AcceptedJson, Router},
    permission,
};

const TEMPLATE_FILES: &str = "/job-script-templates/upload/garbage-collector";
const SCRIPT_FILES: &str = "/job-scripts/upload/garbage-collector";
const UNUSED_SCRIPTS: &str = "/job-scripts/clean-unused-entries";

/// The routes; before those whose parameters would match them.
pub(crate) fn router() -> Router {
    let templates = "Remove stored files that belong to no template.";
    let scripts = "Remove stored files that belong to no script.";
    let unused = "Archive and delete scripts that are not used.";
    Router::default()
        .delete(TEMPLATE_FILES, templates, collect_template_files)
        .delete(SCRIPT_FILES, scripts, collect_script_files)
        .delete(UNUSED_SCRIPTS, unused, clean_unused_scripts)
}

async fn collect_template_files(
    context: Context,
    _: Caller<permission::JobTemplatesDelete>,
) -> Result<AcceptedJson<MaintenanceStarted>> {
    let tasks = &[Task::Garbage(StoredFiles::Templates), Task::Garbage(StoredFiles::Workflows)];
    Ok(start(context, tasks, "Removing stored files that belong to no job script template"))
}

async fn collect_script_files(
    context: Context,
    _: Caller<permission::JobScriptsDelete>,
) -> Result<AcceptedJson<MaintenanceStarted>> {
    let tasks = &[Task::Garbage(StoredFiles::Scripts)];
    Ok(start(context, tasks, "Removing stored files that belong to no job script"))
}

async fn clean_unused_scripts(
    context: Context,
    _: Caller<permission::JobScriptsDelete>,
) -> Result<AcceptedJson<MaintenanceStarted>> {
    let what = match Entries::Scripts.periods(&context.app.cleaning) {
        (None, None) => {
            "Nothing is to be done: neither AUTO_CLEAN_JOB_SCRIPTS_DAYS_TO_ARCHIVE nor \
             AUTO_CLEAN_JOB_SCRIPTS_DAYS_TO_DELETE is set"
                .to_owned()
        }
        (Some(archive), None) => format!("Archiving job scripts unused for {archive} days"),
        (None, Some(delete)) => {
            format!("Deleting job scripts archived and unused for {delete} days")
        }
        (Some(archive), Some(delete)) => format!(
            "Archiving job scripts unused for {archive} days, deleting those archived and unused \
             for {delete} days"
        ),
    };
    Ok(start(context, &[Task::Unused(Entries::Scripts)], &what))
}

/// Lets tasks be done one after another, and says so.
fn start(
    context: Context,
    tasks: &'static [Task],
    description: &str,
) -> AcceptedJson<MaintenanceStarted> {
    let span = tracing::Span::current();
    let work = async move {
        for task in tasks {
            let done = perform(&context, &context.app.cleaning, *task, false).await;
            log(context.organization.as_deref(), *task, done);
        }
    };
    tokio::spawn(tracing::Instrument::instrument(work, span));
    AcceptedJson(MaintenanceStarted { description: description.to_owned() })
}
