//! Forms with files, which only pages of ours can send.

use axum::{
    extract::{FromRequest, Multipart, Request},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};

use super::{
    Site,
    fields::Fields,
    form::{FORM_TOKEN, from_here},
    interrupted::Interrupted,
    user::{User, sender},
};
use crate::web::{errors::Failure, forms};

/// How much larger than the largest file a form may be, in bytes: room for its other fields.
const REST: usize = 4 << 20;

/// A form with files, of somebody who is signed in.
#[derive(Debug)]
pub(super) struct UserUpload {
    pub(super) user: User,
    pub(super) fields: Fields,
    pub(super) files: Vec<Upload>,
}

#[derive(Debug)]
pub(super) struct Upload {
    /// The field it was chosen in.
    pub(super) field: String,
    /// Its name on the person's disk.
    pub(super) filename: String,
    pub(super) content: Bytes,
}

impl FromRequest<Site> for UserUpload {
    type Rejection = Response;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Response> {
        from_here(site, &request).map_err(IntoResponse::into_response)?;
        let (mut parts, body) = request.into_parts();
        let user = sender(site, &mut parts).await.map_err(IntoResponse::into_response)?;
        let uri = parts.uri.clone();
        let request = Request::from_parts(parts, body);
        let read = read(request, site, user.as_ref()).await;
        let (fields, files) = read.map_err(IntoResponse::into_response)?;
        let sent = fields.text(FORM_TOKEN).to_owned();
        match user {
            Some(user) if forms::check(Some(&user.form_token), &sent).is_ok() => {
                Ok(Self { user, fields, files })
            }
            user => {
                let interrupted = Interrupted::new(site, &uri, fields, user.as_ref());
                Err(interrupted.show().unwrap_or_else(|error| Failure::from(error).into_response()))
            }
        }
    }
}

async fn read(
    request: Request,
    site: &Site,
    user: Option<&User>,
) -> Result<(Fields, Vec<Upload>), Failure> {
    let most = site.app.max_upload_file_size.saturating_add(REST);
    let mut parts = Multipart::from_request(request, site).await.map_err(|rejection| {
        Failure::new(rejection.status(), format!("The form can't be read: {rejection}"))
    })?;
    let (mut fields, mut files, mut left) = (Vec::new(), Vec::new(), most);
    loop {
        let next = parts.next_field().await.map_err(|error| unreadable(&error))?;
        let Some(mut part) = next else { return Ok((Fields(fields), files)) };
        let field = part.name().unwrap_or_default().to_owned();
        let filename = part.file_name().map(str::to_owned);
        let mut content = BytesMut::new();
        while let Some(bytes) = part.chunk().await.map_err(|error| unreadable(&error))? {
            left = left.checked_sub(bytes.len()).ok_or_else(|| too_large(most))?;
            // Nobody has files kept here without being signed in.
            if filename.is_none() || user.is_some() {
                content.extend_from_slice(&bytes);
            }
        }
        match filename {
            // A browser sends a file field in which nothing was chosen without a name.
            Some(filename) if filename.is_empty() => {}
            Some(filename) => files.push(Upload { field, filename, content: content.freeze() }),
            None => fields.push((field, String::from_utf8_lossy(&content).into_owned())),
        }
    }
}

fn unreadable(error: &axum::extract::multipart::MultipartError) -> Failure {
    Failure::new(error.status(), format!("The form can't be read: {}", error.body_text()))
}

fn too_large(most: usize) -> Failure {
    let words = format!("What was chosen is too large: {most} bytes are let through in all.");
    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, words)
}
