//! Why a file could not be fetched. The sentences are those of the Python server's HTTP client
//! (httpx), as far as there is one for the case.

use std::{error::Error, io, time::Duration};

use reqwest::{Response, header};

use super::{
    FileUrl,
    permitted::{Refused, Unresolved},
};

pub(super) fn words(error: &reqwest::Error, deadline: Duration) -> String {
    if let Some(refused) = cause::<Refused>(error) {
        return refused.to_string();
    }
    if let Some(unresolved) = cause::<Unresolved>(error) {
        return format!("ConnectError: {unresolved}");
    }
    if error.is_timeout() && error.is_connect() {
        return "ConnectTimeout: no connection within the time there is for it".to_owned();
    }
    if error.is_timeout() {
        return format!("ReadTimeout: not finished within {} s", deadline.as_secs());
    }
    if error.is_connect() {
        return match cause::<io::Error>(error).map(io::Error::kind) {
            Some(io::ErrorKind::InvalidData | io::ErrorKind::Other) | None => {
                format!("ConnectError: {}", root(error))
            }
            Some(_) => "ConnectError: All connection attempts failed".to_owned(),
        };
    }
    format!("RemoteProtocolError: {}", root(error))
}

/// What is wrong with the answer; `None` if there is a file in it.
pub(super) fn of_answer(answer: &Response, url: &FileUrl) -> Option<String> {
    let status = answer.status();
    let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
    if status.is_success() {
        // It was asked not to be, and unpacking would know no limit.
        let encoding = header(header::CONTENT_ENCODING).filter(|name| *name != "identity")?;
        return Some(format!("the answer is encoded as {encoding}, which was not asked for"));
    }
    let kind = match status.as_u16() {
        300..=399 => "Redirect response",
        400..=499 => "Client error",
        500..=599 => "Server error",
        _ => "Informational response",
    };
    let reason = status.canonical_reason().unwrap_or_default();
    let code = status.as_u16();
    let target = header(header::LOCATION).filter(|_| matches!(code, 301..=303 | 307 | 308));
    let target = target.map(|target| format!("\nRedirect location: '{target}'"));
    Some(format!(
        "HTTPStatusError: {kind} '{code} {reason}' for url '{url}'{}\nFor more information \
         check: https://developer.mozilla.org/en-US/docs/Web/HTTP/Status/{code}",
        target.unwrap_or_default()
    ))
}

/// The cause of this kind, however deep.
fn cause<E: Error + 'static>(error: &reqwest::Error) -> Option<&E> {
    causes(error).find_map(|error| error.downcast_ref())
}

fn root(error: &reqwest::Error) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let first: &(dyn Error + 'static) = error;
    std::iter::successors(Some(first), |&error| error.source())
}
