//! What may happen to a request and its answer between a command line and a server.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use super::liar::read_request;

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is passed on, and its answer too.
    Passed,
    /// It is passed on; the answer is lost with the connection.
    AnswerLost,
    /// It is passed on; this is answered instead.
    AnswerReplaced(&'static str),
    /// It is not passed on; this is answered.
    Answered(&'static str),
}

pub const BAD_GATEWAY: &str =
    "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
pub const NOT_FOUND: &str = "HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\n\
                             content-length: 22\r\nconnection: close\r\n\r\n{\"detail\":\"Not Found\"}";

/// A proxy, until the test ends.
pub struct Proxy {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// In front of a server. The fate of a request follows from its first line and how many like it
    /// there were before.
    pub fn before(
        server: &str,
        fate: impl Fn(&str, usize) -> Fate + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (server, fate, log) = (server.to_owned(), Arc::new(fate), Arc::clone(&seen));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (server, fate, log) = (server.clone(), Arc::clone(&fate), Arc::clone(&log));
                thread::spawn(move || serve(stream.unwrap(), &server, &*fate, &log));
            }
        });
        Self { address, seen }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The whole requests that begin so.
    pub fn seen(&self, beginning: &str) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        seen.iter().filter(|request| request.starts_with(beginning)).cloned().collect()
    }
}

fn serve(
    mut stream: TcpStream,
    server: &str,
    fate: &(impl Fn(&str, usize) -> Fate + ?Sized),
    log: &Mutex<Vec<String>>,
) {
    let Some(request) = read_request(&mut stream) else { return };
    let line = request.lines().next().unwrap().to_owned();
    let before = {
        let mut seen = log.lock().unwrap();
        let before = seen.iter().filter(|other| other.lines().next() == Some(&line)).count();
        seen.push(request.clone());
        before
    };
    let answer = match fate(&line, before) {
        Fate::Passed => pass_on(server, &request),
        Fate::AnswerLost => {
            pass_on(server, &request);
            Vec::new()
        }
        Fate::AnswerReplaced(answer) => {
            pass_on(server, &request);
            answer.as_bytes().to_vec()
        }
        Fate::Answered(answer) => answer.as_bytes().to_vec(),
    };
    // The other end may have gone.
    let _ = stream.write_all(&answer);
}

fn pass_on(server: &str, request: &str) -> Vec<u8> {
    let mut upstream = TcpStream::connect(server).unwrap();
    let request = request.replacen("\r\n", "\r\nconnection: close\r\n", 1);
    upstream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer).unwrap();
    answer
}
