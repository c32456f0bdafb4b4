//! A server that says what no server should.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
};

/// It answers whatever is asked, until the test ends.
pub struct Liar {
    address: SocketAddr,
}

impl Liar {
    /// With the same each time.
    pub fn that_says(status: u16, body: &str) -> Self {
        let body = body.to_owned();
        Self::that_answers(move |_| (status, body.clone()))
    }

    /// By what is asked: the whole request.
    pub fn that_answers(answer: impl Fn(&str) -> (u16, String) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                serve(stream.unwrap(), &answer);
            }
        });
        Self { address }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn address(&self) -> String {
        self.address.to_string()
    }
}

/// A whole request, unless the other end goes away.
pub fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut request = String::new();
    let mut buffer = [0; 65536];
    while !is_whole(&request) {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(length) => request.push_str(&String::from_utf8_lossy(&buffer[..length])),
        }
    }
    Some(request)
}

fn serve(mut stream: TcpStream, answer: &impl Fn(&str) -> (u16, String)) {
    let Some(request) = read_request(&mut stream) else { return };
    let (status, body) = answer(&request);
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    // The other end may have gone.
    let _ = stream.write_all(answer.as_bytes());
}

fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse().unwrap())
    });
    body.len() >= length.unwrap_or(0)
}
