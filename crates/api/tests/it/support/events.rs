//! Streams of events, read as browsers do.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::Value;

use super::Actor;

/// How long a test waits for an event at most.
const PATIENCE: Duration = Duration::from_secs(20);

/// An open stream.
pub struct Events {
    response: Response,
    text: String,
    /// The id of the last event.
    pub last_id: Option<String>,
}

/// An event.
#[derive(Debug)]
pub struct Event {
    pub name: String,
    pub id: Option<String>,
    pub data: Value,
}

impl Actor {
    /// Opens a stream, of which the last event may be known.
    pub async fn watch(&self, path: &str, last_id: Option<&str>) -> Events {
        let request = self.request(Method::GET, path).header("Accept", "text/event-stream");
        let request = match last_id {
            Some(id) => request.header("Last-Event-ID", id),
            None => request,
        };
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut events = Events { response, text: String::new(), last_id: None };
        let opening = events.block().await.unwrap();
        assert!(opening.starts_with("retry: "), "{opening}");
        events
    }
}

impl Events {
    /// The next event; none if the stream ends.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            let block = self.block().await?;
            let field = |name: &str| {
                block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned)
            };
            let (Some(name), Some(data)) = (field("event: "), field("data: ")) else { continue };
            let data = serde_json::from_str(&data).unwrap();
            return Some(Event { name, id: field("id: "), data });
        }
    }

    /// The next lines up to an empty one.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                let id = block.lines().find_map(|line| line.strip_prefix("id: "));
                self.last_id = id.map(str::to_owned).or(self.last_id.take());
                self.text = rest;
                return Some(block);
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await;
            let chunk = chunk.expect("nothing happens").unwrap_or_default()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}
