//! RP-initiated logout: a program sends the browser here when its person logs out of it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

use super::{Provider, Session, authorization::given, redirects, store::families};
use crate::error::{Error, Result};

/// A program's request.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LogOutRequest {
    pub id_token_hint: Option<String>,
    pub client_id: Option<String>,
    pub post_logout_redirect_uri: Option<String>,
    pub state: Option<String>,
}

/// What to do with the browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogOut {
    /// Ask the person whether they want to log out: the program did not show that it is theirs.
    /// Then ask again, `confirmed`.
    Confirm,
    /// The session is over; forget the cookie, and send the browser back to the program.
    Redirect(String),
    /// The session is over; forget the cookie, and say so.
    Done,
    /// Tell the person what is wrong with the request; nothing has ended.
    Refuse(&'static str),
}

impl Provider {
    /// Ends the browser's session, at once if the program shows a token of it, else when the
    /// person has `confirmed` it.
    pub async fn log_out(
        &self,
        request: &LogOutRequest,
        session: Option<&Session>,
        confirmed: bool,
    ) -> Result<LogOut> {
        let Some((claims, is_good)) = self.hint(given(&request.id_token_hint)).await? else {
            return Ok(LogOut::Refuse("id_token_hint is no token of this server."));
        };
        let said = |name: &str| claims.get(name).and_then(Value::as_str);
        let text = |name: &str| said(name).filter(|_| is_good);
        let client_id = given(&request.client_id);
        if client_id.is_some() && said("aud").is_some_and(|aud| Some(aud) != client_id) {
            return Ok(LogOut::Refuse("id_token_hint was issued to another program."));
        }
        let back = match given(&request.post_logout_redirect_uri) {
            None => None,
            Some(uri) => match self.way_back(client_id.or(said("aud")), uri).await? {
                Some(url) => Some(url),
                None => {
                    return Ok(LogOut::Refuse(
                        "post_logout_redirect_uri is not registered for this program.",
                    ));
                }
            },
        };
        if let Some(session) = session {
            let theirs = text("sub") == Some(&session.user.id);
            if !theirs && !confirmed {
                return Ok(LogOut::Confirm);
            }
            match self.end_session(&session.user, &session.id).await {
                Ok(()) | Err(Error::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        self.end_family_of(text("sid")).await?;
        Ok(match back {
            Some(mut url) => {
                if let Some(state) = given(&request.state) {
                    url.query_pairs_mut().append_pair("state", state);
                }
                LogOut::Redirect(url.into())
            }
            None => LogOut::Done,
        })
    }

    /// What the request's token says, and whether it is ours; nothing if it can't be. One whose key
    /// was withdrawn says which program asks, as any request may, but not whose it is.
    async fn hint(&self, token: Option<&str>) -> Result<Option<(Map<String, Value>, bool)>> {
        let Some(token) = token else { return Ok(Some((Map::new(), false))) };
        if let Some(claims) = self.signed_claims(token, "ID").await? {
            return Ok(Some((claims, true)));
        }
        Ok(self.unsigned_claims(token).await?.map(|claims| (claims, false)))
    }

    async fn way_back(&self, client_id: Option<&str>, uri: &str) -> Result<Option<Url>> {
        let Some(client_id) = client_id else { return Ok(None) };
        let client = self.find_client(client_id).await?;
        let known = client.is_some_and(|it| redirects::is_registered(uri, &it.redirect_uris));
        Ok(Url::parse(uri).ok().filter(|_| known))
    }

    /// The tokens that the program had end, too.
    async fn end_family_of(&self, family: Option<&str>) -> Result<()> {
        let Some(family) = family else { return Ok(()) };
        let mut db = self.db.write().await?;
        families::revoke(&mut db, family, self.clock.now()).await?;
        db.commit().await?;
        self.revocations.changed();
        Ok(())
    }
}
