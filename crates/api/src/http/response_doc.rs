//! What single operations respond beside what all of them do, for the API's description.

use axum::http::StatusCode;

#[derive(Debug, Clone, Copy)]
pub struct ResponseDoc {
    pub status: StatusCode,
    /// When it is given.
    pub description: &'static str,
    pub body: BodyDoc,
}

#[derive(Debug, Clone, Copy)]
pub enum BodyDoc {
    Empty,
    /// A sentence on what went wrong.
    Sentence,
    /// JSON of any kind.
    Any,
}

impl ResponseDoc {
    /// What the path or the body names is not there.
    pub const NOT_FOUND: Self = Self::sentence(StatusCode::NOT_FOUND, "There is no such thing");
    /// More was sent, or is at the URL that was sent, than is accepted.
    pub const TOO_LARGE: Self =
        Self::sentence(StatusCode::PAYLOAD_TOO_LARGE, "The body or the file is too large");

    /// The caller has too many requests that wait.
    pub const TOO_MANY: Self =
        Self::sentence(StatusCode::TOO_MANY_REQUESTS, "Too many requests of the caller's wait");

    pub const fn sentence(status: StatusCode, description: &'static str) -> Self {
        Self { status, description, body: BodyDoc::Sentence }
    }
}
