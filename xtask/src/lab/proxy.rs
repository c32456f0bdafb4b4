//! The network between an agent and the server, which can fail.

use std::{
    collections::HashMap,
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use anyhow::{Context, Result};

const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// How a network fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outage {
    /// Connections end, and there are no new ones.
    Cut,
    /// Nothing arrives, and nobody is told; connections on which something was lost end with it.
    Silent,
    /// Requests reach the server, and each connection ends when the answer comes.
    AnswersLost,
}

/// A port of this machine that leads to another, for as long as this process runs.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) authority: String,
    wires: Arc<Wires>,
}

#[derive(Debug, Default)]
struct Wires {
    outage: Mutex<Option<Outage>>,
    /// Both ends of each connection, by its number.
    connections: Mutex<HashMap<u64, [TcpStream; 2]>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Request,
    Answer,
}

impl Proxy {
    pub(crate) fn start(server: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("there is no port for a proxy")?;
        let authority = listener.local_addr()?.to_string();
        let wires = Arc::new(Wires::default());
        let (behind, server) = (Arc::clone(&wires), server.to_owned());
        thread::spawn(move || {
            for (number, client) in (0..).zip(listener.incoming().flatten()) {
                // When the server does not answer, the client's connection ends.
                let _ = behind.connect(number, client, &server);
            }
        });
        Ok(Self { authority, wires })
    }

    pub(crate) fn fail(&self, outage: Outage) {
        *lock(&self.wires.outage) = Some(outage);
        if outage == Outage::Cut {
            lock(&self.wires.connections).values().for_each(close);
        }
    }

    pub(crate) fn recover(&self) {
        *lock(&self.wires.outage) = None;
    }
}

impl Wires {
    fn connect(self: &Arc<Self>, number: u64, client: TcpStream, server: &str) -> Result<()> {
        if self.outage() == Some(Outage::Cut) {
            return Ok(());
        }
        let server = TcpStream::connect(server)?;
        let ends = [client.try_clone()?, server.try_clone()?];
        lock(&self.connections).insert(number, ends);
        let (requests, answers) = (Arc::clone(self), Arc::clone(self));
        let (from, to) = (client.try_clone()?, server.try_clone()?);
        thread::spawn(move || requests.carry(number, from, to, Direction::Request));
        thread::spawn(move || answers.carry(number, server, client, Direction::Answer));
        Ok(())
    }

    /// Until one of the ends is closed, or an outage ends the connection.
    fn carry(&self, number: u64, mut from: TcpStream, mut to: TcpStream, direction: Direction) {
        let mut buffer = [0; 16 * 1024];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            if !self.lets_through(direction) || to.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        if let Some(ends) = lock(&self.connections).remove(&number) {
            close(&ends);
        }
    }

    fn lets_through(&self, direction: Direction) -> bool {
        match self.outage() {
            None => true,
            Some(Outage::Cut) => false,
            Some(Outage::AnswersLost) => direction == Direction::Request,
            Some(Outage::Silent) => {
                while self.outage() == Some(Outage::Silent) {
                    thread::sleep(BETWEEN_LOOKS);
                }
                false
            }
        }
    }

    fn outage(&self) -> Option<Outage> {
        *lock(&self.outage)
    }
}

fn close(ends: &[TcpStream; 2]) {
    for end in ends {
        // It may be closed already.
        let _ = end.shutdown(Shutdown::Both);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that sends back what it gets, and says how much that is.
    fn echo() -> (String, Arc<Mutex<usize>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let got = Arc::new(Mutex::new(0));
        let counted = Arc::clone(&got);
        thread::spawn(move || {
            for mut client in listener.incoming().flatten() {
                let counted = Arc::clone(&counted);
                thread::spawn(move || {
                    let mut byte = [0];
                    while let Ok(1) = client.read(&mut byte) {
                        *lock(&counted) += 1;
                        client.write_all(&byte).unwrap();
                    }
                });
            }
        });
        (address, got)
    }

    /// Whether what is sent comes back, for as long as the connection lasts.
    fn answers(stream: &mut TcpStream) -> bool {
        stream.write_all(b"x").is_ok() && matches!(stream.read(&mut [0]), Ok(1))
    }

    #[test]
    fn a_network_fails_as_it_is_told_and_recovers() {
        let (server, got) = echo();
        let proxy = Proxy::start(&server).unwrap();
        let connect = || TcpStream::connect(&proxy.authority).unwrap();
        let mut stream = connect();
        assert!(answers(&mut stream));
        proxy.fail(Outage::Cut);
        assert!(!answers(&mut stream) && !answers(&mut connect()));
        assert_eq!(*lock(&got), 1);
        proxy.fail(Outage::AnswersLost);
        assert!(!answers(&mut connect()));
        assert_eq!(*lock(&got), 2);
        proxy.recover();
        let mut stream = connect();
        assert!(answers(&mut stream));
        proxy.fail(Outage::Silent);
        let asking = thread::spawn(move || answers(&mut stream));
        thread::sleep(Duration::from_millis(200));
        assert!(!asking.is_finished());
        proxy.recover();
        assert!(!asking.join().unwrap());
        assert_eq!(*lock(&got), 3);
        assert!(answers(&mut connect()));
    }
}
