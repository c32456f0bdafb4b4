//! What a job uses of its nodes: numbers for the page's plots, and their maxima for everybody.

mod series;

use askama::Template;
use axum::{
    Json,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::DateTime;
use jobbergate_types::metrics::{
    JobSubmissionMetricSampleRate, JobSubmissionMetricSchema, JobSubmissionMetricTimestamps,
    JobSubmissionMetricsQuery,
};

use super::{now::is_active, number, query};
use crate::{
    error::Error,
    permission::Permission,
    resources::job_submissions::{metrics, service},
    web::{
        errors::Failure,
        page::page,
        portal::{
            Site,
            frame::{Area, Frame},
            user::User,
        },
    },
};
use series::Measured;

/// How many points a line has at most, about.
const POINTS: i64 = 720;

#[derive(Template)]
#[template(path = "portal/submission/metrics.html")]
struct MetricsPage {
    frame: Frame,
    here: String,
    id: i64,
    measured: Measured,
}

pub(super) async fn show(
    State(site): State<Site>,
    user: User,
    Path(id): Path<String>,
    fields: RawQuery,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    user.require(Permission::JobSubmissionsRead)?;
    let (id, fields) = (number(&id)?, query(fields));
    let submission = service::get(&user.context, id).await?.submission;
    let node = fields.get("node").filter(|node| !node.is_empty());
    let mut measured = match span(&user, id).await? {
        Some(span) => {
            let (rate, rows) = rows(&user, id, node, &span).await?;
            Measured::of(&rows, rate)
        }
        None => Measured::default(),
    };
    measured.is_active = is_active(&submission);
    if measured.times.is_empty() {
        measured.why = Some(why(submission.slurm_job_id.is_some(), measured.is_active));
    }
    let json = headers.get(header::ACCEPT).is_some_and(|accept| accept == "application/json");
    if json {
        return Ok(Json(measured).into_response());
    }
    let frame = user.frame(&site, Area::Submissions);
    let here = site.path(&format!("/submissions/{id}"));
    Ok(page(StatusCode::OK, &MetricsPage { frame, here, id, measured })?)
}

async fn span(user: &User, id: i64) -> Result<Option<JobSubmissionMetricTimestamps>, Failure> {
    match metrics::timestamps(&user.context, id).await {
        Ok(span) => Ok(Some(span)),
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// All that was measured, at the finest rate that is not too much for a plot and for an answer.
async fn rows(
    user: &User,
    id: i64,
    node: Option<&str>,
    span: &JobSubmissionMetricTimestamps,
) -> Result<(i64, Vec<JobSubmissionMetricSchema>), Failure> {
    let mut refused = None;
    for rate in JobSubmissionMetricSampleRate::ALL {
        let width = rate.seconds();
        if (span.max - span.min) / width > POINTS && width < 604_800 {
            continue;
        }
        let at = |second: i64| DateTime::from_timestamp(second, 0).map(Into::into);
        let query = JobSubmissionMetricsQuery {
            node: node.map(str::to_owned),
            start_time: at(span.min - width),
            sample_rate: rate,
            end_time: at(span.max + 1),
        };
        match metrics::list(&user.context, id, query).await {
            Ok(rows) => return Ok((width, rows)),
            Err(error @ Error::BadRequest(_)) => refused = Some(error),
            Err(error) => return Err(error.into()),
        }
    }
    Err(refused.unwrap_or_else(|| Error::internal("no rate")).into())
}

/// Why nothing was measured.
const fn why(has_job: bool, is_active: bool) -> &'static str {
    match (has_job, is_active) {
        (false, true) => "Nothing is measured before its job runs.",
        (false, false) => "Nothing was measured: it never had a job in Slurm.",
        (true, true) => {
            "Nothing was measured yet. Agents report what jobs use about once a minute while they \
             run, where Slurm on the cluster measures it."
        }
        (true, false) => {
            "Nothing was measured: the job was shorter than about a minute, or Slurm on the cluster \
             does not measure what jobs use. The cluster's administrators can turn that on."
        }
    }
}
