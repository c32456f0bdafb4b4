//! What somebody waits for and what ended, sent to their first page when it changes.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use askama::Template;
use axum::{extract::State, http::HeaderMap, response::Response};
use bytes::Bytes;
use futures::stream;

use super::Jobs;
use crate::{
    clock::Clock,
    error::{Error, Result},
    http::{EventStream, output::Output, sse},
    permission::Permission,
    resources::job_submissions::events::watch::{Occasion, Watch},
    web::{
        errors::Failure,
        portal::{Site, submission::viewer::right, user::User},
    },
};

/// How long changes are collected before they are told.
const COLLECTING: Duration = Duration::from_millis(300);

struct Live {
    watch: Watch,
    clock: Clock,
    base: Arc<str>,
    owner: String,
    untold: VecDeque<Bytes>,
}

pub(super) async fn stream(
    State(site): State<Site>,
    user: User,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    user.require(Permission::JobSubmissionsRead)?;
    let watch = Watch::begin(&user.context, right(&site, &user, &headers)).await?;
    let mut live = Live {
        untold: VecDeque::from([sse::opening(watch.retry(), None)]),
        watch,
        clock: site.app.clock.clone(),
        base: Arc::clone(&site.base),
        owner: user.email.clone(),
    };
    // What changed after the page was made and before it was listened to.
    let jobs = live.jobs().await?;
    live.untold.push_back(jobs);
    let events = stream::unfold(live, async |mut live| live.next().await.map(|it| (it, live)));
    Ok(EventStream::new(events).into_answer())
}

impl Live {
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(event) = self.untold.pop_front() {
            return Some(event);
        }
        match self.watch.next(|notice| notice.owner_email == self.owner).await {
            Occasion::Changed(_) => {
                tokio::time::sleep(COLLECTING).await;
                // They are in what is read now.
                drop(self.watch.heard());
                self.jobs().await.inspect_err(Error::log).ok()
            }
            Occasion::Missed => self.jobs().await.inspect_err(Error::log).ok(),
            Occasion::Quiet => Some(sse::heartbeat(None)),
            Occasion::End => None,
        }
    }

    async fn jobs(&self) -> Result<Bytes> {
        let jobs = Jobs::of(&self.watch.db, &self.owner, &self.base, self.clock.now()).await?;
        Ok(sse::text_event("jobs", &jobs.render().map_err(Error::internal)?))
    }
}
