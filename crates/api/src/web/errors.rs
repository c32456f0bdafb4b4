//! What goes wrong, as people read it.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

use crate::{error::Error, identity::Refusal};

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
        Self::new(error.status(), error.detail())
    }
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
