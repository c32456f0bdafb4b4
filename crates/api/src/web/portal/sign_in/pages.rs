//! What people see of signing in with an external provider: that it failed, and that they signed out.

use askama::Template;
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::external::begin;
use crate::{
    error::{Error, Result},
    relying_party::{Refused, RelyingParty, Why},
    web::{
        errors::Failure,
        page::page,
        portal::{Site, frame::Frame},
    },
};

#[derive(Template)]
#[template(path = "portal/not_signed_in.html")]
pub(super) struct NotSignedIn<'a> {
    frame: Frame,
    words: String,
    /// Who it is that has to say more, if it is not the person.
    provider: &'a str,
    again: String,
    /// For whoever is somebody else at the provider, too.
    anew: String,
}

#[derive(Template)]
#[template(path = "portal/signed_out.html")]
struct SignedOutPage<'a> {
    frame: Frame,
    provider: &'a str,
    /// Where to sign out there, too.
    elsewhere: Option<&'a str>,
    only_here: bool,
    again: String,
}

impl NotSignedIn<'_> {
    /// Says why nobody was signed in who came back from the provider.
    pub(super) fn refused(site: &Site, party: &RelyingParty, refused: Refused) -> Response {
        let Refused { why, next } = refused;
        let provider = party.provider_name();
        let (status, words) = match why {
            Why::NotBegunHere => (
                StatusCode::BAD_REQUEST,
                "This sign-in was begun in another browser, or your browser keeps no cookies for \
                 this site."
                    .to_owned(),
            ),
            Why::Over => (
                StatusCode::BAD_REQUEST,
                "This sign-in took too long, or was used already.".to_owned(),
            ),
            Why::Denied(said) => {
                (StatusCode::FORBIDDEN, format!("{provider} did not sign you in: {said}"))
            }
            Why::NotTrusted(said) => (
                StatusCode::BAD_GATEWAY,
                format!(
                    "What {provider} says is not to be trusted: {said}. Tell your administrator, \
                     whom this server's log tells more."
                ),
            ),
            Why::NothingPermitted(who) => (
                StatusCode::FORBIDDEN,
                format!(
                    "{provider} knows you as {who}, but nothing is permitted to you here. Ask your \
                     administrator for a role, then sign in again."
                ),
            ),
            Why::Fault(error) => return Self::fault(site, party, &next, error),
        };
        Self::show(site, party, &next, status, words)
    }

    /// Says what does not work.
    pub(super) fn fault(site: &Site, party: &RelyingParty, next: &str, error: Error) -> Response {
        error.log();
        let words = format!("{}.", error.detail());
        Self::show(site, party, next, error.status(), words)
    }

    fn show(
        site: &Site,
        party: &RelyingParty,
        next: &str,
        status: StatusCode,
        words: String,
    ) -> Response {
        let template = NotSignedIn {
            frame: Frame::bare(site),
            words,
            provider: party.provider_name(),
            again: begin(site, next, false),
            anew: begin(site, next, true),
        };
        page(status, &template).unwrap_or_else(|error| Failure::from(error).into_response())
    }
}

/// Goes on to the provider, where somebody signs out, too.
pub(super) fn signing_out(site: &Site, party: &RelyingParty, url: &str) -> Result<Response> {
    show_signed_out(site, party, Some(url), false)
}

/// Where people are who have signed out.
pub(super) fn signed_out_here(
    site: &Site,
    party: &RelyingParty,
    only_here: bool,
) -> Result<Response> {
    show_signed_out(site, party, None, only_here)
}

fn show_signed_out(
    site: &Site,
    party: &RelyingParty,
    elsewhere: Option<&str>,
    only_here: bool,
) -> Result<Response> {
    let template = SignedOutPage {
        frame: Frame::bare(site),
        provider: party.provider_name(),
        elsewhere,
        only_here,
        again: begin(site, "/", only_here),
    };
    page(StatusCode::OK, &template)
}
