//! A web server somewhere else, with files that users name by URL.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use futures::{StreamExt, stream};
use tokio::net::TcpListener;

use super::in_url;

type Log = Arc<Mutex<Vec<String>>>;

/// A web server that remembers what it was asked for.
pub struct Remote {
    pub port: u16,
    log: Log,
}

impl Remote {
    /// Starts one on the loopback interface, for both versions of IP.
    pub async fn start() -> Self {
        let log = Log::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let service = Router::new().fallback(answer).with_state(Arc::clone(&log));
        if let Ok(second) = TcpListener::bind(("::1", port)).await {
            let service = service.clone();
            tokio::spawn(async move { axum::serve(second, service).await });
        }
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self { port, log }
    }

    /// The address of a file.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The query parameter that names a file.
    pub fn query(&self, path: &str) -> String {
        format!("file_url={}", in_url(&self.url(path)))
    }

    /// How often it was asked for something since it was last looked at.
    pub fn log_length(&self) -> usize {
        self.log.lock().unwrap().len()
    }

    /// What it was asked for since it was last looked at.
    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut *self.log.lock().unwrap())
    }
}

async fn answer(State(log): State<Log>, uri: Uri, headers: HeaderMap) -> Response {
    log.lock().unwrap().push(uri.path().to_owned());
    let chunk = || Bytes::from(vec![b'x'; 64 * 1024]);
    match uri.path() {
        "/jobbergate.py" => "x = 1\n".into_response(),
        "/bad.py" => "def (".into_response(),
        "/max.txt" => vec![b'x'; 5 * 1024 * 1024].into_response(),
        "/big.sh" => vec![b'x'; 5 * 1024 * 1024 + 1].into_response(),
        "/endless" => {
            let chunks = stream::repeat_with(move || Ok::<_, std::io::Error>(chunk()));
            Body::from_stream(chunks).into_response()
        }
        "/slow" => {
            let drops = stream::repeat(()).then(|()| async {
                tokio::time::sleep(Duration::from_millis(50)).await;
                Ok::<_, std::io::Error>(Bytes::from_static(b"x"))
            });
            Body::from_stream(drops).into_response()
        }
        "/silent" => std::future::pending().await,
        "/cut-off" => {
            let parts = [Ok(chunk()), Err(std::io::Error::other("gone"))];
            Body::from_stream(stream::iter(parts)).into_response()
        }
        "/packed" => ([(header::CONTENT_ENCODING, "gzip")], "abc").into_response(),
        "/redirect" => (StatusCode::FOUND, [(header::LOCATION, "/ok.sh")]).into_response(),
        "/broken" => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        "/absent.sh" => StatusCode::NOT_FOUND.into_response(),
        "/who.txt" => match headers.get(header::AUTHORIZATION) {
            Some(value) => value.to_str().unwrap().to_owned().into_response(),
            None => "nobody".into_response(),
        },
        _ => "echo remote".into_response(),
    }
}
