//! Leaving without losing a request, while a proxy in front goes on sending some.
//!
//! A proxy learns that a server stops by being refused. A request that it has sent by then on a connection that is being
//! closed, or that is accepted by the system and never by the server, gets no answer, and the proxy can't know whether
//! it was done. So a server that is told to stop drains first:
//!
//! 1. For a while it answers as before, but closes each connection after its answer, and says that it is not ready. The
//!    proxy closes those that it keeps idle for longer than it keeps any (`keepalive_timeout`).
//! 2. The system takes no new connections, and those that it has taken are accepted and read from.
//! 3. Then nothing is left but requests that are under way, and who comes is refused before anything is sent.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::{Request, State},
    http::{HeaderValue, Version, header},
    middleware::Next,
    response::Response,
};
use socket2::{SockFilter, SockRef, Socket};
use tokio::{net::TcpListener, time::sleep};

/// What a server says of its health by then.
pub(crate) const ABOUT_TO_STOP: &str = "This server is about to stop; ask another one";
/// How long connections that the system has taken may take to be accepted and read from.
const SETTLING: Duration = Duration::from_millis(200);
/// Where the flags are in a TCP header, and those that tell an attempt to connect from all else.
const FLAGS: u32 = 13;
const SYN_AND_ACK: u32 = 0x12;
const SYN: u32 = 0x02;

/// Whether the server is about to stop.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draining(Arc<AtomicBool>);

impl Draining {
    pub(crate) fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Returns when nobody can be sent here any more who would not be answered.
    pub(crate) async fn drain(&self, listener: Socket, length: Duration) {
        tracing::info!("draining: {} s, in which requests are answered", length.as_secs());
        self.0.store(true, Ordering::Relaxed);
        sleep(length).await;
        if let Err(error) = let_nobody_in(&listener) {
            tracing::warn!(%error, "a request that comes in the very end may get no answer");
        }
        sleep(SETTLING).await;
    }
}

/// Another handle of the listener, by which it can be told something while others accept connections.
pub(crate) fn handle(listener: &TcpListener) -> io::Result<Socket> {
    SockRef::from(listener).try_clone()
}

/// Has the system overlook attempts to connect. Whoever tries is refused a second later, when it tries again.
fn let_nobody_in(listener: &Socket) -> io::Result<()> {
    let load_byte = |at| SockFilter::new(0x30, 0, 0, at);
    let and = |mask| SockFilter::new(0x54, 0, 0, mask);
    let skip_one_unless = |value| SockFilter::new(0x15, 0, 1, value);
    let keep = |bytes| SockFilter::new(0x06, 0, 0, bytes);
    listener.attach_filter(&[
        load_byte(FLAGS),
        and(SYN_AND_ACK),
        skip_one_unless(SYN),
        keep(0),
        keep(u32::MAX),
    ])
}

/// Has whoever asked make a new connection for the next request.
pub(crate) async fn close(
    State(draining): State<Draining>,
    request: Request,
    next: Next,
) -> Response {
    let version = request.version();
    let mut answer = next.run(request).await;
    if draining.has_begun() && version <= Version::HTTP_11 {
        answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::{Router, middleware::from_fn_with_state, routing::get};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
        time::timeout,
    };

    use super::*;

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

    async fn answer(connection: &mut TcpStream) -> String {
        connection.write_all(REQUEST).await.unwrap();
        let mut buffer = [0; 1024];
        let length = connection.read(&mut buffer).await.unwrap();
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    }

    /// A server that drains, and where it is.
    async fn server() -> (Draining, Socket, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (handle, address) = (handle(&listener).unwrap(), listener.local_addr().unwrap());
        let draining = Draining::default();
        let pages = Router::new().route("/", get(async || "here"));
        let pages = pages.layer(from_fn_with_state(draining.clone(), close));
        tokio::spawn(async { axum::serve(listener, pages).await });
        (draining, handle, address)
    }

    #[tokio::test]
    async fn a_proxy_is_answered_to_the_end_and_then_let_in_no_more() {
        let (draining, handle, address) = server().await;
        let mut kept = TcpStream::connect(address).await.unwrap();
        assert!(!answer(&mut kept).await.contains("connection: close"));

        let leaving = tokio::spawn({
            let draining = draining.clone();
            async move { draining.drain(handle, Duration::from_millis(500)).await }
        });
        while !draining.has_begun() {
            sleep(Duration::from_millis(1)).await;
        }

        let last = answer(&mut kept).await;
        assert!(last.contains("connection: close") && last.ends_with("here"), "{last}");
        let mut new = TcpStream::connect(address).await.unwrap();
        assert!(answer(&mut new).await.contains("connection: close"));
        leaving.await.unwrap();
        let late = timeout(Duration::from_millis(300), TcpStream::connect(address)).await;
        assert!(late.is_err(), "{late:?}");
    }
}
