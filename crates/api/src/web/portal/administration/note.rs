//! What a page says of what was just done, or not done.

use axum::{
    extract::{FromRequestParts, Query},
    http::{StatusCode, request::Parts},
};
use serde::Deserialize;
use std::convert::Infallible;

use crate::{
    error::Error,
    web::{errors::Failure, portal::fields::Fields},
};

#[derive(Debug, Default)]
pub(super) struct Note {
    pub(super) status: StatusCode,
    pub(super) done: Option<&'static str>,
    pub(super) problem: Option<String>,
    /// What was filled in when it was not done.
    pub(super) typed: Fields,
}

#[derive(Deserialize)]
struct Done {
    #[serde(default)]
    done: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Note {
    type Rejection = Infallible;

    /// From the address that a form led to.
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let done = Query::<Done>::from_request_parts(parts, state).await;
        Ok(Self {
            done: done.ok().and_then(|Query(Done { done })| words(&done)),
            ..Self::default()
        })
    }
}

impl Note {
    /// Why something was not done, if it is for the administrator to do it otherwise.
    pub(super) fn refused(error: Error, typed: Fields) -> Result<Self, Failure> {
        match error {
            Error::Unprocessable(_)
            | Error::Conflict(_)
            | Error::BadRequest(_)
            | Error::Forbidden(_)
            | Error::NotFound(_)
            | Error::NotReady(_) => {
                let status = error.status();
                Ok(Self { status, problem: Some(format!("{error}.")), done: None, typed })
            }
            error => Err(error.into()),
        }
    }

    /// Why something can't be done with what was filled in.
    pub(super) fn problem(words: impl Into<String>, typed: Fields) -> Self {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Self { status, problem: Some(words.into()), done: None, typed }
    }
}

fn words(done: &str) -> Option<&'static str> {
    Some(match done {
        "made" => "The account was made.",
        "invited" => "The account was made. Hand the link below over: it is shown once.",
        "link" => {
            "The link below was made. Hand it over: it is shown once, and links made before are \
                   good no more."
        }
        "sent" => "The link was sent by e-mail. Links made before are good no more.",
        "granted" => "The role was given. It counts with the next access token.",
        "revoked" => "The role was taken. It counts with the next access token.",
        "disabled" => "The account is disabled; its sessions and tokens have ended.",
        "enabled" => "The account is enabled.",
        "session" => "The session has ended, with the programs that were let in from it.",
        "logged-out" => "All sessions, programs and open links have ended.",
        "deleted" => "The account was deleted. What its owner made is still there.",
        "role-made" => "The role was made.",
        "role-changed" => "The role was changed. It counts with the next access tokens.",
        "role-deleted" => "The role was deleted.",
        "agent-made" => "The agent was registered. Its secret is below: it is shown once.",
        "agent-rotated" => {
            "The agent has another secret, shown below once. The old one is worth \
                            nothing any more."
        }
        "agent-deleted" => {
            "The agent's client was deleted. Tokens that it has are good until they \
                            expire, within minutes."
        }
        "organization-made" => "The organization was made.",
        "organization-forgotten" => {
            "The organization is in the list no more. Its data is still there."
        }
        "retried" => "What failed is tried again now.",
        "dropped" => "What waited was forgotten. Nobody is told of it.",
        "key" => "Another key signs tokens from now on.",
        _ => return None,
    })
}
