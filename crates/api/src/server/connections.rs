//! Connections: how many there are, and what each may hold.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{Extension, middleware::AddExtension};
use axum_server::accept::Accept;
use hyper_util::{rt::TokioExecutor, rt::TokioTimer, server::conn::auto::Builder};
use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_io_timeout::TimeoutStream;
use tower_layer::Layer;

use crate::http::place::Place;

/// How long the other end of an HTTP/2 connection may take to answer a ping.
const PING_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a connection waits for others to end before it is closed.
const PATIENCE: Duration = Duration::from_secs(10);
/// What the system keeps for a connection in each direction, in bytes.
const SYSTEM_BUFFER: usize = 128 << 10;
/// What a connection keeps in each direction, in bytes; also the size of a request's head.
const BUFFER: usize = 64 << 10;
/// How many requests of an HTTP/2 connection are answered at once.
const STREAMS: u32 = 16;
/// How much of all bodies of an HTTP/2 connection may arrive before somebody reads them, in bytes.
const WINDOW: u32 = 256 << 10;

/// Lets so many connections in at once; each is closed if it can't be written to for a while.
#[derive(Clone)]
pub(super) struct Acceptor {
    places: Arc<Semaphore>,
    idle: Duration,
}

impl Acceptor {
    pub(super) fn new(places: usize, idle: Duration) -> Self {
        Self { places: Arc::new(Semaphore::new(places)), idle }
    }
}

type WithPlace<S> = AddExtension<S, Place>;
type Accepting<S> = Pin<Box<dyn Future<Output = io::Result<(Connection, WithPlace<S>)>> + Send>>;

impl<S: Send + 'static> Accept<TcpStream, S> for Acceptor {
    type Stream = Connection;
    type Service = WithPlace<S>;
    type Future = Accepting<S>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let (places, idle) = (Arc::clone(&self.places), self.idle);
        Box::pin(async move {
            let place = timeout(PATIENCE, Arc::clone(&places).acquire_owned()).await;
            let permit = place.map_err(|_| io::ErrorKind::TimedOut)?.map_err(io::Error::other)?;
            let place = Place::new(places, permit);
            stream.set_nodelay(true)?;
            let mut stream = TimeoutStream::new(stream);
            stream.set_write_timeout(Some(idle));
            let service = Extension(place.clone()).layer(service);
            Ok((Connection { stream: Box::pin(stream), _place: place }, service))
        })
    }
}

pub(super) struct Connection {
    stream: Pin<Box<TimeoutStream<TcpStream>>>,
    _place: Place,
}

/// Bounds what the system keeps for the listener's connections.
pub(super) fn bound_buffers(listener: &TcpListener) -> io::Result<()> {
    let socket = SockRef::from(listener);
    socket.set_send_buffer_size(SYSTEM_BUFFER)?;
    socket.set_recv_buffer_size(SYSTEM_BUFFER)
}

/// Bounds what each connection keeps and how long it may be idle.
pub(super) fn bound(connections: &mut Builder<TokioExecutor>, idle: Duration) {
    let mut http1 = connections.http1();
    http1.timer(TokioTimer::new()).header_read_timeout(idle).max_buf_size(BUFFER);
    let mut http2 = connections.http2();
    http2
        .timer(TokioTimer::new())
        .keep_alive_interval(idle)
        .keep_alive_timeout(PING_TIMEOUT)
        .max_concurrent_streams(STREAMS)
        .initial_stream_window_size(WINDOW / 4)
        .initial_connection_window_size(WINDOW)
        .max_send_buf_size(BUFFER / 4)
        .max_header_list_size(BUFFER as u32);
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
