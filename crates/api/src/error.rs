//! What goes wrong, as the client reads it; causes within the server go to the log.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use jobbergate_types::error::{ErrorBody, HTTPValidationError, ValidationError};
use sqlx::{error::DatabaseError, postgres::PgDatabaseError};

/// When a client that found no room had better try again, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");
/// The same for one whose first request is still under way.
const RETRY_SOON: HeaderValue = HeaderValue::from_static("1");

/// The Python server's words for a row that is not there, between its table and what it was asked for by.
const NO_ENTRY: &str = " entry was not found by locator=";
/// The Python server's words for somebody who does not own what they want to change.
pub(crate) const NOT_THE_OWNER: &str = "Mismatch on attribute(s): owner_email";

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// 400, with a sentence.
    #[error("{0}")]
    BadRequest(String),
    /// 401: no token, or none that can be trusted.
    #[error("Not authenticated")]
    Unauthenticated,
    /// 403: the token has no permission that the operation accepts.
    #[error("Not authorized")]
    MissingPermission,
    /// 403: the caller is not whom the resource belongs to.
    #[error("{0}")]
    Forbidden(String),
    /// 404, with a sentence.
    #[error("{0}")]
    NotFound(String),
    /// 404 without a body.
    #[error("not found")]
    NotFoundBare,
    /// 408: the client stopped sending.
    #[error("The rest of the body did not arrive in time")]
    TooSlow,
    /// 409, with a sentence.
    #[error("{0}")]
    Conflict(String),
    /// 409: somebody else changed it since the caller looked at it.
    #[error("Somebody else changed this meanwhile; look at it again")]
    Changed,
    /// 409, with a sentence: it will be over soon.
    #[error("{0}")]
    UnderWay(String),
    /// 413, with a sentence.
    #[error("{0}")]
    TooLarge(String),
    /// 422, with a sentence.
    #[error("{0}")]
    Unprocessable(String),
    /// 400 or 422, with a sentence, and where in which file.
    #[error("{}", .0.words)]
    InFile(Box<InFile>),
    /// 422, with all problems of the input.
    #[error("the input has {} problems", .0.len())]
    Invalid(Vec<ValidationError>),
    /// 503: something that the server needs does not answer.
    #[error("{service} is unavailable")]
    Unavailable {
        service: &'static str,
        /// Why, for the log.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// 503, with a sentence: there is too much to do at once.
    #[error("{0}")]
    Busy(&'static str),
    /// 429, with a sentence: the caller does too much at once.
    #[error("{0}")]
    TooMany(&'static str),
    /// The client went away; nobody reads this.
    #[error("The client went away")]
    Gone,
    /// 507: there is no room for what was to be kept.
    #[error("the {service} has no room left")]
    Full {
        service: &'static str,
        /// Whether a file may have new content all the same.
        changed: bool,
        /// Why, for the log.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// 503, with a sentence; the cause is in the log already.
    #[error("{0}")]
    NotReady(String),
    /// 501, with a sentence: the other end can't do that.
    #[error("{0}")]
    NotImplemented(String),
    /// 504, with a sentence: what was asked on the caller's behalf did not answer.
    #[error("{0}")]
    NoAnswer(String),
    /// 500: a fault of the server.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What is wrong in a file of a template, or of the script that came of it.
#[derive(Debug, Clone)]
pub struct InFile {
    pub(crate) status: StatusCode,
    /// What the client reads.
    pub(crate) words: String,
    pub(crate) filename: String,
    /// Counted from 1, where it is known.
    pub(crate) line: Option<usize>,
    /// The lines around it, with their numbers.
    pub(crate) around: Vec<(usize, String)>,
}

/// So many lines are shown before and after the one that is at fault, so long at most.
const LINES_AROUND: usize = 3;
const LONGEST_LINE: usize = 300;

impl InFile {
    pub(crate) fn new(
        status: StatusCode,
        words: String,
        filename: &str,
        place: (Option<usize>, &str),
    ) -> Self {
        let (line, content) = place;
        let numbered = content.lines().enumerate().map(|(at, text)| (at + 1, text));
        let around = line.map_or_else(Vec::new, |line| {
            let first = line.saturating_sub(LINES_AROUND).max(1);
            let shown = numbered.skip(first - 1).take(line + LINES_AROUND + 1 - first);
            shown.map(|(at, text)| (at, text.chars().take(LONGEST_LINE).collect())).collect()
        });
        Self { status, words, filename: filename.to_owned(), line, around }
    }
}

impl InFile {
    pub(crate) fn is_at(&self, line: &usize) -> bool {
        self.line == Some(*line)
    }
}

impl From<InFile> for Error {
    fn from(fault: InFile) -> Self {
        Self::InFile(Box::new(fault))
    }
}

/// The answer of a service or a handler.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A fault of the server.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }

    /// The row that was asked for by `locator` does not exist.
    pub fn no_entry(table: &str, locator: impl std::fmt::Display) -> Self {
        Self::NotFound(format!("{table}{NO_ENTRY}{locator}"))
    }

    /// The table of the row that does not exist, and what it was asked for by.
    pub(crate) fn missing_entry(&self) -> Option<(&str, &str)> {
        match self {
            Self::NotFound(words) => words.split_once(NO_ENTRY),
            _ => None,
        }
    }

    pub fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::MissingPermission | Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::InFile(fault) => fault.status,
            Self::NotFound(_) | Self::NotFoundBare => StatusCode::NOT_FOUND,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Conflict(_) | Self::Changed | Self::UnderWay(_) => StatusCode::CONFLICT,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unprocessable(_) | Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unavailable { .. } | Self::NotReady(_) | Self::Busy(_) | Self::Gone => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Full { .. } => StatusCode::INSUFFICIENT_STORAGE,
            Self::NotImplemented(_) => StatusCode::NOT_IMPLEMENTED,
            Self::NoAnswer(_) => StatusCode::GATEWAY_TIMEOUT,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What the client reads.
    pub(crate) fn detail(&self) -> String {
        match self {
            Self::Internal(_) => {
                "Internal server error; the server's log has the cause under the request id".into()
            }
            Self::Unavailable { service, .. } => {
                format!(
                    "The {service} is not available now; try again in a moment. If it stays so, the server's log has the cause"
                )
            }
            Self::Full { service, changed, .. } => {
                let state = match changed {
                    true => "the file may have its new content, but nothing else was changed",
                    false => "nothing was changed",
                };
                format!(
                    "The disk of the {service} is full: {state}. Try again when the server's \
                     administrator has made room"
                )
            }
            other => other.to_string(),
        }
    }

    /// Puts the cause into the log, where it is a matter of the server.
    pub(crate) fn log(&self) {
        match self {
            Self::Internal(cause) => tracing::error!(error = %cause, "request failed"),
            Self::Unavailable { service, source } | Self::Full { service, source, .. } => {
                tracing::warn!(service, error = %source, "request could not be served");
            }
            _ => {}
        }
    }

    /// What went wrong, for those who may know the causes.
    pub fn with_cause(&self) -> String {
        match self {
            Self::Unavailable { source, .. } | Self::Full { source, .. } => {
                format!("{self}: {source}")
            }
            Self::Internal(cause) => format!("{self}: {cause}"),
            other => other.to_string(),
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::Io(_)
            | sqlx::Error::Tls(_) => {
                Self::Unavailable { service: "database", source: error.into() }
            }
            sqlx::Error::Database(error) if error.is_foreign_key_violation() => {
                let words = "What this belongs to was deleted meanwhile; look again, then retry";
                Self::Conflict(words.to_owned())
            }
            sqlx::Error::Database(error) => match lack(&*error) {
                Some(Lack::Room) => {
                    Self::Full { service: "database", changed: false, source: error.into() }
                }
                Some(Lack::Service) => {
                    Self::Unavailable { service: "database", source: error.into() }
                }
                None => Self::internal(sqlx::Error::Database(error)),
            },
            other => Self::internal(other),
        }
    }
}

/// What a database lacks to run a statement that it may run later.
enum Lack {
    Room,
    Service,
}

/// PostgreSQL has no room (`disk_full`), is out of other resources, can't read or write its files, is
/// stopping, breaks up a deadlock or waited too long for a lock (classes 08, 40, 53, 57, 58 and
/// `lock_not_available` of its error codes).
///
/// SQLite's result codes are in the lowest byte of the extended ones: no room (13, and 19 in the
/// second byte of an input or output error: no room for its shared memory), the file busy (5), no
/// memory (7), a file system that is read-only (8) or fails (10), no descriptors left (14).
fn lack(error: &dyn DatabaseError) -> Option<Lack> {
    let code = error.code()?;
    if error.try_downcast_ref::<PgDatabaseError>().is_some() {
        let for_now = ["08", "40", "53", "57", "58"].iter().any(|class| code.starts_with(class));
        return match &*code {
            "53100" => Some(Lack::Room),
            "55P03" => Some(Lack::Service),
            _ => for_now.then_some(Lack::Service),
        };
    }
    let code: u32 = code.parse().ok()?;
    match code & 0xff {
        13 => Some(Lack::Room),
        10 if code >> 8 == 19 => Some(Lack::Room),
        5 | 7 | 8 | 10 | 14 => Some(Lack::Service),
        _ => None,
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = self.status();
        self.log();
        if let Self::NotFoundBare = self {
            return status.into_response();
        }
        if let Self::Invalid(detail) = self {
            return (status, Json(HTTPValidationError { detail })).into_response();
        }
        let mut response = (status, Json(ErrorBody { detail: self.detail() })).into_response();
        if matches!(self, Self::Unauthenticated | Self::MissingPermission) {
            let bearer = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, bearer);
        }
        if matches!(self, Self::Busy(_) | Self::TooMany(_)) {
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        if matches!(self, Self::UnderWay(_)) {
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_SOON);
        }
        response
    }
}
