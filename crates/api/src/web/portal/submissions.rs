//! The list of submissions.

mod cancel;
mod csv;
mod filter;
mod live;

use std::collections::HashMap;

use askama::Template;
use axum::{
    Router,
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use chrono::{DateTime, Utc};
use jobbergate_types::{
    job_script_templates::JobTemplateListView,
    job_submissions::{JobSubmissionBaseView, JobSubmissionListView, JobSubmissionStatus},
};

use super::{
    Site,
    fields::Fields,
    frame::{Area, Frame},
    user::User,
    words::{Moment, State as Chip},
};
use crate::{
    permission::Permission,
    resources::job_submissions::{overview, service},
    web::{errors::Failure, page::page},
};
use cancel::Told;
use filter::{Column, Filter, FilterChip};

pub(super) fn router() -> Router<Site> {
    Router::new()
        .route("/submissions", get(show))
        .route("/submissions.csv", get(csv::send))
        .route("/submissions/live", get(live::stream))
        .route("/submissions/cancel", post(cancel::cancel))
}

#[derive(Template)]
#[template(path = "portal/submissions/page.html")]
struct SubmissionsPage {
    frame: Frame,
    /// The query of this page, to come back to it.
    query: String,
    filter: Filter,
    whose: Vec<FilterChip>,
    statuses: Vec<FilterChip>,
    narrowed: Vec<FilterChip>,
    columns: Vec<Column>,
    rows: Vec<Row>,
    /// Which are to be watched.
    ids: String,
    total: i64,
    pages: i64,
    earlier: Option<String>,
    later: Option<String>,
    csv: String,
    /// How many rows the CSV file has, if it does not have all.
    csv_rows: Option<usize>,
    deleted: Option<i64>,
    told: Vec<Told>,
    may_cancel: bool,
    may_run: bool,
}

struct Row {
    id: i64,
    name: String,
    standing: Standing,
    may_cancel: bool,
    script: Option<(i64, String)>,
    application: Option<(i64, String, String)>,
    cluster: String,
    cluster_filter: String,
    owner: String,
    created: Moment,
}

/// What of a row changes while one looks at it.
#[derive(Template)]
#[template(path = "portal/submissions/standing.html")]
struct Standing {
    state: Chip,
    reason: Option<String>,
    updated: Moment,
}

impl askama::filters::HtmlSafe for Standing {}

impl Standing {
    fn of(base: &JobSubmissionBaseView, now: DateTime<Utc>) -> Self {
        Self {
            state: Chip::of(base.status, base.slurm_job_state),
            reason: base.outlook.slurm_pending_reason.clone().filter(|it| !it.is_empty()),
            updated: Moment::new(now, base.updated_at.0),
        }
    }
}

fn waits(base: &JobSubmissionBaseView) -> bool {
    matches!(base.status, JobSubmissionStatus::Created | JobSubmissionStatus::Submitted)
}

async fn show(
    State(site): State<Site>,
    user: User,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    user.require(Permission::JobSubmissionsRead)?;
    let fields = Fields::parse(query.unwrap_or_default().as_bytes());
    let filter = Filter::of(&fields);
    let list = filter.list();
    let found = service::list_of(&user.context, &list, filter.origin(), Some(&user.email)).await?;
    let templates = match user.may(Permission::JobTemplatesRead) {
        true => overview::templates(&user.context.db, &found.items).await?,
        false => HashMap::new(),
    };
    let now = user.context.now();
    let ids: Vec<_> = found.items.iter().map(|row| row.submission.id.to_string()).collect();
    let rows: Vec<_> =
        found.items.into_iter().map(|row| Row::of(&user, &filter, row, &templates, now)).collect();
    let here = |filter: &Filter| site.path(&format!("/submissions{}", filter.query()));
    let turned = |page: i64| here(&Filter { page, ..filter.clone() });
    let page_number = filter.page;
    let total = usize::try_from(found.total).unwrap_or(usize::MAX);
    let shown = SubmissionsPage {
        query: filter.query(),
        whose: filter.whose(&here),
        statuses: filter.statuses(&here),
        narrowed: filter.narrowed(&here, &templates),
        columns: filter.columns(&here),
        may_cancel: rows.iter().any(|row| row.may_cancel),
        rows,
        ids: ids.join(","),
        total: found.total,
        pages: found.pages,
        earlier: (page_number > 1).then(|| turned(page_number - 1)),
        later: (page_number < found.pages).then(|| turned(page_number + 1)),
        csv: site
            .path(&format!("/submissions.csv{}", Filter { page: 1, ..filter.clone() }.query())),
        csv_rows: (total > csv::MOST).then_some(csv::MOST),
        deleted: fields.text("deleted").parse().ok(),
        told: cancel::told(fields.text("told")),
        may_run: user.may(Permission::JobTemplatesRead),
        frame: user.frame(&site, Area::Submissions),
        filter,
    };
    Ok(page(StatusCode::OK, &shown)?)
}

impl Row {
    fn of(
        user: &User,
        filter: &Filter,
        row: JobSubmissionListView,
        templates: &HashMap<i64, JobTemplateListView>,
        now: DateTime<Utc>,
    ) -> Self {
        let JobSubmissionListView { submission, job_script } = row;
        let template = job_script.as_ref().and_then(|script| script.parent_template_id);
        let template = template.and_then(|id| templates.get(&id));
        let narrowed = |narrower: Filter| narrower.query();
        Self {
            id: submission.id,
            standing: Standing::of(&submission, now),
            may_cancel: waits(&submission)
                && user.may(Permission::JobSubmissionsUpdate)
                && user.may_change_of(&submission.owner_email),
            script: job_script.map(|script| (script.id, script.name)),
            application: template.map(|template| {
                let only = Filter { application: Some(template.id), page: 1, ..filter.clone() };
                (template.id, template.name.clone(), narrowed(only))
            }),
            cluster_filter: narrowed(Filter {
                cluster: Some(submission.client_id.clone()),
                page: 1,
                ..filter.clone()
            }),
            cluster: submission.client_id,
            owner: submission.owner_email,
            created: Moment::new(now, submission.created_at.0),
            name: submission.name,
        }
    }
}
