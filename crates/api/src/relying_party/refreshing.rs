//! Going on with new tokens before the old ones end (RFC 6749 §6).
//!
//! A refresh token may be good only once (RFC 9700 §4.14.2), whoever uses it twice loses the session.
//! So one request, of all servers, takes it upon itself; it goes on when its browser goes away, and
//! the others go on with the old token as long as that is good.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use tokio::time::sleep;

use super::{
    RelyingParty,
    sessions::{Tokens, times},
    store::{self, SessionRow},
    token_request::{Issued, NotIssued},
};
use crate::{
    auth::Expected,
    error::{Error, Result},
};

/// How long one server may take for a refresh until another one tries; longer than the provider's
/// deadline.
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// How long a provider that did not answer is left alone.
const PAUSE: TimeDelta = TimeDelta::seconds(10);
/// How often a request looks whether another one is done, and how many times.
const POLL: Duration = Duration::from_millis(100);
const POLLS: usize = 120;
/// How often it is tried to keep what was issued, and how long between: the old refresh token is
/// good no more.
const TRIES: usize = 5;
const BETWEEN: Duration = Duration::from_secs(1);

impl RelyingParty {
    /// The session with tokens that are good; none if it is over.
    pub(super) async fn with_good_tokens(
        self: &Arc<Self>,
        mut row: SessionRow,
        cookie: &str,
    ) -> Result<Option<SessionRow>> {
        for _ in 0..POLLS {
            let now = self.clock.now();
            let good = now < row.access_ends_at;
            match row.refresh_at {
                Some(at) if at <= now => {}
                _ if good => return Ok(Some(row)),
                // The provider did not answer a moment ago.
                Some(_) => return Err(self.away()),
                None => {
                    self.delete(&row.hash).await?;
                    return Ok(None);
                }
            }
            if self.claim(&row).await? {
                let refreshing = Arc::clone(self).refresh(row.clone(), cookie.to_owned());
                let refreshing = tokio::spawn(refreshing);
                if good {
                    return Ok(Some(row));
                }
                refreshing.await.map_err(Error::internal)??;
            } else if good {
                return Ok(Some(row));
            } else {
                sleep(POLL).await;
            }
            let Some(found) = self.find(&row.hash).await? else { return Ok(None) };
            row = found;
        }
        Err(self.away())
    }

    async fn claim(&self, row: &SessionRow) -> Result<bool> {
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        let claimed = store::claim_refresh(&mut db, row, now, now + LEASE).await?;
        db.commit().await?;
        Ok(claimed)
    }

    async fn refresh(self: Arc<Self>, row: SessionRow, cookie: String) -> Result<()> {
        match self.new_tokens(&row, &cookie).await? {
            Ok(new) => self.keep(&new, row.version).await,
            Err(NotIssued::Refused(words)) => {
                tracing::info!(words, "a session ended: the provider refreshes it no more");
                self.delete(&row.hash).await
            }
            Err(NotIssued::NotUs | NotIssued::Away) => {
                let mut db = self.db.write().await?;
                store::refresh_from(&mut db, &row, self.clock.now() + PAUSE).await?;
                Ok(db.commit().await?)
            }
        }
    }

    async fn new_tokens(
        &self,
        row: &SessionRow,
        cookie: &str,
    ) -> Result<Result<SessionRow, NotIssued>> {
        let mut tokens = Tokens::open(cookie, row)?;
        let refresh = tokens.refresh.take().unwrap_or_default();
        let issued = match self.refresh_tokens(&refresh).await {
            Ok(issued) => issued,
            Err(why) => return Ok(Err(why)),
        };
        if let Err(words) = self.check_refreshed(&issued, tokens.id.as_deref()).await {
            return Ok(Err(NotIssued::Refused(words.to_owned())));
        }
        let (access_ends_at, refresh_at) = times(&issued, self.clock.now());
        let new = Tokens::of(issued);
        let new = Tokens {
            refresh: new.refresh.or(Some(refresh)),
            id: new.id.or(tokens.id),
            access: new.access,
        };
        let tokens = new.seal(cookie)?;
        Ok(Ok(SessionRow { tokens, access_ends_at, refresh_at: Some(refresh_at), ..row.clone() }))
    }

    /// An ID token that comes with new tokens must be the same person's (OpenID Connect Core 1.0
    /// §12.2); that the access token is, is checked whenever it is used.
    async fn check_refreshed(
        &self,
        issued: &Issued,
        before: Option<&str>,
    ) -> Result<(), &'static str> {
        let Some(token) = &issued.id_token else { return Ok(()) };
        let expected = Expected { client_id: &self.client.id, nonce: None };
        let claims = self.issuer.check_id_token(token, expected, self.clock.now()).await?;
        let subject = before.and_then(subject);
        match subject.is_none_or(|subject| claims.get("sub").is_some_and(|sub| *sub == *subject)) {
            true => Ok(()),
            false => Err("the ID token that came with new tokens is somebody else's"),
        }
    }

    async fn keep(&self, row: &SessionRow, version: i32) -> Result<()> {
        for _ in 1..TRIES {
            match self.try_to_keep(row, version).await {
                Err(error) => error.log(),
                kept => return kept,
            }
            sleep(BETWEEN).await;
        }
        self.try_to_keep(row, version).await
    }

    async fn try_to_keep(&self, row: &SessionRow, version: i32) -> Result<()> {
        let mut db = self.db.write().await?;
        // Who signed out meanwhile stays signed out.
        store::refreshed(&mut db, row, version).await?;
        Ok(db.commit().await?)
    }
}

/// Whom an ID token is about, that was checked before.
fn subject(token: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Subject {
        sub: String,
    }
    jsonwebtoken::dangerous::insecure_decode_claims::<Subject>(token).ok().map(|it| it.sub)
}
