//! Reading bodies of requests.

use std::error::Error as StdError;

use axum::body::Body;
use bytes::Bytes;
use http_body_util::LengthLimitError;
use tower_http::timeout::TimeoutError;

use crate::error::{Error, Result};

/// Reads a body of at most so many bytes.
pub(super) async fn read_bytes(body: Body, limit: usize) -> Result<Bytes> {
    axum::body::to_bytes(body, limit).await.map_err(|error| {
        if has_cause::<LengthLimitError>(&error) {
            return Error::TooLarge(format!("The body exceeds {limit} bytes"));
        }
        unreadable(&error)
    })
}

/// 408 for a client that stopped sending, 400 for anything else.
pub(super) fn unreadable(error: &(dyn StdError + 'static)) -> Error {
    tracing::debug!(error, "a body could not be read");
    if has_cause::<TimeoutError>(error) {
        return Error::TooSlow;
    }
    Error::BadRequest("There was an error parsing the body".to_owned())
}

fn has_cause<E: StdError + 'static>(error: &(dyn StdError + 'static)) -> bool {
    error.is::<E>() || error.source().is_some_and(has_cause::<E>)
}
