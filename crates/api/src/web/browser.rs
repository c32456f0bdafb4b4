//! Who comes with a request.

use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, request::Parts},
};
use rand::rngs::StdRng;

use super::{Web, cookies::Purpose, errors::Failure};
use crate::{
    error::{Error, Result},
    identity::{self, Peer, Session, secrets},
};

/// A browser.
#[derive(Debug)]
pub(super) struct Visitor {
    /// Who is logged in.
    pub(super) person: Option<Person>,
    /// Where it is.
    pub(super) peer: Peer,
    form_cookie: Option<String>,
}

/// Somebody who is logged in.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) session: Session,
    /// What their forms must carry.
    pub(super) form_token: String,
}

impl Person {
    pub(super) fn new(session: Session, cookie: &str) -> Self {
        Self { session, form_token: form_token(cookie) }
    }
}

impl Visitor {
    /// What a form must carry that this browser was given while nobody was logged in.
    pub(super) fn form_token(&self) -> Option<String> {
        self.form_cookie.as_deref().map(form_token)
    }

    /// The same for a form that it is about to be given, with the cookie to set if it has none.
    pub(super) fn new_form(&self, web: &Web) -> Result<(String, Option<HeaderValue>)> {
        if let Some(token) = self.form_token() {
            return Ok((token, None));
        }
        let mut rng: StdRng = rand::make_rng();
        let cookie = secrets::random(&mut rng);
        Ok((form_token(&cookie), Some(web.origin.set_cookie(Purpose::Form, &cookie)?)))
    }

    /// Ends what was logged in here before: nobody goes on in a session that somebody else began.
    pub(super) async fn end_session(&self, web: &Web) -> Result<()> {
        let Some(Person { session, .. }) = &self.person else { return Ok(()) };
        match web.provider.end_session(&session.user, &session.id).await {
            Err(Error::NotFound(_)) => Ok(()),
            ended => ended,
        }
    }
}

/// Bound to the cookie, from which nobody else can make it and which it does not tell.
pub(super) fn form_token(cookie: &str) -> String {
    secrets::hash(&format!("form {cookie}"))
}

impl FromRequestParts<Web> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Failure> {
        let person = match web.origin.cookie(&parts.headers, Purpose::Session) {
            Some(cookie) => {
                // Whoever the directory can't be asked about is nobody: a local administrator gets to
                // the log-in all the same.
                let session = match web.provider.session(&cookie).await {
                    Err(Error::NotReady(_)) => None,
                    session => session?,
                };
                session.map(|session| Person::new(session, &cookie))
            }
            None => None,
        };
        Ok(Self {
            person,
            peer: identity::peer(&parts.headers, &parts.extensions, &web.proxies),
            form_cookie: web.origin.cookie(&parts.headers, Purpose::Form),
        })
    }
}
