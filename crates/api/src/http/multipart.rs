//! Forms with an uploaded file (RFC 7578).

use axum::{body::Body, http::HeaderMap};
use bytes::{Bytes, BytesMut};
use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::validation::Problems;
use crate::error::{Error, Result};

/// The largest form field that is not a file, in bytes.
const MAX_FIELD_SIZE: usize = 1024 * 1024;
const UNREADABLE: &str = "There was an error parsing the body";

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
    ) -> Result<Self> {
        let content_type = headers.get("content-type").and_then(|value| value.to_str().ok());
        let Some(content_type) = content_type
            .filter(|value| value.to_ascii_lowercase().starts_with("multipart/form-data"))
        else {
            return Ok(Self::default());
        };
        let boundary = multer::parse_boundary(content_type).map_err(unreadable)?;
        let mut parts = multer::Multipart::new(body.into_data_stream(), boundary);
        let mut form = Self::default();
        while let Some(field) = parts.next_field().await.map_err(unreadable)? {
            form.take(field, max_file_size).await?;
        }
        Ok(form)
    }

    async fn take(&mut self, field: multer::Field<'_>, max_file_size: usize) -> Result<()> {
        let filename = field.file_name().map(str::to_owned);
        match (field.name().map(str::to_owned).as_deref(), filename) {
            (Some("upload_file"), Some(filename)) => {
                let content = limited(field, max_file_size).await?;
                self.upload_file = Some(UploadedFile { filename, content });
            }
            (Some("upload_file"), None) => self.misplaced_text = Some(text(field).await?),
            (Some("runtime_config"), None) => self.runtime_config = Some(text(field).await?),
            _ => drop(limited(field, max_file_size).await?),
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

async fn text(field: multer::Field<'_>) -> Result<String> {
    let content = limited(field, MAX_FIELD_SIZE).await?;
    String::from_utf8(content.into()).map_err(|_| Error::BadRequest(UNREADABLE.to_owned()))
}

async fn limited(mut field: multer::Field<'_>, limit: usize) -> Result<Bytes> {
    let mut content = BytesMut::new();
    while let Some(chunk) = field.chunk().await.map_err(unreadable)? {
        if content.len() + chunk.len() > limit {
            let rest = rest_of(&mut field).await?;
            let size = content.len() + chunk.len() + rest;
            return Err(Error::TooLarge(format!(
                "Uploaded files cannot exceed {limit} bytes, got {size} bytes"
            )));
        }
        content.extend_from_slice(&chunk);
    }
    Ok(content.freeze())
}

/// Counts what is left of a field without keeping it, as long as the request as a whole allows.
async fn rest_of(field: &mut multer::Field<'_>) -> Result<usize> {
    let mut size = 0;
    while let Some(chunk) = field.chunk().await.map_err(unreadable)? {
        size += chunk.len();
    }
    Ok(size)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn unreadable(error: multer::Error) -> Error {
    tracing::debug!(%error, "a form could not be read");
    Error::BadRequest(UNREADABLE.to_owned())
}
