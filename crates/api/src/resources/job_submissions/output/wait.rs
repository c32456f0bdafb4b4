//! Waiting for an agent's answer.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use jobbergate_types::output::OutputRequest;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::unanswered;
use crate::{
    app::{App, Context},
    clock::Clock,
    db::Db,
    error::{Error, Result},
    events::{
        feed::{Notices, Requests},
        requests::{self, AnswerRow, NewRequest},
    },
    http::place::Lent,
};

/// How many requests of one cluster's jobs are open at once.
const REQUESTS_OF_CLUSTER: i64 = 64;
/// After which time a request is forgotten, whatever became of the server that waited for it.
const EXPIRY: TimeDelta = TimeDelta::minutes(1);
/// How soon an agent takes a request that is there.
const TAKING: Duration = Duration::from_secs(5);
/// How much longer than it may wait for output its answer may take.
const ANSWERING: Duration = Duration::from_secs(15);

/// A request that an agent was asked. It holds no organization's database open.
pub(super) struct Asked {
    id: String,
    cluster: String,
    app: Arc<App>,
    organization: Option<String>,
    db: Db,
    clock: Clock,
    open: Requests,
    /// Has the changes read on which `open` depends.
    _notices: Notices,
    gone: CancellationToken,
    _lent: Option<Lent>,
    taken_by: Instant,
    end: Instant,
}

impl Asked {
    pub(super) async fn ask(
        context: Context,
        cluster: &str,
        request: OutputRequest,
    ) -> Result<Self> {
        let organization = context.organization.as_deref();
        let open = context.app.events.requests(organization);
        let notices = context.app.events.subscribe(organization, &context.db).await?;
        insert(&context, cluster, &request).await?;
        let wait = Duration::from_secs(u64::try_from(request.query.wait).unwrap_or_default());
        let now = Instant::now();
        Ok(Self {
            id: request.id,
            cluster: cluster.to_owned(),
            app: Arc::clone(&context.app),
            organization: context.organization.clone(),
            db: context.db.clone(),
            clock: context.app.clock.clone(),
            open,
            _notices: notices,
            gone: context.customer.gone.clone(),
            _lent: context.head.lend_place(),
            taken_by: now + TAKING,
            end: now + wait + ANSWERING,
        })
    }

    /// The answer, which is nobody else's and gone with that. The request is forgotten in any case.
    pub(super) async fn wait(mut self) -> Result<AnswerRow> {
        let waited = self.until_answered().await;
        let mut db = self.db.write().await?;
        let answer = requests::remove(&mut db, &self.id).await?;
        db.commit().await?;
        self.app.events.requested(self.organization.as_deref(), &self.db);
        match (answer, waited) {
            (Some(answer), _) => Ok(answer),
            (None, Err(error)) => Err(error),
            (None, Ok(())) => Err(unanswered::late(&self.cluster)),
        }
    }

    async fn until_answered(&mut self) -> Result<()> {
        let taken = tokio::select! {
            () = answered(&mut self.open, &self.id) => return Ok(()),
            () = sleep_until(self.taken_by) => self.is_taken().await?,
            end = cut_short(&self.app, &self.gone) => return Err(end),
        };
        if !taken {
            let mut db = self.db.primary().read().await?;
            return Err(unanswered::not_taken(&mut db, &self.cluster, self.clock.now()).await?);
        }
        tokio::select! {
            () = answered(&mut self.open, &self.id) => Ok(()),
            () = sleep_until(self.end) => Ok(()),
            end = cut_short(&self.app, &self.gone) => Err(end),
        }
    }

    /// Whether an agent has it; otherwise none can have it any more.
    async fn is_taken(&self) -> Result<bool> {
        let mut db = self.db.write().await?;
        let withdrawn = requests::withdraw(&mut db, &self.id).await?;
        db.commit().await?;
        Ok(!withdrawn)
    }
}

/// Writes a request down for the agent of a cluster.
async fn insert(context: &Context, cluster: &str, request: &OutputRequest) -> Result<()> {
    let now = context.now();
    let mut db = context.db.write().await?;
    if requests::count(&mut db, cluster, now).await? >= REQUESTS_OF_CLUSTER {
        let words = "Too much output of this cluster's jobs is being read at once; try again in a \
                     moment";
        return Err(Error::Busy(words));
    }
    let new = NewRequest {
        id: &request.id,
        client_id: cluster,
        request: serde_json::to_value(request).map_err(Error::internal)?,
        expires_at: now + EXPIRY,
    };
    requests::insert(&mut db, new, now).await?;
    db.commit().await?;
    context.app.events.requested(context.organization.as_deref(), &context.db);
    Ok(())
}

async fn answered(open: &mut Requests, id: &str) {
    while open.changed().await.is_ok() {
        if open.borrow_and_update().answers(id) {
            return;
        }
    }
    std::future::pending().await
}

async fn cut_short(app: &App, gone: &CancellationToken) -> Error {
    tokio::select! {
        () = app.events.feed.stopping() => {
            Error::NotReady("The server is about to stop; ask again in a moment".to_owned())
        }
        () = gone.cancelled() => Error::Gone,
    }
}
