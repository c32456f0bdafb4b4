//! The floor of what a server can do over HTTP: the same bytes each time, out of memory.

use std::{fs, path::PathBuf};

use anyhow::Result;
use axum::{
    Router,
    body::Bytes,
    http::{HeaderValue, StatusCode, header},
    serve::ListenerExt,
};
use clap::Args;
use tokio::net::TcpListener;

#[derive(Args)]
pub(crate) struct Options {
    /// The status of its answers
    #[arg(long, default_value = "200")]
    status: StatusCode,
    /// What they are, if they are something
    #[arg(long)]
    content_type: Option<HeaderValue>,
    /// The file with their body
    body: PathBuf,
}

/// Says where it listens, and answers until it is killed.
pub(crate) async fn run(options: Options) -> Result<()> {
    let body = Bytes::from(fs::read(&options.body)?);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    // As in the server: an answer does not wait for more.
    let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
    Ok(axum::serve(listener, answering(options.status, options.content_type, body)).await?)
}

/// Reads each request to its end, whatever it asks for.
fn answering(status: StatusCode, content_type: Option<HeaderValue>, body: Bytes) -> Router {
    let headers: Vec<_> = content_type.into_iter().map(|it| (header::CONTENT_TYPE, it)).collect();
    let answer = move |_: Bytes| {
        let mut answer = axum::response::Response::new(axum::body::Body::from(body.clone()));
        *answer.status_mut() = status;
        answer.headers_mut().extend(headers.clone());
        async { answer }
    };
    Router::new().fallback(answer)
}
