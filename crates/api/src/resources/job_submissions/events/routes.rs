//! `/job-submissions/events` and `/job-submissions/{job_submission_id}/events`

use jobbergate_types::changes::{AllEventsQuery, EventsQuery};

use super::{all, one};
use crate::{
    app::Context,
    auth::Caller,
    error::Result,
    http::{EventStream, Path, Query, ResponseDoc, Router},
    permission,
    resources::job_submissions::routes::SubmissionPath,
};

const ALL: &str = "/job-submissions/events";
const ONE: &str = "/job-submissions/{job_submission_id}/events";

pub(crate) fn router() -> Router {
    Router::default()
        .get(ALL, "Watch submissions.", watch_all)
        .responding(&[ResponseDoc::TOO_MANY])
        .get(ONE, "Watch a submission.", watch_one)
        .responding(&[ResponseDoc::NOT_FOUND, ResponseDoc::TOO_MANY])
}

async fn watch_all(
    context: Context,
    caller: Caller<permission::JobSubmissionsRead>,
    Query(query): Query<AllEventsQuery>,
) -> Result<EventStream> {
    let owner = query.user_only.then(|| caller.identity.email.unwrap_or_default());
    all::watch(context, owner, query.events.last_event_id).await
}

async fn watch_one(
    context: Context,
    _: Caller<permission::JobSubmissionsRead>,
    Path(path): Path<SubmissionPath>,
    Query(query): Query<EventsQuery>,
) -> Result<EventStream> {
    one::watch(context, path.job_submission_id, query.last_event_id).await
}
