//! Answers that nobody reads.
//!
//! A connection is closed when its client takes nothing of an answer for a while, or takes too long
//! for all of it. HTTP/2 needs this for each answer by itself: a client may keep the connection alive
//! and never ask for more.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::{Body, HttpBody},
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use axum_server::ConnectionShutdown;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, sleep};
use tokio_util::task::AbortOnDropHandle;

/// How long an answer may take as a whole.
const DEADLINE: Duration = Duration::from_mins(15);
/// How much of an answer is handed to a connection at a time, in bytes.
const PIECE: usize = 16 << 10;

/// Closes the connection of a client that takes nothing for as long as `idle`.
pub async fn close(State(idle): State<Duration>, request: Request, next: Next) -> Response {
    let connection = request.extensions().get::<ConnectionShutdown>().cloned();
    let response = next.run(request).await;
    match connection {
        Some(connection) if !response.body().is_end_stream() => {
            response.map(|body| Body::new(Watched::new(body, connection, idle)))
        }
        _ => response,
    }
}

/// A body that is handed over in small pieces and watched.
struct Watched {
    body: Body,
    rest: Bytes,
    taken: Arc<AtomicBool>,
    /// Whether the client waits for us.
    asked: Arc<AtomicBool>,
    _watch: AbortOnDropHandle<()>,
}

impl Watched {
    fn new(body: Body, connection: ConnectionShutdown, idle: Duration) -> Self {
        let taken = Arc::new(AtomicBool::new(false));
        let asked = Arc::new(AtomicBool::new(false));
        let (seen, ours) = (Arc::clone(&taken), Arc::clone(&asked));
        let watch = tokio::spawn(async move {
            let end = Instant::now() + DEADLINE;
            loop {
                sleep(idle).await;
                let unread = !seen.swap(false, Ordering::Relaxed) && !ours.load(Ordering::Relaxed);
                if unread || Instant::now() >= end {
                    tracing::info!("a connection is closed: nobody reads the answer");
                    return connection.shutdown();
                }
            }
        });
        Self { body, rest: Bytes::new(), taken, asked, _watch: AbortOnDropHandle::new(watch) }
    }
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.taken.store(true, Ordering::Relaxed);
        if self.rest.is_empty() {
            self.asked.store(true, Ordering::Relaxed);
            let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
            self.asked.store(false, Ordering::Relaxed);
            match frame {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(other) => return Poll::Ready(Some(Ok(other))),
                },
                end => return Poll::Ready(end),
            }
        }
        let size = self.rest.len().min(PIECE);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(size)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let hint = self.body.size_hint();
        let rest = self.rest.len() as u64;
        let mut whole = SizeHint::new();
        whole.set_lower(hint.lower() + rest);
        if let Some(upper) = hint.upper() {
            whole.set_upper(upper + rest);
        }
        whole
    }
}
