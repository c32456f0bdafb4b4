//! One submission: its steps, of which each is an event with its number, and how it is after them.

use std::collections::VecDeque;

use bytes::Bytes;
use futures::stream;
use jobbergate_types::job_submissions::{JobProgressDetail, JobSubmissionDetailedView};

use super::watch::{Occasion, Watch};
use crate::{
    app::Context,
    auth::Caller,
    error::{Error, Result},
    http::{EventStream, sse},
    permission,
    query::Lock,
    resources::job_submissions::{progress, store},
};

/// How many steps are read at a time.
const STEPS: usize = 100;

struct Watched {
    watch: Watch,
    id: i64,
    /// The number of the last step that was told.
    step: i64,
    untold: VecDeque<Bytes>,
    /// Whether there may be more than was read.
    unread: bool,
    deleted: bool,
}

/// A submission's steps after the last one that is known, and then what happens; 404 if there is
/// no such submission.
pub(super) async fn watch(
    context: Context,
    id: i64,
    last_event_id: Option<String>,
) -> Result<EventStream> {
    let known = context.head.last_event_id.as_deref().or(last_event_id.as_deref());
    // What is no number is that of another stream: everything is told.
    let step = known.and_then(|known| known.parse().ok()).unwrap_or_default();
    let watch = Watch::with_token::<Caller<permission::JobSubmissionsRead>>(&context).await?;
    if store::find(&mut context.db.read().await?, id, Lock::None).await?.is_none() {
        return Err(Error::no_entry("job_submissions", id));
    }
    let untold = VecDeque::from([sse::opening(watch.retry(), None)]);
    let watched = Watched { watch, id, step, untold, unread: true, deleted: false };
    Ok(EventStream::new(stream::unfold(watched, async |mut watched| {
        watched.next().await.map(|event| (event, watched))
    })))
}

impl Watched {
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(event) = self.untold.pop_front() {
                return Some(event);
            }
            if self.deleted {
                return None;
            }
            if self.unread {
                // The client comes back and goes on from its last event.
                self.read().await.inspect_err(Error::log).ok()?;
                continue;
            }
            let id = self.id;
            let is_ours = |number: i32| i64::from(number) == id;
            let next = self.watch.next(|notice| is_ours(notice.job_submission_id));
            match next.await {
                Occasion::Changed(_) | Occasion::Missed => self.unread = true,
                Occasion::Quiet => return Some(sse::heartbeat(None)),
                Occasion::End => return None,
            }
        }
    }

    async fn read(&mut self) -> Result<()> {
        let mut db = self.watch.db.read().await?;
        let steps = progress::after(&mut db, self.id, self.step, STEPS).await?;
        self.unread = steps.len() == STEPS;
        for step in steps.into_iter().map(JobProgressDetail::from) {
            self.step = step.id;
            let data = serde_json::to_vec(&step).map_err(Error::internal)?;
            self.untold.push_back(sse::event("progress", Some(&step.id), &data));
        }
        if self.unread {
            return Ok(());
        }
        match store::find(&mut db, self.id, Lock::None).await? {
            Some(row) => {
                let view: JobSubmissionDetailedView = row.try_into()?;
                let data = serde_json::to_vec(&view).map_err(Error::internal)?;
                self.untold.push_back(sse::event("submission", None, &data));
            }
            None => {
                self.deleted = true;
                self.untold.push_back(super::deleted(self.id, None));
            }
        }
        Ok(())
    }
}
