//! What of a submission changes while one looks at it.

use askama::{Template, filters::HtmlSafe};
use chrono::{DateTime, Utc};
use jobbergate_types::{
    SlurmJobState,
    job_submissions::{JobSubmissionBaseView, JobSubmissionDetailedView, JobSubmissionStatus},
};
use serde_json::Value;

use super::{
    reasons::{self, Explanation},
    viewer::Viewer,
};
use crate::{
    permission::Permission,
    resources::job_submissions::overview::{Overview, Steps},
    web::portal::{
        clusters,
        words::{self, Moment, State},
    },
};

/// How many steps are shown at a time.
pub(super) const STEPS: usize = 20;
/// The longest text of Slurm's that is shown, in characters.
const LONGEST: usize = 64 << 10;

/// How a submission stands, and what can be done about it.
#[derive(Template)]
#[template(path = "portal/submission/now.html")]
pub(super) struct Now {
    here: String,
    base: String,
    form_token: String,
    id: i64,
    name: String,
    state: State,
    is_active: bool,
    explanation: Explanation,
    /// How many of its tasks are in which state.
    tasks: Vec<(State, u64)>,
    job: Option<i64>,
    cluster: String,
    /// For who may see clusters.
    cluster_page: Option<String>,
    owner: String,
    application: Option<(String, String)>,
    script: Option<(i64, String)>,
    created: Moment,
    updated: Moment,
    cloned_from: Option<i64>,
    actions: Actions,
}

/// What the viewer may do, as the submission is.
#[derive(Debug)]
struct Actions {
    cancel: bool,
    /// The form with the answers of its script.
    again: Option<String>,
    clone: bool,
    delete: bool,
}

/// The steps in its life.
#[derive(Template)]
#[template(path = "portal/submission/timeline.html")]
pub(super) struct Timeline {
    here: String,
    steps: Vec<Step>,
    /// The step before which there are more.
    older: Option<i64>,
}

struct Step {
    id: i64,
    state: Option<State>,
    info: Option<String>,
    when: Moment,
}

/// What Slurm says of its job.
#[derive(Template)]
#[template(path = "portal/submission/slurm.html")]
pub(super) struct SlurmDetails {
    text: Option<String>,
    is_cut: bool,
}

impl HtmlSafe for Now {}
impl HtmlSafe for Timeline {}
impl HtmlSafe for SlurmDetails {}

/// Whether its job may still change.
pub(super) fn is_active(base: &JobSubmissionBaseView) -> bool {
    match base.status {
        JobSubmissionStatus::Created | JobSubmissionStatus::Submitted => true,
        JobSubmissionStatus::Cancelled => {
            base.slurm_job_id.is_some()
                && base.slurm_job_state.is_none_or(|state| !state.is_terminal())
        }
        _ => false,
    }
}

impl Now {
    pub(super) fn new(viewer: &Viewer, overview: &Overview, now: DateTime<Utc>) -> Self {
        let base = &overview.submission.submission;
        let may_see_cluster = viewer.may(Permission::ClustersRead);
        let cluster = overview.cluster.as_ref();
        let known = may_see_cluster.then_some(cluster);
        let template =
            overview.template.as_ref().filter(|_| viewer.may(Permission::JobTemplatesRead));
        let link = |id: i64| format!("{}/applications/{id}", viewer.base);
        Self {
            here: format!("{}/submissions/{}", viewer.base, base.id),
            base: viewer.base.to_string(),
            form_token: viewer.form_token.clone(),
            id: base.id,
            name: base.name.clone(),
            state: State::of(base.status, base.slurm_job_state),
            is_active: is_active(base),
            explanation: reasons::explain(&overview.submission, known, now),
            tasks: tasks(base),
            job: base.slurm_job_id,
            cluster: base.client_id.clone(),
            cluster_page: may_see_cluster.then(|| cluster_page(viewer, &base.client_id)),
            owner: base.owner_email.clone(),
            application: template.map(|template| (link(template.id), template.name.clone())),
            script: overview.script.as_ref().map(|script| (script.id, script.name.clone())),
            created: Moment::new(now, base.created_at.0),
            updated: Moment::new(now, base.updated_at.0),
            cloned_from: base.cloned_from_id,
            actions: Actions::of(viewer, overview),
        }
    }
}

