//! A task of its own for each request: a browser that goes away must not stop what it began half-way.

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span};

use crate::error::Error;

/// Says that the browser does not wait for the answer any more.
#[derive(Debug, Clone)]
pub(super) struct Gone(pub(super) CancellationToken);

pub(super) async fn apart(mut request: Request, next: Next) -> Response {
    let gone = CancellationToken::new();
    request.extensions_mut().insert(Gone(gone.clone()));
    let _gone = gone.drop_guard();
    let answering = next.run(request).instrument(Span::current());
    match tokio::spawn(answering).await {
        Ok(response) => response,
        Err(panic) => Error::internal(panic).into_response(),
    }
}
