//! A body, handed to the parser of forms piece by piece.
//!
//! The parser reads all that there is before it looks at it, and as long as it waits for the end
//! of a part's headers it looks at everything again with each piece. So it gets one piece at a
//! time, and no more once it has got a lot without making something of it.

use std::{
    fmt,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
};

use axum::{Error, body::BodyDataStream};
use bytes::Bytes;
use futures::Stream;

/// The most that may stand before the first part, or in the headers of one, in bytes.
const MAX_HEAD_SIZE: usize = 64 * 1024;

/// A body for the parser of forms.
pub(super) struct Paced {
    body: BodyDataStream,
    unused: Unused,
    had_one: bool,
}

/// How much the parser has got since it last made something of it.
#[derive(Clone, Default)]
pub(super) struct Unused(Arc<AtomicUsize>);

impl Unused {
    /// The parser made something of it.
    pub(super) fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

/// The headers of a part do not end.
#[derive(Debug)]
struct EndlessHead;

impl fmt::Display for EndlessHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the head of a part exceeds {MAX_HEAD_SIZE} bytes")
    }
}

impl std::error::Error for EndlessHead {}

impl Paced {
    pub(super) fn new(body: BodyDataStream, unused: Unused) -> Self {
        Self { body, unused, had_one: false }
    }
}

impl Stream for Paced {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.had_one) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let piece = ready!(Pin::new(&mut self.body).poll_next(context));
        self.had_one = true;
        if let Some(Ok(piece)) = &piece
            && self.unused.0.fetch_add(piece.len(), Ordering::Relaxed) > MAX_HEAD_SIZE
        {
            return Poll::Ready(Some(Err(Error::new(EndlessHead))));
        }
        Poll::Ready(piece)
    }
}
