//! A sign-in that has begun: what goes to the provider with the browser and comes back with it.
//!
//! Nothing is kept here meanwhile. The cookie is the browser's alone; the state, which the provider
//! sees, has the page to go on with, encrypted; nonce and PKCE verifier are made of both.

use chrono::{DateTime, TimeDelta, Utc};
use rand::CryptoRng;
use url::Url;

use super::{
    RelyingParty,
    provider::Needed,
    seal::{self, Purpose},
};
use crate::{
    error::{Error, Result},
    identity::secrets,
};

/// How long somebody may take at the provider.
pub(crate) const LONGEST: TimeDelta = TimeDelta::minutes(30);
/// The longest address to go on with that goes through the provider, in bytes: some limit states
/// to 4000.
const LONGEST_NEXT: usize = 2000;

/// Where the browser goes, and what it keeps meanwhile.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) url: Url,
    pub(crate) cookie: String,
}

/// A sign-in that has come back.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Attempt {
    pub(super) nonce: String,
    pub(super) verifier: String,
    /// The page to go on with.
    pub(super) next: String,
    pub(super) ends_at: DateTime<Utc>,
}

impl RelyingParty {
    /// Begins a sign-in, in a browser that may have begun another one. `next` is the page to go on
    /// with; `anew` has the provider ask who it is even if it knows.
    pub(crate) async fn begin(
        &self,
        cookie: Option<String>,
        next: &str,
        anew: bool,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<Begun> {
        let cookie = cookie.filter(|it| it.len() == 43).unwrap_or_else(|| secrets::random(rng));
        let known = self.known().await?;
        let mut url = self.endpoint(&known, Needed::Authorization)?;
        let state = state(&cookie, next, self.clock.now() + LONGEST)?;
        let verifier = seal::mark(&cookie, Purpose::Verifier, &state)?;
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client.id)
            .append_pair("redirect_uri", &self.redirect_uri())
            .append_pair("scope", &self.client.scopes)
            .append_pair("state", &state)
            .append_pair("nonce", &seal::mark(&cookie, Purpose::Nonce, &state)?)
            .append_pair("code_challenge", &secrets::hash(&verifier))
            .append_pair("code_challenge_method", "S256");
        if let Some(audience) = &self.client.audience {
            url.query_pairs_mut().append_pair("audience", audience);
        }
        if anew {
            url.query_pairs_mut().append_pair("prompt", "login");
        }
        Ok(Begun { url, cookie })
    }
}

fn state(cookie: &str, next: &str, ends_at: DateTime<Utc>) -> Result<String> {
    let path = next.split(['?', '#']).next().unwrap_or_default();
    let next = [next, path, "/"].into_iter().find(|it| it.len() <= LONGEST_NEXT);
    let text = format!("{} {}", ends_at.timestamp(), next.unwrap_or("/"));
    seal::seal(cookie, Purpose::State, &text)
}

/// What this browser began under this state; none if it was another one, or is no state of ours.
pub(super) fn read(cookie: &str, state: &str) -> Result<Option<Attempt>> {
    let text = seal::open(cookie, Purpose::State, state);
    let parts = text.as_deref().and_then(|text| text.split_once(' '));
    let Some((ends_at, next)) = parts else { return Ok(None) };
    let ends_at = ends_at.parse().ok().and_then(|it| DateTime::from_timestamp(it, 0));
    Ok(Some(Attempt {
        nonce: seal::mark(cookie, Purpose::Nonce, state)?,
        verifier: seal::mark(cookie, Purpose::Verifier, state)?,
        next: next.to_owned(),
        ends_at: ends_at.ok_or_else(|| Error::internal("a state has no end"))?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_browser_that_began_can_end_it() {
        let end = DateTime::from_timestamp(1_000_000, 0).unwrap();
        let first = state("a", "/x?y=1", end).unwrap();
        let attempt = read("a", &first).unwrap().unwrap();
        assert_eq!((attempt.next.as_str(), attempt.ends_at), ("/x?y=1", end));
        assert_eq!(read("b", &first).unwrap(), None);
        for odd in ["", "x", "/x?y=1"] {
            assert_eq!(read("a", odd).unwrap(), None);
        }
        // Two tabs of one browser are two attempts.
        let second = read("a", &state("a", "/x?y=1", end).unwrap()).unwrap().unwrap();
        assert_ne!((&attempt.nonce, &attempt.verifier), (&second.nonce, &second.verifier));
    }

    #[test]
    fn an_address_that_is_too_long_loses_its_query_and_then_all() {
        let next = |next: &str| {
            read("a", &state("a", next, DateTime::UNIX_EPOCH).unwrap()).unwrap().unwrap().next
        };
        let long = "x".repeat(LONGEST_NEXT);
        assert_eq!(next(&format!("/a?{long}")), "/a");
        assert_eq!(next(&format!("/{long}")), "/");
        assert_eq!(next(&long[1..]), long[1..]);
    }
}
