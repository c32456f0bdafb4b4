//! What single operations answer beside what all of them do, for the API's description.

use axum::http::StatusCode;

/// An answer of an operation.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// When it is given.
    pub description: &'static str,
    /// What it consists of.
    pub body: AnswerBody,
}

/// The body of an answer.
#[derive(Debug, Clone, Copy)]
pub enum AnswerBody {
    /// None.
    Empty,
    /// A sentence on what went wrong.
    Sentence,
    /// JSON of any kind.
    Any,
}

impl Answer {
    /// What the path or the body names is not there.
    pub const NOT_FOUND: Self = Self::sentence(StatusCode::NOT_FOUND, "There is no such thing");
    /// More was sent, or is at the URL that was sent, than is accepted.
    pub const TOO_LARGE: Self =
        Self::sentence(StatusCode::PAYLOAD_TOO_LARGE, "The body or the file is too large");

    /// An answer with a sentence on what went wrong.
    pub const fn sentence(status: StatusCode, description: &'static str) -> Self {
        Self { status, description, body: AnswerBody::Sentence }
    }
}
