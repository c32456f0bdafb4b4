//! Between an agent and its server, where requests and answers can be held.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
};

/// What is held: a request before the server has it, or the answer to one that took effect. Or
/// nothing, and it is answered as by a proxy that has no server to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    Request,
    Answer,
    NotFound,
}

#[derive(Debug, Default)]
struct Rules {
    held: Vec<(&'static str, Hold)>,
    reached: bool,
}

/// A way to the server that can be closed.
#[derive(Clone)]
pub struct Gate {
    pub address: String,
    server: String,
    client: reqwest::Client,
    rules: Arc<Mutex<Rules>>,
}

impl Gate {
    pub fn before(server: &str) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let gate = Self {
            address: listener.local_addr().unwrap().to_string(),
            server: server.to_owned(),
            client: reqwest::Client::new(),
            rules: Arc::default(),
        };
        let router = Router::new().fallback(pass).with_state(gate.clone());
        // A test may block its own thread.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                axum::serve(listener, router).await
            })
        });
        gate
    }

    /// Closes it for requests whose path ends like this, too.
    pub fn close(&self, path: &'static str, hold: Hold) {
        let mut rules = self.rules.lock().unwrap();
        rules.held.push((path, hold));
        rules.reached = false;
    }

    pub fn open(&self) {
        *self.rules.lock().unwrap() = Rules::default();
    }

    /// Until something is held.
    pub async fn holds(&self) {
        for _ in 0..600 {
            if self.rules.lock().unwrap().reached {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("nothing came to the gate");
    }

    fn holds_back(&self, uri: &Uri, hold: Hold) -> bool {
        let mut rules = self.rules.lock().unwrap();
        let held = rules.held.iter().any(|(path, how)| uri.path().ends_with(path) && *how == hold);
        rules.reached |= held;
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
    if gate.holds_back(&uri, Hold::NotFound) {
        let page = "<html><body><h1>404 Not Found</h1></body></html>";
        return (StatusCode::NOT_FOUND, Html(page)).into_response();
    }
    headers.remove(header::HOST);
    let request = gate.client.request(method, format!("http://{}{uri}", gate.server));
    let answer = request.headers(headers).body(body).send().await;
    if gate.holds_back(&uri, Hold::Answer) {
        return std::future::pending().await;
    }
    let Ok(answer) = answer else { return StatusCode::BAD_GATEWAY.into_response() };
    let (status, body_type) =
        (answer.status(), answer.headers().get(header::CONTENT_TYPE).cloned());
    let mut response =
        (status, Body::from(answer.bytes().await.unwrap_or_default())).into_response();
    response.headers_mut().extend(body_type.map(|value| (header::CONTENT_TYPE, value)));
    response
}
