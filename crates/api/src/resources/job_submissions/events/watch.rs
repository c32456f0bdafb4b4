//! What streams have in common: when something happens in them, and when they end.

use std::{sync::Arc, time::Duration};

use futures::{FutureExt, future::BoxFuture};
use tokio::{
    sync::broadcast::error::{RecvError, TryRecvError},
    time::{Instant, sleep_until},
};

use crate::{
    app::{App, Context},
    auth::Principal,
    db::Db,
    error::Result,
    events::feed::{Notice, Notices},
    http::place::Lent,
    waiting::Waiter,
};

/// After which time a stream ends; its client comes back. No answer goes on for ever.
const LIFE: Duration = Duration::from_mins(10);
/// How often it is looked whether the token is still good: for all who watch at the same moment, so
/// that their sessions are read at once.
const CHECK: Duration = Duration::from_secs(5);
/// How long it counts as good when something happens.
const FRESH: Duration = Duration::from_secs(1);
/// How many checks apart there is a sign of life.
const HEARTBEAT: u32 = 3;

/// The client comes back after a second, and so much later, for not all to come at once.
const SPREAD: u32 = 2000;

/// Says whether who watches may still see what they see.
pub(crate) type Right = Box<dyn Fn() -> BoxFuture<'static, bool> + Send + Sync>;

/// Somebody who watches.
pub(crate) struct Watch {
    pub(crate) db: Db,
    app: Arc<App>,
    right: Right,
    notices: Notices,
    end: Instant,
    checked_at: Instant,
    check_at: Instant,
    checks: u32,
    waiter: Waiter,
    _lent: Option<Lent>,
}

pub(crate) enum Occasion {
    /// A submission changed.
    Changed(Arc<Notice>),
    /// Some changes were missed.
    Missed,
    /// The client is to see that the stream is alive.
    Quiet,
    End,
}

impl Watch {
    /// Begins to watch, as whoever sent a token; 429 or 503 if there are too many who do.
    pub(super) async fn with_token<P: Principal>(context: &Context) -> Result<Self> {
        Self::begin(context, right_of_token::<P>(context)).await
    }

    /// The same as whoever has a right of another kind.
    pub(crate) async fn begin(context: &Context, right: Right) -> Result<Self> {
        let waiter = context.app.streams.enter(&context.customer.caller)?;
        let organization = context.organization.as_deref();
        let notices = context.app.events.subscribe(organization, &context.db).await?;
        let now = Instant::now();
        Ok(Self {
            db: context.db.clone(),
            app: Arc::clone(&context.app),
            right,
            notices,
            end: now + LIFE,
            checked_at: now,
            check_at: waiter.next_beat(CHECK),
            checks: 0,
            waiter,
            _lent: context.head.lend_place(),
        })
    }

    /// How soon the client is to come back when the stream ends, in milliseconds.
    pub(crate) fn retry(&self) -> u64 {
        let spread = self.app.clock.now().timestamp_subsec_micros();
        u64::from(1000 + spread % SPREAD)
    }

    /// Waits for something to happen that is `wanted`.
    pub(crate) async fn next(&mut self, wanted: impl Fn(&Notice) -> bool) -> Occasion {
        loop {
            tokio::select! {
                biased;
                () = self.app.events.feed.stopping() => return Occasion::End,
                () = sleep_until(self.end) => return Occasion::End,
                () = sleep_until(self.check_at) => {
                    self.check_at = self.waiter.next_beat(CHECK);
                    if !self.check().await {
                        return Occasion::End;
                    }
                    self.checks += 1;
                    if self.checks.is_multiple_of(HEARTBEAT) {
                        return Occasion::Quiet;
                    }
                }
                heard = self.notices.recv() => {
                    let occasion = match heard {
                        Ok(notice) if wanted(&notice) => Occasion::Changed(notice),
                        Ok(_) => continue,
                        Err(RecvError::Lagged(_)) => Occasion::Missed,
                        Err(RecvError::Closed) => return Occasion::End,
                    };
                    let good = self.checked_at.elapsed() < FRESH || self.check().await;
                    return if good { occasion } else { Occasion::End };
                }
            }
        }
    }

    /// Whether the caller may still see what they see.
    async fn check(&mut self) -> bool {
        self.checked_at = Instant::now();
        (self.right)().await
    }

    /// What was heard since, without waiting for more; none if some of it was missed.
    pub(crate) fn heard(&mut self) -> Option<Vec<Arc<Notice>>> {
        let mut heard = Vec::new();
        loop {
            match self.notices.try_recv() {
                Ok(notice) => heard.push(notice),
                Err(TryRecvError::Lagged(_)) => return None,
                Err(TryRecvError::Empty | TryRecvError::Closed) => return Some(heard),
            }
        }
    }
}

fn right_of_token<P: Principal>(context: &Context) -> Right {
    let (app, organization) = (Arc::clone(&context.app), context.organization.clone());
    let token = Arc::new((context.head.credentials.clone(), organization));
    Box::new(move || {
        let (app, token) = (Arc::clone(&app), Arc::clone(&token));
        async move {
            let identity = app.verifier.authenticate(&token.0).await;
            identity.is_ok_and(|identity| {
                identity.require_any_of(P::ANY_OF).is_ok() && identity.organization == token.1
            })
        }
        .boxed()
    })
}
