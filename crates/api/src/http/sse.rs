//! Server-sent events (WHATWG HTML, section 9.2).

use std::{convert::Infallible, fmt::Display, fmt::Write};

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{Stream, StreamExt, stream::BoxStream};
use schemars::{Schema, SchemaGenerator, json_schema};

use super::output::Output;

/// Keeps proxies from collecting events (nginx).
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// 200 with events as they happen.
pub struct EventStream(BoxStream<'static, Bytes>);

impl EventStream {
    pub(crate) fn new(events: impl Stream<Item = Bytes> + Send + 'static) -> Self {
        Self(events.boxed())
    }
}

/// What tells a client how soon to come back when the stream ends, and where it begins.
pub(crate) fn opening(retry_milliseconds: u64, id: Option<&dyn Display>) -> Bytes {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    format!("retry: {retry_milliseconds}\n{id}\n").into()
}

/// A line that clients pass over, which keeps the connection alive, and where to go on.
pub(crate) fn heartbeat(id: Option<&dyn Display>) -> Bytes {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    format!(":\n{id}\n").into()
}

/// An event; `data` is JSON, which has no line breaks.
pub(crate) fn event(name: &str, id: Option<&dyn Display>, data: &[u8]) -> Bytes {
    let mut head = format!("event: {name}\n");
    if let Some(id) = id {
        // Writing to a text does not fail.
        let _ = writeln!(head, "id: {id}");
    }
    [head.as_bytes(), b"data: ", data, b"\n\n"].concat().into()
}

/// An event whose data is text of any number of lines.
pub(crate) fn text_event(name: &str, text: &str) -> Bytes {
    let mut event = format!("event: {name}\n");
    for line in text.split(['\n', '\r']) {
        // Writing to a text does not fail.
        let _ = writeln!(event, "data: {line}");
    }
    event.push('\n');
    event.into()
}

impl Output for EventStream {
    const STATUS: StatusCode = StatusCode::OK;
    const MEDIA_TYPE: &'static str = "text/event-stream";

    fn into_answer(self) -> Response {
        let head = [
            (header::CONTENT_TYPE, HeaderValue::from_static(Self::MEDIA_TYPE)),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (BUFFERING, HeaderValue::from_static("no")),
        ];
        (head, Body::from_stream(self.0.map(Ok::<_, Infallible>))).into_response()
    }

    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        Some(json_schema!({"type": "string"}))
    }
}
