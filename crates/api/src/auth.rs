//! Who is calling, and what they may do.
//!
//! A handler names in its signature which kind of caller it serves ([`Caller`], [`Owner`],
//! [`Agent`]) and with which permission; without one it does not compile.

mod claims;
mod issuer;
mod issuers;
mod occasion;
mod principal;
mod seen;
mod signature;
mod verifier;

pub use claims::{Identity, TokenKind};
pub use issuer::ExternalIssuer;
pub(crate) use issuer::{Expected, FetchError, Known, read_limited};
pub use principal::{Agent, Caller, Claim, Owner, Principal, require_claims};
pub use verifier::Verifier;
