//! Between a program and a peer of its: what goes wrong with networks and machines.

use std::{net::SocketAddr, path::PathBuf, pin::pin, sync::Arc};

use anyhow::Result;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
};

/// What becomes of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They reach the peer.
    Open,
    /// They are cut, as if the peer had died; what is sent meanwhile is lost.
    Down,
    /// What the program sends reaches the peer; what the peer answers is held back until they are
    /// open again.
    Held,
    /// Those that are there, and those that are begun meanwhile, stay silent for ever, as if the
    /// network had swallowed them.
    Swallowed,
}

/// Who is behind a proxy.
#[derive(Debug, Clone)]
enum Peer {
    Port(u16),
    Socket(PathBuf),
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Peer {
    async fn connect(&self) -> std::io::Result<Box<dyn Stream>> {
        Ok(match self {
            Self::Port(port) => Box::new(TcpStream::connect(("127.0.0.1", *port)).await?),
            Self::Socket(path) => Box::new(UnixStream::connect(path).await?),
        })
    }
}

/// A TCP proxy on a free port of the loopback interface. It ends when this is dropped.
#[derive(Debug)]
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    mode: Arc<watch::Sender<Mode>>,
    server: JoinHandle<()>,
}

impl Proxy {
    /// A proxy before a port of 127.0.0.1.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn start(port: u16, mode: Mode) -> Result<Self> {
        Self::before(Peer::Port(port), mode).await
    }

    /// A proxy before a Unix socket.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn before_socket(path: PathBuf, mode: Mode) -> Result<Self> {
        Self::before(Peer::Socket(path), mode).await
    }

    async fn before(peer: Peer, mode: Mode) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let mode = Arc::new(watch::Sender::new(mode));
        let server = tokio::spawn(serve(listener, peer, Arc::clone(&mode)));
        Ok(Self { address, mode, server })
    }

    /// Changes what becomes of connections, those that are there included.
    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, peer: Peer, mode: Arc<watch::Sender<Mode>>) {
    // Connections end with the proxy, for the set that holds them does.
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let mut fate = mode.subscribe();
        if *fate.borrow() == Mode::Down {
            continue;
        }
        let (peer, mode) = (peer.clone(), mode.subscribe());
        connections.spawn(async move {
            // Not dropped when it is not polled any more: that would close the connection.
            let mut carried = pin!(carry(client, peer, mode));
            let swallowed = tokio::select! {
                biased;
                seen = fate.wait_for(|mode| matches!(mode, Mode::Down | Mode::Swallowed)) => {
                    seen.is_ok_and(|mode| *mode == Mode::Swallowed)
                }
                _ = &mut carried => false,
            };
            if swallowed {
                let _ = fate.wait_for(|mode| *mode == Mode::Down).await;
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn carry(
    client: TcpStream,
    peer: Peer,
    mut mode: watch::Receiver<Mode>,
) -> std::io::Result<()> {
    let (mut from_peer, mut to_peer) = tokio::io::split(peer.connect().await?);
    let (mut from_client, mut to_client) = client.into_split();
    let back = async {
        let mut buffer = [0; 8192];
        loop {
            let count = from_peer.read(&mut buffer).await?;
            if count == 0 {
                return Ok(());
            }
            let open = mode.wait_for(|mode| *mode == Mode::Open).await;
            drop(open.map_err(std::io::Error::other)?);
            to_client.write_all(&buffer[..count]).await?;
        }
    };
    tokio::select! {
        ended = tokio::io::copy(&mut from_client, &mut to_peer) => ended.map(drop),
        ended = back => ended,
    }
}
