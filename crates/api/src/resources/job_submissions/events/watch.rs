//! What streams have in common: when something happens in them, and when they end.

use std::{sync::Arc, time::Duration};

use axum::http::HeaderMap;
use tokio::{
    sync::broadcast::error::RecvError,
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
/// How often it is looked whether the token is still good.
const CHECK: Duration = Duration::from_secs(5);
/// How long it counts as good when something happens.
const FRESH: Duration = Duration::from_secs(1);
/// How many checks apart there is a sign of life.
const HEARTBEAT: u32 = 3;

/// The client comes back after a second, and so much later, for not all to come at once.
const SPREAD: u32 = 2000;

/// Somebody who watches.
pub(super) struct Watch {
    pub(super) db: Db,
    app: Arc<App>,
    organization: Option<String>,
    credentials: HeaderMap,
    notices: Notices,
    end: Instant,
    checked_at: Instant,
    checks: u32,
    _waiter: Waiter,
    _lent: Option<Lent>,
}

pub(super) enum Occasion {
    /// A submission changed.
    Changed(Arc<Notice>),
    /// Some changes were missed.
    Missed,
    /// The client is to see that the stream is alive.
    Quiet,
    End,
}

impl Watch {
    /// Begins to watch; 429 or 503 if there are too many who do.
    pub(super) async fn begin(context: &Context) -> Result<Self> {
        let waiter = context.app.streams.enter(&context.customer.caller)?;
        let organization = context.organization.as_deref();
        let notices = context.app.events.subscribe(organization, &context.db).await?;
        let now = Instant::now();
        Ok(Self {
            db: context.db.clone(),
            app: Arc::clone(&context.app),
            organization: context.organization.clone(),
            credentials: context.head.credentials.clone(),
            notices,
            end: now + LIFE,
            checked_at: now,
            checks: 0,
            _waiter: waiter,
            _lent: context.head.lend_place(),
        })
    }

    /// How soon the client is to come back when the stream ends, in milliseconds.
    pub(super) fn retry(&self) -> u64 {
        let spread = self.app.clock.now().timestamp_subsec_micros();
        u64::from(1000 + spread % SPREAD)
    }

    /// Waits for something to happen that is `wanted`.
    pub(super) async fn next<P: Principal>(
        &mut self,
        wanted: impl Fn(&Notice) -> bool,
    ) -> Occasion {
        loop {
            let check_at = self.checked_at + CHECK;
            tokio::select! {
                biased;
                () = self.app.events.feed.stopping() => return Occasion::End,
                () = sleep_until(self.end) => return Occasion::End,
                () = sleep_until(check_at) => {
                    if !self.check::<P>().await {
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
                    let good = self.checked_at.elapsed() < FRESH || self.check::<P>().await;
                    return if good { occasion } else { Occasion::End };
                }
            }
        }
    }

    /// Whether the caller may still see what they see.
    async fn check<P: Principal>(&mut self) -> bool {
        self.checked_at = Instant::now();
        let identity = self.app.verifier.authenticate(&self.credentials).await;
        identity.is_ok_and(|identity| {
            identity.require_any_of(P::ANY_OF).is_ok() && identity.organization == self.organization
        })
    }
}
