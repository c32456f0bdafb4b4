//! What clients are refused, as OAuth 2.0 names it.

use std::borrow::Cow;

use crate::error::Error;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// An error code of OAuth 2.0 (RFC 6749 §4.1.2.1 and §5.2, RFC 7009, RFC 8628) or OpenID
        /// Connect (Core §3.1.2.6).
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// Its name on the wire.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

codes! {
    /// The person said no.
    AccessDenied = "access_denied",
    /// Nobody has said yes or no yet.
    AuthorizationPending = "authorization_pending",
    /// The person would have to be asked.
    ConsentRequired = "consent_required",
    /// The device code is too old.
    ExpiredToken = "expired_token",
    /// The client is not known, or did not show that it is the one.
    InvalidClient = "invalid_client",
    /// The code or token is not good, or not this client's.
    InvalidGrant = "invalid_grant",
    /// Something is missing, given twice or malformed.
    InvalidRequest = "invalid_request",
    /// More is asked for than was granted.
    InvalidScope = "invalid_scope",
    /// The token in the header is not good.
    InvalidToken = "invalid_token",
    /// The person would have to log in.
    LoginRequired = "login_required",
    /// Requests as signed objects are not supported.
    RequestNotSupported = "request_not_supported",
    /// Requests that are to be fetched are not supported.
    RequestUriNotSupported = "request_uri_not_supported",
    /// The client asks too often.
    SlowDown = "slow_down",
    /// The client may not do this.
    UnauthorizedClient = "unauthorized_client",
    /// There is no such grant.
    UnsupportedGrantType = "unsupported_grant_type",
    /// There is no such way of answering.
    UnsupportedResponseType = "unsupported_response_type",
    /// Tokens of this kind can't be revoked one by one.
    UnsupportedTokenType = "unsupported_token_type",
}

/// Why a client does not get what it asks for.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Because of what it sent.
    #[error("{}: {description}", code.as_str())]
    OAuth {
        /// Why, for programs.
        code: Code,
        /// Why, for people.
        description: Cow<'static, str>,
    },
    /// Because of a fault here.
    #[error(transparent)]
    Fault(#[from] Error),
}

impl Refusal {
    /// A refusal because of what the client sent.
    pub(super) fn new(code: Code, description: impl Into<Cow<'static, str>>) -> Self {
        Self::OAuth { code, description: described(description.into()) }
    }
}

/// Words with the characters that a description may have (RFC 6749 §5.2): some repeat what the
/// client sent.
fn described(words: Cow<'static, str>) -> Cow<'static, str> {
    let allowed = |c: char| matches!(c, ' '..='~') && !matches!(c, '"' | '\\');
    if words.chars().all(allowed) {
        return words;
    }
    words.chars().map(|c| if allowed(c) { c } else { '?' }).collect()
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Fault(error.into())
    }
}
