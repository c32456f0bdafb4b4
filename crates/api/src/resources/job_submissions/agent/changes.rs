//! Agents that wait for work.

use std::{sync::Arc, time::Duration};

use jobbergate_types::{
    changes::{Changes, ChangesQuery},
    job_submissions::JobSubmissionStatus::{Cancelled, Created},
};
use tokio::time::{Instant, sleep_until};

use crate::{
    app::Context,
    error::{Error, Result},
    events::{
        feed::{self, Notice, Notices, Position, Requests},
        requests,
    },
};

/// Answers when something was committed for a cluster after the cursor, or that nothing was when
/// the time is up. An answer may say that there is something when there is not, never the reverse:
/// what is committed after the end of the log was read is heard by who subscribed before.
pub(super) async fn wait(
    context: Context,
    client_id: &str,
    query: &ChangesQuery,
) -> Result<Changes> {
    let seconds = u64::try_from(query.wait).unwrap_or_default();
    let end = Instant::now() + Duration::from_secs(seconds);
    let _waiter = context.app.long_polls.enter(&context.customer.caller)?;
    let open = context.app.events.requests(context.organization.as_deref());
    // Thousands wait: what only the look needs is not kept as long as that.
    let (notices, position, now) = Box::pin(look(&context, client_id, query)).await?;
    if now.pending || now.cancelled || now.requests || seconds == 0 {
        return Ok(now);
    }
    let _lent = context.head.lend_place();
    let (app, gone) = (Arc::clone(&context.app), context.customer.gone.clone());
    // An organization's database may be closed meanwhile.
    drop(context);
    tokio::select! {
        changes = hear(notices, position, client_id) => Ok(changes),
        () = be_asked(open, client_id) => Ok(Changes { requests: true, ..nothing(&position) }),
        () = sleep_until(end) => Ok(nothing(&position)),
        () = app.events.feed.stopping() => Ok(nothing(&position)),
        () = gone.cancelled() => Err(Error::Gone),
    }
}

/// What there is, what will be told of it, and from where on.
async fn look(
    context: &Context,
    client_id: &str,
    query: &ChangesQuery,
) -> Result<(Notices, Position, Changes)> {
    let organization = context.organization.as_deref();
    let notices = context.app.events.subscribe(organization, &context.db).await?;
    let position = feed::end(&context.db).await?;
    let (pending, cancelled) =
        since(context, client_id, query.cursor.as_deref(), &position).await?;
    let requests = requests::is_asked(&mut context.db.read().await?, client_id).await?;
    let now = Changes { cursor: position.to_string(), pending, cancelled, requests };
    Ok((notices, position, now))
}

/// What may have changed between a cursor and a position.
async fn since(
    context: &Context,
    client_id: &str,
    cursor: Option<&str>,
    position: &Position,
) -> Result<(bool, bool)> {
    let earlier = cursor.and_then(|cursor| cursor.parse::<Position>().ok());
    let Some((earlier, count)) = earlier.and_then(|e| Some((e, position.since(&e)?))) else {
        return Ok((true, true));
    };
    if count == 0 {
        return Ok((false, false));
    }
    let statuses = feed::statuses_after(&context.db, &earlier, client_id).await?;
    let any = |status: &str| statuses.iter().any(|found| found == status);
    Ok((any(Created.as_str()), any(Cancelled.as_str())))
}

/// Waits for a change of the cluster's.
async fn hear(mut notices: Notices, mut position: Position, client_id: &str) -> Changes {
    // Who hears no more, or has missed something, had better look again.
    while let Ok(notice) = notices.recv().await {
        if notice.moves(&mut position) && concerns(&notice, client_id) {
            let (pending, cancelled) = (notice.is_now(Created), notice.is_now(Cancelled));
            return Changes { pending, cancelled, ..nothing(&position) };
        }
    }
    nothing(&position)
}

/// Waits for the cluster's agent to be asked for something.
async fn be_asked(mut open: Requests, client_id: &str) {
    while open.changed().await.is_ok() {
        if open.borrow_and_update().asks(client_id) {
            return;
        }
    }
    // Whoever told it is gone; the other things that are waited for end this.
    std::future::pending().await
}

fn concerns(notice: &Notice, client_id: &str) -> bool {
    notice.client_id == client_id && (notice.is_now(Created) || notice.is_now(Cancelled))
}

fn nothing(position: &Position) -> Changes {
    let cursor = position.to_string();
    Changes { cursor, pending: false, cancelled: false, requests: false }
}
