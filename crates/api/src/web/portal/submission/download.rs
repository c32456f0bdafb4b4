//! A job's whole output as a file, part by part: no more of it is kept here than one.

use std::io;

use axum::{
    body::Body,
    extract::{Path, RawQuery},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{StreamExt, stream};
use jobbergate_types::output::{LARGEST_LIMIT, OutputPart, OutputQuery};
use tokio_util::sync::CancellationToken;

use super::{
    output::{asked, readable},
    query,
};
use crate::{
    app::Context,
    auth::Identity,
    error::Error,
    resources::job_submissions::output,
    web::{
        errors::Failure,
        portal::{user::User, words},
    },
};

/// The largest file that is sent, in bytes: what is larger takes minutes, at the rate that one
/// caller has.
pub(super) const LARGEST: u64 = 256 << 20;

/// What is left of a file.
struct Rest {
    context: Context,
    identity: Identity,
    id: i64,
    query: OutputQuery,
    /// Up to where it is sent: a job that goes on writing has no end.
    end: i64,
}

pub(super) async fn send(
    user: User,
    Path(id): Path<String>,
    fields: RawQuery,
) -> Result<Response, Failure> {
    let id = readable(&user, &id).await?;
    let first = OutputQuery {
        from: Some(0),
        limit: LARGEST_LIMIT,
        wait: 0,
        file: None,
        ..asked(&query(fields))
    };
    let part = output::read(user.context.clone(), &user.identity, id, first.clone()).await?.0;
    let size = u64::try_from(part.size).unwrap_or_default();
    if size > LARGEST {
        let words = format!(
            "The file has {}, and {} at most are sent. Copy it from the cluster: it is {} there. \
             The page of the submission shows any part of it.",
            words::bytes(size),
            words::bytes(LARGEST),
            part.path
        );
        return Err(Failure::new(StatusCode::PAYLOAD_TOO_LARGE, words));
    }
    let mut context = user.context;
    // The answer is not over when its head was sent.
    context.customer.gone = CancellationToken::new();
    let name = file_name(&part.path);
    let (end, query) = (part.size, first.after(&part));
    let rest = Rest { context, identity: user.identity, id, query, end };
    let head = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::CONTENT_LENGTH, HeaderValue::from(size)),
        (header::CONTENT_DISPOSITION, disposition(&name)),
    ];
    let first = Bytes::from(part.bytes);
    let parts = stream::once(async { Ok(first) }).chain(stream::try_unfold(rest, Rest::next));
    Ok((head, Body::from_stream(parts)).into_response())
}

impl Rest {
    async fn next(mut self) -> io::Result<Option<(Bytes, Self)>> {
        let from = self.query.from.unwrap_or_default();
        if from >= self.end {
            return Ok(None);
        }
        self.query.limit = LARGEST_LIMIT.min(self.end - from);
        let read = output::read(self.context.clone(), &self.identity, self.id, self.query.clone());
        let part =
            read.await.inspect_err(Error::log).map_err(|error| io::Error::other(error.detail()))?.0;
        self.goes_on(&part)?;
        self.query = self.query.after(&part);
        Ok(Some((part.bytes.into(), self)))
    }

    /// A browser shows that the file did not come whole.
    fn goes_on(&self, part: &OutputPart) -> io::Result<()> {
        match part.replaced || part.bytes.is_empty() {
            true => Err(io::Error::other("the file was cut or replaced meanwhile")),
            false => Ok(()),
        }
    }
}

/// The last part of a path.
fn file_name(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    if name.is_empty() { "output".to_owned() } else { name.to_owned() }
}

/// RFC 6266, with the name for browsers of today.
fn disposition(name: &str) -> HeaderValue {
    let encoded = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
    let text = format!("attachment; filename*=UTF-8''{encoded}");
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}
