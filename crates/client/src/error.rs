//! What can go wrong between here and the server.

use std::{fmt, time::Duration};

use jobbergate_types::error::{Location, ValidationError};
use reqwest::StatusCode;
use serde::Deserialize;

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address of the server is not one.
    #[error("{url:?} is not the address of a Jobbergate server: {why}")]
    BaseUrl {
        /// What was given.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// No HTTP client could be made.
    #[error(
        "no HTTPS connection can be made: {}; most likely the system has no certificates: install the \
         package ca-certificates, or name a file of them with SSL_CERT_FILE", causes(.0)
    )]
    Setup(reqwest::Error),
    /// Nobody answered. The server may or may not have acted.
    #[error("{call}: no answer: {}", causes(.source))]
    Unreachable {
        /// Method and address.
        call: String,
        /// What the network said.
        source: reqwest::Error,
    },
    /// The server answered that it did not do it.
    #[error("{call}: {status}: {detail}")]
    Status {
        /// Method and address.
        call: String,
        /// The status of the answer.
        status: StatusCode,
        /// The server's words.
        detail: Detail,
        /// How long it wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// The answer is not what this version understands.
    #[error("{call}: the answer can't be understood: {why}")]
    Undecodable {
        /// Method and address.
        call: String,
        /// Where the answer departs from what is expected.
        why: String,
    },
}

impl Error {
    /// The status of the answer, if the server answered.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Status { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// How long the server wants to be left alone.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether the same call may succeed later without anybody changing it: no answer, 408,
    /// 429, any 5xx, and 401 or 403, which end when somebody repairs the credentials. So may one that
    /// a proxy did not pass on, as while its server is replaced.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::BaseUrl { .. } | Self::Setup(_) => false,
            Self::Unreachable { .. } | Self::Undecodable { .. } => true,
            Self::Status { status, .. } => {
                let passes = matches!(status.as_u16(), 401 | 403 | 408 | 429);
                status.is_server_error() || passes || (self.is_unknown_route() && self.is_foreign())
            }
        }
    }

    /// Whether there is no such call, as far as the answer says: 404, 405, or 501.
    pub fn is_unknown_route(&self) -> bool {
        self.status().is_some_and(|status| matches!(status.as_u16(), 404 | 405 | 501))
    }

    /// Whether the answer is in other words than a server's, as that of a proxy which has no server to
    /// ask at the moment.
    pub fn is_foreign(&self) -> bool {
        matches!(self, Self::Status { detail: Detail::Foreign(_), .. })
    }
}

/// What a server says about a request that it refused.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Detail {
    /// A sentence.
    Text(String),
    /// Everything that is wrong with the request.
    Validation(Vec<ValidationError>),
    /// Words that are not those of a server.
    #[serde(skip)]
    Foreign(String),
}

#[derive(Deserialize)]
struct Body {
    detail: Detail,
}

#[derive(Deserialize)]
struct OAuthBody {
    error: String,
    error_description: Option<String>,
}

impl Detail {
    /// Reads the body of an unsuccessful answer of the API or of an OAuth token endpoint; what
    /// is neither (a proxy's page) is kept as it is.
    pub(crate) fn read(body: &str) -> Self {
        if let Ok(body) = serde_json::from_str::<Body>(body) {
            return body.detail;
        }
        if let Ok(oauth) = serde_json::from_str::<OAuthBody>(body) {
            return Self::Text(oauth.error_description.unwrap_or(oauth.error));
        }
        let line = body.trim().chars().map(|c| if c.is_control() { ' ' } else { c });
        Self::Foreign(line.take(500).collect())
    }
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Foreign(text) => f.write_str(text),
            Self::Validation(problems) => {
                for (i, problem) in problems.iter().enumerate() {
                    let separator = if i == 0 { "" } else { "; " };
                    write!(f, "{separator}")?;
                    for (step, location) in problem.loc.iter().enumerate() {
                        let dot = if step == 0 { "" } else { "." };
                        match location {
                            Location::Field(field) => write!(f, "{dot}{field}")?,
                            Location::Index(index) => write!(f, "{dot}{index}")?,
                        }
                    }
                    write!(f, ": {}", problem.msg)?;
                }
                Ok(())
            }
        }
    }
}

/// An error with all its causes: reqwest's own text is "error sending request".
fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_the_api_is_read() {
        let sentence = Detail::read(r#"{"detail": "No such thing"}"#);
        assert_eq!(sentence, Detail::Text("No such thing".to_owned()));
        let list = r#"{"detail":[{"type":"missing","loc":["body","name"],"msg":"Field required","input":{}}]}"#;
        let Detail::Validation(problems) = Detail::read(list) else { panic!("not a list") };
        assert_eq!(problems[0].msg, "Field required");
        assert_eq!(Detail::read(list).to_string(), "body.name: Field required");
    }

    #[test]
    fn a_token_endpoint_and_a_proxy_are_quoted() {
        let oauth = r#"{"error":"unauthorized_client","error_description":"Invalid client"}"#;
        assert_eq!(Detail::read(oauth).to_string(), "Invalid client");
        assert_eq!(Detail::read("one\ntwo\u{1b}[31m").to_string(), "one two [31m");
        assert_eq!(Detail::read("<h1>Bad Gateway</h1>\n").to_string(), "<h1>Bad Gateway</h1>");
    }
}
