//! Archiving and deleting what nobody uses, as `jobbergate admin clean` does.

use askama::Template;
use axum::{Router, extract::State, response::Response, routing::get};

use super::{
    administrator::{Administrator, ServerAdministrator, ServerForm},
    around::Around,
    note::Note,
};
use crate::{
    cleaning::{self, Cleaned, Task},
    config::CleaningConfig,
    error::Result,
    web::{
        errors::Failure,
        page::page,
        portal::{Site, frame::Frame},
    },
};

pub(super) fn router() -> Router<Site> {
    Router::new().route("/admin/cleaning", get(show).post(clean))
}

#[derive(Template)]
#[template(path = "portal/administration/cleaning.html")]
struct CleaningPage {
    frame: Frame,
    around: Around,
    periods: [Periods; 3],
    interval_hours: Option<u32>,
    grace_minutes: u32,
    outcome: Option<Outcome>,
}

/// After how many days something goes.
struct Periods {
    what: &'static str,
    archive: Option<u32>,
    delete: Option<u32>,
}

#[derive(Default)]
struct Outcome {
    was_only_counted: bool,
    lines: Vec<Line>,
    unopened: Vec<String>,
}

struct Line {
    organization: Option<String>,
    task: String,
    words: Result<String, String>,
}

fn periods(config: &CleaningConfig) -> [Periods; 3] {
    [
        Periods {
            what: "Submissions",
            archive: config.auto_clean_job_submissions_days_to_archive,
            delete: config.auto_clean_job_submissions_days_to_delete,
        },
        Periods {
            what: "Scripts",
            archive: config.auto_clean_job_scripts_days_to_archive,
            delete: config.auto_clean_job_scripts_days_to_delete,
        },
        Periods {
            what: "Applications",
            archive: config.auto_clean_job_script_templates_days_to_archive,
            delete: config.auto_clean_job_script_templates_days_to_delete,
        },
    ]
}

async fn show(
    State(site): State<Site>,
    ServerAdministrator(administrator): ServerAdministrator,
    note: Note,
) -> Result<Response, Failure> {
    render(&site, &administrator, note, None)
}

fn render(
    site: &Site,
    administrator: &Administrator,
    mut note: Note,
    outcome: Option<Outcome>,
) -> Result<Response, Failure> {
    let config = &site.app.cleaning;
    let (frame, around) = Around::new(site, administrator, "/admin/cleaning", &mut note);
    let template = CleaningPage {
        frame,
        around,
        periods: periods(config),
        interval_hours: config.clean_interval_hours,
        grace_minutes: config.garbage_grace_minutes,
        outcome,
    };
    Ok(page(note.status, &template)?)
}

/// What is only counted is answered, too: nothing was changed, and a reload counts anew.
async fn clean(
    State(site): State<Site>,
    ServerForm { administrator, fields }: ServerForm,
) -> Result<Response, Failure> {
    let dry_run = match fields.text("what") {
        "clean" => false,
        "count" => true,
        _ => {
            let note = Note::problem("Say whether to count or to clean.", fields);
            return render(&site, &administrator, note, None);
        }
    };
    let outcome = perform(&site, &administrator, dry_run).await?;
    render(&site, &administrator, Note::default(), Some(outcome))
}

async fn perform(site: &Site, administrator: &Administrator, dry_run: bool) -> Result<Outcome> {
    let by = administrator.user.email.as_str();
    let mut outcome = Outcome { was_only_counted: dry_run, ..Outcome::default() };
    let report = |organization: Option<&str>, task: Task, done: Result<Cleaned>| {
        let words = done.map(|done| done.describe(dry_run)).map_err(|error| {
            tracing::error!(organization, %task, error = error.with_cause(), "not cleaned");
            error.to_string()
        });
        if let (Ok(done), false) = (&words, dry_run) {
            tracing::info!(administrator = by, organization, %task, done, "cleaned");
        }
        let (organization, task) = (organization.map(str::to_owned), task.to_string());
        outcome.lines.push(Line { organization, task, words });
    };
    let tables = cleaning::tables(dry_run);
    let unopened = cleaning::perform_all(&site.app, tables, dry_run, report).await?;
    outcome.unopened = unopened.iter().map(ToString::to_string).collect();
    Ok(outcome)
}
