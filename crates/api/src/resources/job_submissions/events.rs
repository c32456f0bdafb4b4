//! Submissions as people watch them: a stream of what changes.

mod all;
mod one;
pub(crate) mod routes;
pub(crate) mod watch;

use std::fmt::Display;

use bytes::Bytes;

use crate::http::sse;

/// What is told of a submission that was deleted.
fn deleted(id: i64, event_id: Option<&dyn Display>) -> Bytes {
    sse::event("deleted", event_id, format!(r#"{{"id":{id}}}"#).as_bytes())
}
