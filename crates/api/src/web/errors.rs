//! What goes wrong, as people read it.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use jobbergate_types::error::{Location, ValidationError};

use crate::{
    error::{Error, NOT_THE_OWNER},
    identity::Refusal,
};

/// Why there is no page. The words are put on one on their way out, by [`super::headers`].
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) status: StatusCode,
    pub(super) words: String,
    /// What to say above the words.
    pub(super) title: &'static str,
    /// The page below the realm to go on from; the account if there is none.
    pub(super) next: Option<String>,
}

impl Failure {
    pub(super) fn new(status: StatusCode, words: impl Into<String>) -> Self {
        Self { status, words: words.into(), title: title(status), next: None }
    }

    /// For an address at which there never was a page.
    pub(super) fn no_page(status: StatusCode, words: &str) -> Self {
        Self { title: "There is no page here", ..Self::new(status, words) }
    }

    /// For who was logged out before they sent a form; they begin again on this page.
    pub(super) fn logged_out(page: String) -> Self {
        let words = "You were logged out in the meantime, and nothing was changed. Log in, and do it \
                     once more.";
        Self { next: Some(page), ..Self::new(StatusCode::FORBIDDEN, words) }
    }
}

fn title(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "This is not here any more",
        StatusCode::FORBIDDEN => "This was not done",
        status if status.is_server_error() => "This does not work at the moment",
        _ => "Something is wrong with this request",
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        error.log();
        Self::new(error.status(), plain(&error))
    }
}

/// What a person reads where a program reads [`Error::detail`].
pub(super) fn plain(error: &Error) -> String {
    if let Some((table, locator)) = error.missing_entry() {
        let what = match table {
            "job_script_templates" => "application",
            "job_scripts" => "script",
            _ => "submission",
        };
        return format!("There is no {what} {locator}: it was deleted, or never was.");
    }
    match error {
        Error::Forbidden(words) if words == NOT_THE_OWNER => {
            "It belongs to somebody else: only its owner and maintainers may do this.".to_owned()
        }
        Error::NotFoundBare => "There is nothing at this address.".to_owned(),
        Error::Invalid(problems) => {
            let said = problems.iter().map(|problem| match problem.loc.last() {
                Some(Location::Field(name)) => format!("{name}: {}", rule(problem)),
                _ => rule(problem).to_owned(),
            });
            said.collect::<Vec<_>>().join("; ")
        }
        other => other.detail(),
    }
}

/// What is wrong with a value, without the words with which the Python server begins.
pub(super) fn rule(problem: &ValidationError) -> &str {
    problem.msg.strip_prefix("Value error, ").unwrap_or(&problem.msg)
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::OAuth { description, .. } => {
                Self::new(StatusCode::BAD_REQUEST, description.into_owned())
            }
            Refusal::Fault(error) => error.into(),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
