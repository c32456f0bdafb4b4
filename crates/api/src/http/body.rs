//! Reading bodies of requests.

use std::error::Error as StdError;

use axum::{body::Body, http::HeaderMap};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use tower_http::timeout::TimeoutError;

use crate::budget::Share;
use crate::error::{Error, Result};

/// Reads a body of at most so many bytes. Room for the announced size is taken at once, for any
/// other as it comes.
pub(crate) async fn read_bytes(
    headers: &HeaderMap,
    mut body: Body,
    limit: usize,
    share: &mut Share,
) -> Result<Bytes> {
    let too_large = || Error::TooLarge(format!("The body exceeds {limit} bytes"));
    let announced = announced_size(headers).unwrap_or_default().min(limit);
    share.grow_to(announced).await?;
    let mut read = BytesMut::with_capacity(announced);
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame.map_err(|error| unreadable(&error))?.into_data() else { continue };
        let size = read.len() + piece.len();
        if size > limit {
            return Err(too_large());
        }
        share.grow_to(size).await?;
        read.extend_from_slice(&piece);
    }
    Ok(read.freeze())
}

/// The size in the header `content-length`.
pub(super) fn announced_size(headers: &HeaderMap) -> Option<usize> {
    headers.get("content-length")?.to_str().ok()?.parse().ok()
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