fn cluster_page(viewer: &Viewer, client_id: &str) -> String {
    format!("{}{}", viewer.base, clusters::path(client_id))
}

impl Actions {
    fn of(viewer: &Viewer, overview: &Overview) -> Self {
        let base = &overview.submission.submission;
        let waits =
            matches!(base.status, JobSubmissionStatus::Created | JobSubmissionStatus::Submitted);
        let creates = viewer.may(Permission::JobSubmissionsCreate);
        let renders = creates
            && viewer.may(Permission::JobScriptsCreate)
            && viewer.may(Permission::JobTemplatesRead);
        let again = overview.template.as_ref().zip(overview.script.as_ref());
        let form = |template: i64, script: i64| {
            format!("{}/applications/{template}/run?from={script}", viewer.base)
        };
        Self {
            cancel: waits && viewer.may_to(Permission::JobSubmissionsUpdate, base),
            again: again.filter(|_| renders).map(|(template, script)| form(template.id, script.id)),
            clone: creates && overview.script.is_some(),
            delete: !is_active(base) && viewer.may_to(Permission::JobSubmissionsDelete, base),
        }
    }
}

/// Those that are most, first.
fn tasks(base: &JobSubmissionBaseView) -> Vec<(State, u64)> {
    let counts = base.outlook.slurm_task_counts.iter().flatten();
    let mut tasks: Vec<_> = counts.map(|(state, count)| (task_state(state), *count)).collect();
    tasks.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    tasks
}

fn task_state(name: &str) -> State {
    let Ok(state) = name.parse::<SlurmJobState>();
    step_state(state, name)
}

fn step_state(state: SlurmJobState, name: &str) -> State {
    use jobbergate_types::slurm::Outcome;
    let tone = match state.outcome() {
        _ if state == SlurmJobState::Pending => "warn",
        Outcome::Active => "busy",
        Outcome::Done => "good",
        Outcome::Aborted if state == SlurmJobState::Cancelled => "",
        Outcome::Aborted => "bad",
    };
    State { look: tone, words: words::plain(name) }
}

impl Timeline {
    pub(super) fn new(viewer: &Viewer, id: i64, steps: Steps, now: DateTime<Utc>) -> Self {
        let older = steps.steps.last().filter(|_| steps.more).map(|step| step.id);
        let step = |step: jobbergate_types::job_submissions::JobProgressDetail| Step {
            id: step.id,
            state: step.slurm_job_state.as_deref().map(task_state),
            info: step.additional_info.filter(|info| !info.is_empty()),
            when: Moment::new(now, step.timestamp.0),
        };
        Self {
            here: format!("{}/submissions/{id}", viewer.base),
            steps: steps.steps.into_iter().map(step).collect(),
            older,
        }
    }
}

impl SlurmDetails {
    pub(super) fn new(submission: &JobSubmissionDetailedView) -> Self {
        let info = submission.slurm_job_info.as_deref().filter(|info| !info.is_empty());
        let is_long = info.is_some_and(|info| info.len() > LONGEST);
        let text = info.map(|info| match is_long {
            true => info.chars().take(LONGEST).collect(),
            false => pretty(info),
        });
        Self { text, is_cut: is_long }
    }
}

/// JSON as people read it, without what says nothing.
fn pretty(json: &str) -> String {
    match serde_json::from_str::<Value>(json) {
        Ok(Value::Object(fields)) => {
            let says = |value: &Value| !value.is_null() && value.as_str() != Some("");
            let lines = fields.iter().filter(|(_, value)| says(value)).map(|(name, value)| {
                let value = match value {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                format!("{name}: {value}")
            });
            lines.collect::<Vec<_>>().join("\n")
        }
        _ => json.to_owned(),
    }
}
