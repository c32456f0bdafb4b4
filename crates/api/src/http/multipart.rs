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

#[derive(Debug, Default)]
pub struct Form {
    pub upload_file: Option<UploadedFile>,
    /// Text in the field `upload_file`, which should have been a file.
    misplaced_text: Option<String>,
    pub runtime_config: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadedFile {
    /// Its name on the client's disk.
    pub filename: String,
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
        let announced = announced_size(headers).unwrap_or(largest);
        share.grow_to(announced.min(largest)).await?;
        let room = announced.min(max_file_size);
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
            form.take(Part { field, unused: &unused, room }, charset, max_file_size).await?;
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
            // Of several fields of one name the last counts, and only one is held at a time.
            ("upload_file", Some(filename)) => {
                self.upload_file = None;
                let content = limited(part, max_file_size).await?;
                self.upload_file = Some(UploadedFile { filename, content });
            }
            ("upload_file", None) => {
                self.misplaced_text = None;
                self.misplaced_text = Some(text(part, charset).await?);
            }
            // `curl --form runtime_config=@settings.json` sends it as a file.
            ("runtime_config", _) => {
                self.runtime_config = None;
                self.runtime_config = Some(text(part, charset).await?);
            }
            _ => counted(part, 0, max_file_size).await?,
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

struct Part<'a> {
    field: multer::Field<'a>,
    unused: &'a Unused,
    /// How large its content can be, by what was taken for the form.
    room: usize,
}

impl Part<'_> {
    async fn chunk(&mut self, limit: usize) -> Result<Option<Bytes>> {
        let chunk = self.field.chunk().await.map_err(|error| refused(error, limit))?;
        self.unused.reset();
        Ok(chunk)
    }
}

async fn text(mut part: Part<'_>, charset: &str) -> Result<String> {
    part.room = 0;
    let content = limited(part, MAX_FIELD_SIZE).await?;
    Ok(header::decode(&content, charset))
}

async fn limited(mut part: Part<'_>, limit: usize) -> Result<Bytes> {
    // One that grows by doubling takes twice to three times what is counted.
    let mut content = BytesMut::with_capacity(part.room.min(limit));
    while let Some(found) = part.chunk(limit).await? {
        let size = content.len() + found.len();
        if size > limit {
            // What is too large is counted, not kept.
            drop(std::mem::take(&mut content));
            return counted(part, size, limit).await.map(|()| Bytes::new());
        }
        content.extend_from_slice(&found);
    }
    Ok(content.freeze())
}

/// Reads the rest of a part of which `size` bytes were read; 413 if it is too large.
async fn counted(mut part: Part<'_>, mut size: usize, limit: usize) -> Result<()> {
    while let Some(more) = part.chunk(limit).await? {
        size += more.len();
    }
    if size <= limit {
        return Ok(());
    }
    Err(Error::TooLarge(format!("Uploaded files cannot exceed {limit} bytes, got {size} bytes")))
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
