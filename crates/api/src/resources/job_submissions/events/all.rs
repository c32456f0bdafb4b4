//! All submissions: each change is an event with the submission as lists have it. Its id is how far
//! the log was read.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use futures::stream;

use super::watch::{Occasion, Watch};
use crate::{
    app::Context,
    auth::Caller,
    error::{Error, Result},
    events::feed::{self, Notice, Position},
    http::{EventStream, sse},
    permission,
    query::Lock,
    resources::job_submissions::{service, store},
};

/// How many changes are told to who comes back. If it was more, lists had better be read anew.
const MOST_MISSED: i64 = 1000;
/// How many of them are read at a time.
const BATCH: usize = 100;

struct Watched {
    watch: Watch,
    /// Whose submissions, if not everybody's.
    owner: Option<String>,
    position: Position,
    /// Whether there may be changes in the log that were not heard of.
    behind: bool,
    untold: VecDeque<Arc<Notice>>,
    opening: Option<Bytes>,
}

/// What changes after the last event that is known, or from now on.
pub(super) async fn watch(
    context: Context,
    owner: Option<String>,
    last_event_id: Option<String>,
) -> Result<EventStream> {
    let watch = Watch::with_token::<Caller<permission::JobSubmissionsRead>>(&context).await?;
    let end = feed::end(&context.db).await?;
    let known = context.head.last_event_id.as_deref().or(last_event_id.as_deref());
    let known = known.map(|known| known.parse::<Position>().ok());
    let retry = watch.retry();
    let (position, opening) = match known {
        None => (end, sse::opening(retry, Some(&end))),
        Some(Some(known)) if end.since(&known).is_some_and(|missed| missed <= MOST_MISSED) => {
            (known, sse::opening(retry, None))
        }
        Some(_) => {
            let reset = sse::event("reset", Some(&end), b"{}");
            (end, [sse::opening(retry, None), reset].concat().into())
        }
    };
    let (behind, opening) = (end != position, Some(opening));
    let watched = Watched { watch, owner, position, behind, untold: VecDeque::new(), opening };
    Ok(EventStream::new(stream::unfold(watched, async |mut watched| {
        watched.next().await.map(|event| (event, watched))
    })))
}

impl Watched {
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(opening) = self.opening.take() {
            return Some(opening);
        }
        loop {
            let told = match self.untold.pop_front() {
                Some(notice) => self.tell(&notice).await,
                None if self.behind => self.catch_up().await.map(|()| None),
                None => match self.watch.next(|_| true).await {
                    Occasion::Changed(notice) => self.tell(&notice).await,
                    Occasion::Missed => {
                        self.behind = true;
                        continue;
                    }
                    Occasion::Quiet => return Some(sse::heartbeat(Some(&self.position))),
                    Occasion::End => return None,
                },
            };
            // The client comes back and goes on from its last event.
            if let Some(event) = told.inspect_err(Error::log).ok()? {
                return Some(event);
            }
        }
    }

    /// Reads a part of what was missed.
    async fn catch_up(&mut self) -> Result<()> {
        let missed = feed::after(&self.watch.db, &self.position, BATCH).await?;
        self.behind = missed.len() == BATCH;
        self.untold.extend(missed);
        Ok(())
    }

    /// The event of a change, unless it was told or is not the caller's.
    async fn tell(&mut self, notice: &Notice) -> Result<Option<Bytes>> {
        let is_new = notice.moves(&mut self.position);
        if !is_new || self.owner.as_ref().is_some_and(|owner| *owner != notice.owner_email) {
            return Ok(None);
        }
        let data = notice.shown.get_or_try_init(|| self.show(notice)).await?;
        let id = notice.job_submission_id.into();
        Ok(Some(match data.is_empty() {
            true => super::deleted(id, Some(&self.position)),
            false => sse::event("submission", Some(&self.position), data),
        }))
    }

    /// The submission as it is now; nothing if it was deleted.
    async fn show(&self, notice: &Notice) -> Result<Bytes> {
        let mut db = self.watch.db.read().await?;
        let row = store::find(&mut db, notice.job_submission_id.into(), Lock::None).await?;
        let Some(row) = row else { return Ok(Bytes::new()) };
        let view = service::list_views(&mut db, vec![row.into()]).await?.pop();
        Ok(serde_json::to_vec(&view).map_err(Error::internal)?.into())
    }
}
