//! Whether a stream of events comes through nginx as it is written, and not when it ends.

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

/// A stream begins at once, and goes on for minutes.
const AT_ONCE: Duration = Duration::from_secs(3);
/// What each stream begins with.
const FIRST: &str = "retry:";

/// Fails when the beginning of a stream is held back.
pub(super) fn require_unbuffered(authority: &str, token: &str) -> Result<Duration> {
    let began = Instant::now();
    let mut connection = TcpStream::connect(authority)?;
    connection.set_read_timeout(Some(AT_ONCE))?;
    write!(
        connection,
        "GET /jobbergate/job-submissions/events HTTP/1.1\r\nHost: {authority}\r\n\
         Authorization: Bearer {token}\r\nAccept: text/event-stream\r\n\r\n"
    )?;
    let (mut heard, mut buffer) = (Vec::new(), [0; 4096]);
    while began.elapsed() < AT_ONCE {
        match connection.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => heard.extend_from_slice(buffer.get(..length).unwrap_or_default()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => return Err(error.into()),
        }
        if String::from_utf8_lossy(&heard).contains(FIRST) {
            return Ok(began.elapsed());
        }
    }
    let heard = String::from_utf8_lossy(&heard);
    bail!(
        "a stream of events does not begin within {} s; nginx passed on {heard:?}",
        AT_ONCE.as_secs()
    )
}
