//! A task of its own for each request: a browser that goes away must not stop what it began half-way.

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use tracing::{Instrument, Span};

use crate::error::Error;

pub(super) async fn apart(request: Request, next: Next) -> Response {
    let answering = next.run(request).instrument(Span::current());
    match tokio::spawn(answering).await {
        Ok(response) => response,
        Err(panic) => Error::internal(panic).into_response(),
    }
}
