//! A part of a job's output as an answer: bytes, and headers that say which they are.

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use jobbergate_types::output::{
    ENDED_HEADER, FILE_HEADER, FROM_HEADER, NEXT_HEADER, OutputPart, PATH_HEADER, REPLACED_HEADER,
    SIZE_HEADER,
};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use schemars::{Schema, SchemaGenerator, json_schema};

use crate::http::output::Output;

/// What is encoded in the header with the path, beside all that is not ASCII.
const ENCODED: &AsciiSet = &CONTROLS.add(b'%');

/// 200 with bytes of a job's output.
#[derive(Debug)]
pub(crate) struct JobOutput(pub(crate) OutputPart);

impl JobOutput {
    /// How many there are.
    pub(super) fn bytes(&self) -> usize {
        self.0.bytes.len()
    }
}

impl Output for JobOutput {
    const STATUS: StatusCode = StatusCode::OK;
    const MEDIA_TYPE: &'static str = "application/octet-stream";

    fn into_answer(self) -> Response {
        let next = self.0.next();
        let OutputPart { from, size, file, path, ended, replaced, bytes } = self.0;
        let text = |text: String| HeaderValue::from_str(&text).ok();
        let flag = |flag: bool| HeaderValue::from_static(if flag { "true" } else { "false" });
        let mut response = bytes.into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(Self::MEDIA_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // What a job writes is never to be run as a page of ours.
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        let described = [
            (FROM_HEADER, Some(from.into())),
            (NEXT_HEADER, Some(next.into())),
            (SIZE_HEADER, Some(size.into())),
            (FILE_HEADER, text(file)),
            (PATH_HEADER, text(utf8_percent_encode(&path, ENCODED).to_string())),
            (ENDED_HEADER, Some(flag(ended))),
            (REPLACED_HEADER, Some(flag(replaced))),
        ];
        for (name, value) in described {
            if let Some(value) = value {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        response
    }

    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        Some(json_schema!({"type": "string", "contentMediaType": Self::MEDIA_TYPE}))
    }
}
