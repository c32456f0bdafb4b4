//! What the server answers.

use std::time::Duration;

use reqwest::{StatusCode, header::HeaderMap};
use serde_json::Value;

/// How long a stream is read, which does not end.
const WHILE: Duration = Duration::from_secs(1);

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let text = match headers.get("content-type") {
            Some(kind) if kind == "text/event-stream" => beginning(response).await,
            _ => response.text().await.unwrap(),
        };
        Self { status, headers, text }
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The sentence in an unsuccessful answer.
    #[track_caller]
    pub fn detail(&self) -> String {
        let body = self.json();
        body["detail"].as_str().unwrap_or_else(|| panic!("no sentence in {body}")).to_owned()
    }

    /// The body of an answer with this status; anything else fails the test.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    /// The body of a 200.
    #[track_caller]
    pub fn ok(self) -> Value {
        self.expect(200).json()
    }

    /// The body of a 201.
    #[track_caller]
    pub fn created(self) -> Value {
        self.expect(201).json()
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

async fn beginning(mut response: reqwest::Response) -> String {
    let mut text = String::new();
    let read = async {
        while let Some(chunk) = response.chunk().await.unwrap() {
            text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    };
    // A stream that ended by then is as good.
    let _ = tokio::time::timeout(WHILE, read).await;
    text
}
