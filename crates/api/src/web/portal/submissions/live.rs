//! How the submissions of a list change, sent to the page that shows it.

use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::HeaderMap,
    response::Response,
};
use bytes::Bytes;
use futures::stream;

use super::Standing;
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
        portal::{Site, fields::Fields, submission::viewer::right, user::User},
    },
};

/// How many submissions one page watches.
const MOST: usize = 100;
/// How long changes are collected before they are told.
const COLLECTING: Duration = Duration::from_millis(200);

struct Live {
    watch: Watch,
    clock: Clock,
    ids: BTreeSet<i64>,
    /// Those that changed, or may have.
    changed: BTreeSet<i64>,
    untold: VecDeque<Bytes>,
}

pub(super) async fn stream(
    State(site): State<Site>,
    user: User,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    user.require(Permission::JobSubmissionsRead)?;
    let fields = Fields::parse(query.unwrap_or_default().as_bytes());
    let numbers = fields.text("ids").split(',').filter_map(|id| id.parse().ok());
    let ids: BTreeSet<i64> = numbers.take(MOST).collect();
    let watch = Watch::begin(&user.context, right(&site, &user, &headers)).await?;
    let untold = VecDeque::from([sse::opening(watch.retry(), None)]);
    let live = Live { watch, clock: site.app.clock.clone(), changed: ids.clone(), ids, untold };
    let events = stream::unfold(live, async |mut live| live.next().await.map(|it| (it, live)));
    Ok(EventStream::new(events).into_answer())
}

impl Live {
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(event) = self.untold.pop_front() {
                return Some(event);
            }
            if !self.changed.is_empty() {
                self.read().await.inspect_err(Error::log).ok()?;
                continue;
            }
            let ids = &self.ids;
            match self.watch.next(|notice| ids.contains(&notice.job_submission_id.into())).await {
                Occasion::Changed(notice) => {
                    tokio::time::sleep(COLLECTING).await;
                    self.changed.insert(notice.job_submission_id.into());
                    match self.watch.heard() {
                        Some(more) => {
                            let more = more.iter().map(|notice| notice.job_submission_id.into());
                            self.changed.extend(more.filter(|id| self.ids.contains(id)));
                        }
                        None => self.changed.clone_from(&self.ids),
                    }
                }
                Occasion::Missed => self.changed.clone_from(&self.ids),
                Occasion::Quiet => return Some(sse::heartbeat(None)),
                Occasion::End => return None,
            }
        }
    }

    async fn read(&mut self) -> Result<()> {
        let mut changed = std::mem::take(&mut self.changed);
        let now = self.clock.now();
        for base in overview::standing(&self.watch.db, changed.iter().copied()).await? {
            changed.remove(&base.id);
            let shown = Standing::of(&base, now).render().map_err(Error::internal)?;
            self.untold.push_back(sse::text_event(&format!("state-{}", base.id), &shown));
        }
        for deleted in changed {
            self.ids.remove(&deleted);
            let words = "<span class=\"state\">Deleted</span>";
            self.untold.push_back(sse::text_event(&format!("state-{deleted}"), words));
        }
        Ok(())
    }
}
