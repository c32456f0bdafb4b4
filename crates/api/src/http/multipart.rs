//! Forms with an uploaded file (RFC 7578).

mod header;
mod paced;
mod workflow;

use axum::{body::Body, http::HeaderMap};
use bytes::{Bytes, BytesMut};
use schemars::JsonSchema;
use serde_json::{Map, Value};

use header::Header;
use paced::{Paced, Unused};
pub use workflow::WorkflowForm;

use super::{
    body::{announced_size, unreadable},
    validation::Problems,
};
use crate::budget::Share;
use crate::error::{Error, Result};

/// The largest form field that is not a file, in bytes.
const MAX_FIELD_SIZE: usize = 1024 * 1024;
/// How many such fields are kept.
const FIELDS: usize = 2;
/// How much larger than the largest file a form as a whole may be, in bytes: room for its other
/// fields, and for telling by how much a file is too large.
const MAX_REST_SIZE: u64 = 16 * 1024 * 1024;

/// A form.
#[derive(Debug, Default)]
pub struct Form {
    /// The file in the field `upload_file`.
    pub upload_file: Option<UploadedFile>,
    /// Text in the field `upload_file`, which should have been a file.
    misplaced_text: Option<String>,
    /// The text in the field `runtime_config`.
    pub runtime_config: Option<String>,
}

/// An uploaded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadedFile {
    /// Its name on the client's disk.
    pub filename: String,
    /// What is in it.
    pub content: Bytes,
}

/// A form with a file, for the API's description.
#[derive(JsonSchema)]
#[schemars(rename = "Body_upload_file")]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct FormSchema {
    /// The file.
    #[schemars(extend("contentMediaType" = "application/octet-stream"))]
    upload_file: Option<String>,
}

impl Form {
    /// Reads the form in `body`, refusing a file above `max_file_size` bytes as soon as it is.
    ///
    /// A body of another kind is an empty form.
    pub(super) async fn read(
        headers: &HeaderMap,
        body: Body,
        max_file_size: usize,
        share: &mut Share,
    ) -> Result<Self> {
        let content_type = headers.get("content-type").map(|value| Header::parse(value.as_bytes()));
        let content_type = content_type.filter(|header| header.value == "multipart/form-data");
        let Some(content_type) = content_type else { return Ok(Self::default()) };
        let boundary = content_type
            .get("boundary")
            .ok_or_else(|| Error::BadRequest("Missing boundary in multipart.".to_owned()))?;
        let charset = content_type.get("charset").unwrap_or_default();
        let most = (max_file_size as u64).saturating_add(MAX_REST_SIZE);
        let largest = max_file_size.saturating_add(FIELDS * MAX_FIELD_SIZE);
        share.grow_to(announced_size(headers).unwrap_or(largest).min(largest)).await?;
        let limit = multer::SizeLimit::new().whole_stream(most);
        let constraints = multer::Constraints::new().size_limit(limit);
        let unused = Unused::default();
        let body = Paced::new(body.into_data_stream(), unused.clone());
        let mut parts = multer::Multipart::with_constraints(body, boundary, constraints);
        let mut form = Self::default();
        loop {
            let field = parts.next_field().await.map_err(|error| refused(error, max_file_size))?;
            let Some(field) = field else { return Ok(form) };
            unused.reset();
            form.take(Part { field, unused: &unused }, charset, max_file_size).await?;
        }
    }

    async fn take(&mut self, part: Part<'_>, charset: &str, max_file_size: usize) -> Result<()> {
        let disposition = part.field.headers().get("content-disposition");
        let disposition = disposition.map(|value| Header::parse(value.as_bytes()));
        let name = disposition.as_ref().and_then(|header| header.text("name", charset));
        let Some(name) = name else {
            let words = "The Content-Disposition header field \"name\" must be provided.";
            return Err(Error::BadRequest(words.to_owned()));
        };
        let filename = disposition.and_then(|header| header.filename(charset));
        match (name.as_str(), filename) {
            ("upload_file", Some(filename)) => {
                let content = limited(part, max_file_size).await?;
                self.upload_file = Some(UploadedFile { filename, content });
            }
            ("upload_file", None) => self.misplaced_text = Some(text(part, charset).await?),
            // `curl --form runtime_config=@settings.json` sends it as a file.
            ("runtime_config", _) => self.runtime_config = Some(text(part, charset).await?),
            _ => drop(limited(part, max_file_size).await?),
        }
        Ok(())
    }

    pub(super) fn check(&self, problems: &mut Problems) -> bool {
        let Some(text) = &self.misplaced_text else { return true };
        let ctx = Map::from_iter([("error".to_owned(), Value::Object(Map::new()))]);
        problems.add_with(
            &vec!["body".into(), "upload_file".into()],
            "value_error",
            "Value error, Expected UploadFile, received: <class 'str'>",
            &Value::String(text.clone()),
            ctx,
        );
        false
    }
}

/// A part of a form.
struct Part<'a> {
    field: multer::Field<'a>,
    unused: &'a Unused,
}

impl Part<'_> {
    async fn chunk(&mut self, limit: usize) -> Result<Option<Bytes>> {
        let chunk = self.field.chunk().await.map_err(|error| refused(error, limit))?;
        self.unused.reset();
        Ok(chunk)
    }
}

async fn text(part: Part<'_>, charset: &str) -> Result<String> {
    let content = limited(part, MAX_FIELD_SIZE).await?;
    Ok(header::decode(&content, charset))
}

async fn limited(mut part: Part<'_>, limit: usize) -> Result<Bytes> {
    let mut content = BytesMut::new();
    while let Some(found) = part.chunk(limit).await? {
        if content.len() + found.len() > limit {
            let mut size = content.len() + found.len();
            // What is too large is counted, not kept.
            drop(std::mem::take(&mut content));
            while let Some(more) = part.chunk(limit).await? {
                size += more.len();
            }
            return Err(Error::TooLarge(format!(
                "Uploaded files cannot exceed {limit} bytes, got {size} bytes"
            )));
        }
        content.extend_from_slice(&found);
    }
    Ok(content.freeze())
}

/// 413 for a form that does not end, 400 for one that makes no sense.
fn refused(error: multer::Error, limit: usize) -> Error {
    if let multer::Error::StreamSizeExceeded { limit: most } = error {
        return Error::TooLarge(format!(
            "Uploaded files cannot exceed {limit} bytes, got a form of more than {most} bytes"
        ));
    }
    unreadable(&error)
}
