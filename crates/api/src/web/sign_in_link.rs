//! Somebody signs in with a link that an administrator made on the server's command line.

use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use rand::rngs::StdRng;
use serde::Deserialize;

use super::{Web, browser::Visitor, destination::Destination, errors::Failure, log_in::welcome};
use crate::identity::parameters;

#[derive(Debug, Deserialize)]
struct Opened {
    #[serde(default)]
    link: String,
    #[serde(default)]
    next: String,
}

/// A link is used by who opens it, not by who looks whether it is there.
pub(super) async fn look() -> StatusCode {
    StatusCode::NO_CONTENT
}

pub(super) async fn open(
    State(web): State<Web>,
    visitor: Visitor,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    // What only looks ahead uses no link up.
    if headers.contains_key("sec-purpose") {
        return Err(Failure::new(StatusCode::SERVICE_UNAVAILABLE, "Open this link yourself."));
    }
    let Opened { link, next } = parameters(query.unwrap_or_default().as_bytes())?;
    let mut rng: StdRng = rand::make_rng();
    match web.provider.sign_in_by_link(&link, &visitor.peer, &mut rng).await? {
        Some(new) => {
            let destination = match Destination::from_field(&format!("page?{next}")) {
                Destination::Account => Destination::Page(web.first_page()),
                page => page,
            };
            welcome(&web, &visitor, new, destination).await
        }
        None => {
            let words = "This link was used already or has expired. Log in with your password, or \
                         ask your administrator for another link.";
            Err(Failure::new(StatusCode::NOT_FOUND, words))
        }
    }
}
