//! Between an agent and its server, where requests and answers can be held.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, Uri, header},
    response::{IntoResponse, Response},
};

/// What is held: a request before the server has it, or the answer to one that took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    Request,
    Answer,
}

#[derive(Debug, Default)]
struct Rule {
    held: Option<(&'static str, Hold)>,
    reached: bool,
}

/// A way to the server that can be closed.
#[derive(Clone)]
pub struct Gate {
    pub address: String,
    server: String,
    client: reqwest::Client,
    rule: Arc<Mutex<Rule>>,
}

impl Gate {
    pub async fn before(server: &str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gate = Self {
            address: listener.local_addr().unwrap().to_string(),
            server: server.to_owned(),
            client: reqwest::Client::new(),
            rule: Arc::default(),
        };
        let router = Router::new().fallback(pass).with_state(gate.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        gate
    }

    /// Closes it for requests whose path ends like this.
    pub fn close(&self, path: &'static str, hold: Hold) {
        *self.rule.lock().unwrap() = Rule { held: Some((path, hold)), reached: false };
    }

    pub fn open(&self) {
        *self.rule.lock().unwrap() = Rule::default();
    }

    /// Until something is held.
    pub async fn holds(&self) {
        for _ in 0..600 {
            if self.rule.lock().unwrap().reached {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("nothing came to the gate");
    }

    fn holds_back(&self, uri: &Uri, hold: Hold) -> bool {
        let mut rule = self.rule.lock().unwrap();
        let held = rule.held.is_some_and(|(path, how)| uri.path().ends_with(path) && how == hold);
        rule.reached |= held;
        held
    }
}

async fn pass(
    State(gate): State<Gate>,
    method: Method,
    uri: Uri,
    mut headers: HeaderMap,
    body: Bytes,
) -> Response {
    if gate.holds_back(&uri, Hold::Request) {
        return std::future::pending().await;
    }
    headers.remove(header::HOST);
    let request = gate.client.request(method, format!("http://{}{uri}", gate.server));
    let answer = request.headers(headers).body(body).send().await;
    if gate.holds_back(&uri, Hold::Answer) {
        return std::future::pending().await;
    }
    let Ok(answer) = answer else { return axum::http::StatusCode::BAD_GATEWAY.into_response() };
    let (status, body_type) =
        (answer.status(), answer.headers().get(header::CONTENT_TYPE).cloned());
    let mut response =
        (status, Body::from(answer.bytes().await.unwrap_or_default())).into_response();
    response.headers_mut().extend(body_type.map(|value| (header::CONTENT_TYPE, value)));
    response
}
