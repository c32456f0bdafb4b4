//! Forms with files, which only pages of ours can send.

use std::sync::Arc;

use axum::{
    extract::{FromRequest, Multipart, Request},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};

use super::{
    Site,
    fields::{Fields, MOST_FIELDS},
    form::{UserForm, from_here, of_this_browser, too_many},
    user::{User, sender},
};
use crate::{budget::Room, web::errors::Failure};

/// How much may be typed beside the files, in bytes.
const REST: usize = 4 << 20;
/// So much of files that are too large is still read, and not kept, to say it on a page, in bytes: browsers
/// show no answer that comes before they have sent everything.
const READ_AWAY: usize = 256 << 20;

/// A form with files, of somebody who is signed in; what was typed is kept even if files are too large.
#[derive(Debug)]
pub(super) struct LenientUpload {
    pub(super) user: User,
    pub(super) fields: Fields,
    pub(super) files: Vec<Upload>,
    /// The names of files that were too large.
    pub(super) refused: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Upload {
    /// Its name on the person's disk.
    pub(super) filename: String,
    pub(super) content: Bytes,
}

impl FromRequest<Site> for LenientUpload {
    type Rejection = Response;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Response> {
        if !is_multipart(request.headers()) {
            // What was given back to who had been logged out comes without files.
            let UserForm { user, fields } = Box::pin(UserForm::read(request, site)).await?;
            return Ok(Self { user, fields, files: Vec::new(), refused: Vec::new() });
        }
        from_here(site, &request).map_err(IntoResponse::into_response)?;
        let (mut parts, body) = request.into_parts();
        // Boxed, as all of this is within futures of others, and threads have 2 MiB for them.
        let before = Box::pin(sender(site, &mut parts)).await;
        let before = before.map_err(IntoResponse::into_response)?;
        let (uri, mut head) = (parts.uri.clone(), parts.clone());
        let request = Request::from_parts(parts, body);
        let read = Box::pin(read(request, site, before.as_ref())).await;
        let Read { fields, files, refused, room } = read.map_err(IntoResponse::into_response)?;
        // A body may take its time: what counts is who they are now.
        let mut user = Box::pin(sender(site, &mut head)).await;
        if let Ok(Some(user)) = &mut user {
            user.context.room = Some(Arc::new(room));
        }
        let user = user.map_err(IntoResponse::into_response)?;
        let UserForm { user, fields } =
            of_this_browser(site, user, Fields(fields), &uri).map_err(|page| *page)?;
        Ok(Self { user, fields, files, refused })
    }
}

fn is_multipart(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("multipart/form-data"))
}

struct Read {
    fields: Vec<(String, String)>,
    files: Vec<Upload>,
    refused: Vec<String>,
    room: Room,
}

/// What was sent takes room; nobody's, too, who has no files kept here.
async fn read(request: Request, site: &Site, user: Option<&User>) -> Result<Read, Failure> {
    let caller = user.map(|user| user.context.customer.caller.clone());
    let mut room = site.app.room(&caller.unwrap_or_default());
    let most = site.app.max_upload_file_size;
    let mut parts = Multipart::from_request(request, site).await.map_err(|rejection| {
        Failure::new(rejection.status(), format!("The form can't be read: {rejection}"))
    })?;
    let (mut fields, mut files, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    let (mut typed, mut chosen, mut away, mut taken) = (REST, most, READ_AWAY, 0);
    loop {
        let next = parts.next_field().await.map_err(|error| unreadable(&error))?;
        let Some(mut part) = next else { break };
        if fields.len() + files.len() + refused.len() >= MOST_FIELDS {
            return Err(too_many());
        }
        let field = part.name().unwrap_or_default().to_owned();
        let filename = part.file_name().map(str::to_owned);
        let left = if filename.is_some() { &mut chosen } else { &mut typed };
        let mut content = Some(BytesMut::new());
        while let Some(bytes) = part.chunk().await.map_err(|error| unreadable(&error))? {
            match left.checked_sub(bytes.len()).filter(|_| content.is_some()) {
                Some(rest) => *left = rest,
                None if filename.is_none() => return Err(too_large(REST)),
                None => {
                    content = None;
                    away = away.checked_sub(bytes.len()).ok_or_else(|| too_large(most))?;
                }
            }
            if let (Some(content), true) = (&mut content, filename.is_none() || user.is_some()) {
                taken += bytes.len();
                room.body.grow_to(taken).await?;
                content.extend_from_slice(&bytes);
            }
        }
        match (filename, content) {
            // A browser sends a file field in which nothing was chosen without a name.
            (Some(filename), _) if filename.is_empty() => {}
            (Some(filename), None) => refused.push(filename),
            (Some(filename), Some(content)) => {
                files.push(Upload { filename, content: content.freeze() });
            }
            (None, content) => {
                let content = content.unwrap_or_default();
                fields.push((field, String::from_utf8_lossy(&content).into_owned()));
            }
        }
    }
    Ok(Read { fields, files, refused, room })
}

fn unreadable(error: &axum::extract::multipart::MultipartError) -> Failure {
    Failure::new(error.status(), format!("The form can't be read: {}", error.body_text()))
}

fn too_large(most: usize) -> Failure {
    let words = format!("What was chosen is too large: {most} bytes are let through together.");
    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, words)
}
