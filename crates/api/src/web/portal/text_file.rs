//! Files of templates and scripts, as pages show them.

use axum::{
    body::Body,
    http::header,
    response::{IntoResponse, Response},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::words;
use crate::{app::Context, error::Result, storage::OpenFile};

/// The largest file that is shown and edited, in bytes.
pub(super) const MAX_SHOWN: u64 = 1 << 20;
/// What each of its bytes takes at most while a page with it is made, in bytes.
const COST: usize = 8;
/// What stands for itself in a header (RFC 5987, and more is escaped than need be).
const IN_HEADER: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');

/// What is in a file.
#[derive(Debug, Clone)]
pub(super) enum Content {
    Text(String),
    /// Why it is not shown.
    Hidden(String),
}

/// Reads a file, if it can be shown.
pub(super) async fn read(context: &Context, file: OpenFile) -> Result<Content> {
    let size = words::bytes(file.size);
    if file.size > MAX_SHOWN {
        let most = words::bytes(MAX_SHOWN);
        return Ok(Content::Hidden(format!(
            "It has {size}, and files of up to {most} are shown here. Download it, and upload it again \
             when you have changed it."
        )));
    }
    let length = usize::try_from(file.size).unwrap_or(usize::MAX);
    context.take_room(length.saturating_mul(COST)).await?;
    match String::from_utf8(file.read().await?.into()) {
        Ok(text) if !text.contains('\0') => Ok(Content::Text(text)),
        _ => Ok(Content::Hidden(format!(
            "It is no text ({size}). Download it, and upload it again when you have changed it."
        ))),
    }
}

/// A file to keep; whatever is in it, no browser takes it for a page.
pub(super) fn download(filename: &str, file: OpenFile) -> Response {
    let last = filename.rsplit('/').next().unwrap_or(filename);
    let name = utf8_percent_encode(last, IN_HEADER);
    let head = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_LENGTH, file.size.to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename*=UTF-8''{name}")),
    ];
    (head, Body::from_stream(file.content())).into_response()
}
