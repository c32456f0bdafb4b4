//! Requests with keys, and how they are done.

use std::sync::atomic::AtomicBool;

use super::key;
use crate::http::input::Parts;

/// A request with a key.
#[derive(Debug)]
pub(crate) struct KeyedRequest {
    /// Whose key it is.
    pub(super) caller: String,
    /// What it is a key for.
    pub(super) route: &'static str,
    pub(super) key: String,
    /// What tells it from other requests.
    pub(super) fingerprint: String,
}

impl KeyedRequest {
    pub(crate) fn new(caller: &str, route: &'static str, key: String, parts: &Parts) -> Self {
        Self { caller: caller.to_owned(), route, key, fingerprint: key::fingerprint(parts) }
    }
}

/// A request that is being done under its key.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(super) request: KeyedRequest,
    pub(super) claim: String,
    pub(super) is_kept: AtomicBool,
}

impl Attempt {
    pub(super) fn new(request: KeyedRequest, claim: String) -> Self {
        Self { request, claim, is_kept: AtomicBool::new(false) }
    }
}
