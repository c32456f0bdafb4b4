//! What is said when a request fails.

use jobbergate_client::Error;
use reqwest::StatusCode;

use crate::{auth::causes, failure::Failure};

const TITLE: &str = "REQUEST FAILED";
const NO_ROUTE: &str = "Please check BASE_API_URL and the network, and try again";

/// That the server's answer lacks something.
pub fn not_understood(what: &str, why: &str) -> Failure {
    Failure::new(TITLE, format!("{what}: Unexpected data in response: {why}."))
}

/// Whether it failed because the server has no such thing.
pub fn is_not_found(failure: &Failure) -> bool {
    is_refused_with(failure, StatusCode::NOT_FOUND)
}

/// Whether it failed because the server takes no file of this size.
pub fn is_too_large(failure: &Failure) -> bool {
    is_refused_with(failure, StatusCode::PAYLOAD_TOO_LARGE)
}

fn is_refused_with(failure: &Failure, status: StatusCode) -> bool {
    let expected = title_of(status);
    matches!(failure, Failure::Refused { title, .. } if *title == expected)
}

/// What stands above a refusal with this status.
fn title_of(status: StatusCode) -> String {
    format!("{TITLE} - {}", status.canonical_reason().unwrap_or(status.as_str()))
}

pub(super) fn misconfigured(text: &str) -> Failure {
    Failure::new("Configuration Error", text)
}

/// That `what` could not be done, and why.
pub fn failed(what: &str, error: &Error) -> Failure {
    match error {
        Error::BaseUrl { .. } | Error::Setup(_) => misconfigured(&error.to_string()),
        Error::Unreachable { source, .. } => {
            let class = match (source.is_connect(), source.is_timeout()) {
                (true, true) => "ConnectTimeout",
                (true, false) => "ConnectError",
                (false, true) => "ReadTimeout",
                (false, false) => "ReadError",
            };
            let text = format!(
                "{what}: Communication with the API failed: {} -- {NO_ROUTE}",
                causes(source)
            );
            Failure::new(format!("{TITLE} - {class}"), text)
        }
        Error::Status { status, detail, retry_after, .. } if is_error(*status) => {
            let detail = detail.to_string();
            let advice = match status.as_u16() {
                409 if retry_after.is_some() => "The server is still at it",
                _ => advice(*status, &detail),
            };
            let detail = if detail.is_empty() { detail } else { format!(" -- {detail}") };
            Failure::new(title_of(*status), format!("{what}{detail} -- {advice}"))
        }
        Error::Status { status, .. } => unexpected(what, *status),
        Error::Undecodable { why, .. } => {
            Failure::new(TITLE, format!("{what}: Response carried no data: {why}."))
        }
    }
}

fn is_error(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

pub(super) fn unexpected(what: &str, status: StatusCode) -> Failure {
    let text = format!("{what}: Received an error response: {status} -- {NO_ROUTE}");
    Failure::new(TITLE, text)
}

fn advice(status: StatusCode, detail: &str) -> &'static str {
    match status.as_u16() {
        401 => "Please log in again with `jobbergate login` and try again",
        403 if detail.to_lowercase().contains("mismatch on attribute") => {
            "Please contact the resource owner for help, as only the owner may do this"
        }
        403 => "Please contact your administrator to be given the permission",
        // What the server says where it has no such route, or a proxy in its place.
        404 if matches!(detail, "" | "Not Found") => {
            "The server has nothing at this address: it may be too old for this, or BASE_API_URL is \
             wrong"
        }
        404 => "Please check the id number or identifier and try again",
        408 => "Please try again",
        400..=499 => "Please check the data on your request and try again",
        _ => "The server is not well; please try again later",
    }
}
