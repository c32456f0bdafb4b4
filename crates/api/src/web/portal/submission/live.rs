//! What changes of a submission, sent to the page that shows it.

use std::{collections::VecDeque, time::Duration};

use askama::Template;
use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};
use bytes::Bytes;
use futures::stream;

use super::{
    now::{self, Now, SlurmDetails, Timeline},
    number,
    viewer::{Viewer, right},
};
use crate::{
    clock::Clock,
    error::{Error, Result},
    http::{EventStream, output::Output, sse},
    permission::Permission,
    resources::job_submissions::{
        events::watch::{Occasion, Watch},
        overview,
    },
    web::{
        errors::Failure,
        portal::{Site, user::User},
    },
};

/// How long changes are collected: a job's step and its new state come one after the other.
const COLLECTING: Duration = Duration::from_millis(200);

struct Live {
    watch: Watch,
    viewer: Viewer,
    clock: Clock,
    id: i64,
    unread: bool,
    untold: VecDeque<Bytes>,
    /// What was sent last of each part, which is not sent again.
    sent: [Bytes; 3],
    is_over: bool,
}

pub(super) async fn stream(
    State(site): State<Site>,
    user: User,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    user.require(Permission::JobSubmissionsRead)?;
    let id = number(&id)?;
    let watch = Watch::begin(&user.context, right(&site, &user, &headers)).await?;
    // 404 if there is none.
    overview::overview(&watch.db, id, user.context.now()).await?;
    let untold = VecDeque::from([sse::opening(watch.retry(), None)]);
    let (viewer, clock) = (Viewer::of(&site, &user), site.app.clock.clone());
    let sent = Default::default();
    let live = Live { watch, viewer, clock, id, unread: true, untold, sent, is_over: false };
    let events = stream::unfold(live, async |mut live| live.next().await.map(|it| (it, live)));
    Ok(EventStream::new(events).into_answer())
}

impl Live {
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(event) = self.untold.pop_front() {
                return Some(event);
            }
            if self.is_over {
                return None;
            }
            if self.unread {
                self.unread = false;
                // The page comes back and is told how it is then.
                self.read().await.inspect_err(Error::log).ok()?;
                continue;
            }
            let id = self.id;
            match self.watch.next(|notice| i64::from(notice.job_submission_id) == id).await {
                Occasion::Changed(_) | Occasion::Missed => {
                    tokio::time::sleep(COLLECTING).await;
                    self.watch.heard();
                    self.unread = true;
                }
                Occasion::Quiet => return Some(sse::heartbeat(None)),
                Occasion::End => return None,
            }
        }
    }

    async fn read(&mut self) -> Result<()> {
        let now = self.clock.now();
        let overview = match overview::overview(&self.watch.db, self.id, now).await {
            Err(Error::NotFound(_)) => {
                let words = "<p class=\"warning\">This submission was deleted.</p>";
                self.untold.push_back(sse::text_event("gone", words));
                self.is_over = true;
                return Ok(());
            }
            overview => overview?,
        };
        let steps = overview::steps(&self.watch.db, self.id, None, now::STEPS).await?;
        let timeline = Timeline::new(&self.viewer, self.id, steps, now);
        self.tell(0, "now", &Now::new(&self.viewer, &overview, now))?;
        self.tell(1, "steps", &timeline)?;
        self.tell(2, "slurm", &SlurmDetails::new(&overview.submission))
    }

    fn tell(&mut self, part: usize, name: &str, template: &impl Template) -> Result<()> {
        let event = sse::text_event(name, &template.render().map_err(Error::internal)?);
        if let Some(sent) = self.sent.get_mut(part).filter(|sent| **sent != event) {
            *sent = event.clone();
            self.untold.push_back(event);
        }
        Ok(())
    }
}
