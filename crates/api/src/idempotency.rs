//! Requests that carry a key (`Idempotency-Key`), so that who sends one again, because the answer was lost,
//! gets the first answer and does not do it twice.
//!
//! 1. Before its handler runs, a request claims its key, for [`LEASE`], in a transaction of its own.
//! 2. The service keeps its answer under the key in the transaction that makes what was asked for: both
//!    are there, or neither. That fails if the claim is another's meanwhile.
//! 3. While its handler runs, the claim is renewed: it is not done a second time because the first
//!    takes long.
//! 4. If it fails, the key is free again. If its server dies, it is free when the lease is over.

pub(crate) mod attempt;
mod key;
mod store;

use std::{convert::Infallible, sync::atomic::Ordering, time::Duration};

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use attempt::Attempt;
pub(crate) use attempt::KeyedRequest;
pub(crate) use key::{MAX_LENGTH, read};

use crate::{
    app::Context,
    db::Session,
    error::{Error, Result},
};

/// How long an answer is kept.
const KEPT: TimeDelta = TimeDelta::days(1);
/// How long a request is left to a server that does not renew its claim.
const LEASE: TimeDelta = TimeDelta::seconds(20);
/// How often a claim is renewed, so that some may fail.
const RENEWAL: Duration = Duration::from_secs(5);
/// How often a key is claimed that is freed in the moment between.
const ATTEMPTS: usize = 3;
/// Says that an answer is the one that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// Of what is created, the only thing that is asked for with keys.
const STATUS: StatusCode = StatusCode::CREATED;

pub(crate) enum Begun {
    /// It is to be done.
    First(Attempt),
    /// It was done before.
    Before(Response),
}

/// Claims the key of a request.
pub(crate) async fn begin(context: &Context, request: KeyedRequest) -> Result<Begun> {
    let claim = format!("{:032x}", rand::random::<u128>());
    for _ in 0..ATTEMPTS {
        let now = context.now();
        let mut db = context.db.write().await?;
        let until = (now + LEASE, now + KEPT);
        if store::claim(&mut db, &request, &claim, now, until).await? {
            store::forget(&mut db, Some(&request.caller), now).await?;
            db.commit().await?;
            return Ok(Begun::First(Attempt::new(request, claim)));
        }
        let found = store::find(&mut db, &request).await?;
        db.commit().await?;
        let Some(found) = found else { continue };
        if found.fingerprint != request.fingerprint {
            return Err(Error::Unprocessable(format!(
                "The Idempotency-Key {:?} was used for another request to this route within the \
                 last day; use a new key for each request, and the same one only to send it again",
                request.key
            )));
        }
        if let Some(length) = found.length {
            let answer = replay(context, &request, length.unsigned_abs()).await?;
            return Ok(Begun::Before(answer));
        }
        break;
    }
    Err(under_way())
}

/// The answer that was given before.
async fn replay(context: &Context, request: &KeyedRequest, length: u64) -> Result<Response> {
    context.take_room(usize::try_from(length).unwrap_or(usize::MAX)).await?;
    let answer = store::answer(&mut context.db.read().await?, request).await?;
    let Some(answer) = answer else { return Err(under_way()) };
    let status = u16::try_from(answer.status).ok().and_then(|s| StatusCode::from_u16(s).ok());
    let head = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (REPLAYED, HeaderValue::from_static("true")),
    ];
    tracing::info!("a request that was done before is answered as it was then");
    Ok((status.unwrap_or(STATUS), head, answer.answer).into_response())
}

fn under_way() -> Error {
    Error::UnderWay(
        "The request with this Idempotency-Key is still under way; send it again in a moment to \
         get its answer"
            .to_owned(),
    )
}

impl Context {
    /// Keeps what is answered to a request with a key, in the transaction that makes it.
    pub(crate) async fn keep_answer(
        &self,
        db: &mut Session,
        created: &(impl Serialize + Sync),
    ) -> Result<()> {
        let Some(attempt) = &self.attempt else { return Ok(()) };
        let answer = serde_json::to_string(created).map_err(Error::internal)?;
        let Attempt { request, claim, is_kept } = &**attempt;
        if !store::keep(db, request, claim, (STATUS.as_u16(), answer)).await? {
            return Err(under_way());
        }
        is_kept.store(true, Ordering::Relaxed);
        Ok(())
    }
}

/// Does what a request asks for, and nobody else does meanwhile.
pub(crate) async fn perform<T>(
    context: &Context,
    attempt: &Attempt,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let done = tokio::select! {
        biased;
        done = work => done,
        never = renew(context, attempt) => match never {},
    };
    end(context, attempt, done.is_err()).await;
    done
}

/// Renews a claim as long as it is waited for.
async fn renew(context: &Context, attempt: &Attempt) -> Infallible {
    loop {
        tokio::time::sleep(RENEWAL).await;
        let renewed = async {
            let mut db = context.db.write().await?;
            let until = context.now() + LEASE;
            store::renew(&mut db, &attempt.request, &attempt.claim, until).await?;
            db.commit().await
        };
        if let Err(error) = renewed.await {
            tracing::warn!(%error, "the key of a request that is under way could not be kept for now");
        }
    }
}

/// Frees the key of a request that made nothing. Should that fail, it is free when the lease is over.
async fn end(context: &Context, attempt: &Attempt, has_failed: bool) {
    // What was kept may have been undone.
    if attempt.is_kept.load(Ordering::Relaxed) && !has_failed {
        return;
    }
    let freed = async {
        let mut db = context.db.write().await?;
        store::free(&mut db, &attempt.request, &attempt.claim).await?;
        db.commit().await
    };
    if let Err(error) = freed.await {
        tracing::warn!(%error, "the key of a request that failed stays taken for some seconds");
    }
}

/// How many keys there are whose day is over.
pub(crate) async fn count_expired(db: &mut Session, now: DateTime<Utc>) -> sqlx::Result<u64> {
    store::count_expired(db, now).await
}

/// Forgets some keys whose day is over; how many, and whether there may be more.
pub(crate) async fn forget_expired(
    db: &mut Session,
    now: DateTime<Utc>,
) -> sqlx::Result<(u64, bool)> {
    let forgotten = store::forget(db, None, now).await?;
    Ok((forgotten, forgotten == store::BATCH))
}
