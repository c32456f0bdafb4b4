//! Where a browser comes back to after a log-in: a port of this machine.

use std::{
    convert::Infallible,
    net::{Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};

const PATH: &str = "/callback";
/// How long one connection may take: browsers open some that they never use.
const PATIENCE: Duration = Duration::from_secs(30);
const GOOD: &str = "You are logged in. You can close this window and go back to your terminal.";
const BAD: &str = "You are not logged in: please see your terminal.";
const NOT_OURS: &str = "This is no answer to the log-in that your terminal waits for.";

/// How a log-in ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With a code, which is worth tokens.
    Code(String),
    /// With an error of OAuth's.
    Refused {
        /// Its name.
        error: String,
        /// What it means.
        description: Option<String>,
    },
}

/// A port that listens.
pub struct Callback {
    /// What the provider sends the browser to.
    pub address: String,
    listener: TcpListener,
    state: String,
}

impl Callback {
    /// Listens for the answer to the question with this state.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn listen(state: &str) -> std::io::Result<Self> {
        let listener = match TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await {
            Ok(listener) => listener,
            Err(_) => TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await?,
        };
        let address = format!("http://{}{PATH}", listener.local_addr()?);
        Ok(Self { address, listener, state: state.to_owned() })
    }

    /// Waits for it, and tells the browser that it is understood.
    pub async fn outcome(&self) -> Option<Outcome> {
        let (tell, mut heard) = mpsc::channel(1);
        loop {
            tokio::select! {
                outcome = heard.recv() => return outcome,
                connection = self.listener.accept() => {
                    if let Ok((connection, _)) = connection {
                        // Beside the others: one may be idle while the answer is in another.
                        tokio::spawn(answer(connection, self.state.clone(), tell.clone()));
                    }
                }
            }
        }
    }
}

async fn answer(connection: TcpStream, state: String, tell: mpsc::Sender<Outcome>) {
    let service = service_fn(|request: Request<Incoming>| {
        let outcome = read(request.method(), request.uri(), &state);
        let tell = tell.clone();
        async move {
            let (status, text) = match &outcome {
                Some(Outcome::Code(_)) => (StatusCode::OK, GOOD),
                Some(Outcome::Refused { .. }) => (StatusCode::OK, BAD),
                None => (StatusCode::NOT_FOUND, NOT_OURS),
            };
            if let Some(outcome) = outcome {
                // The first one counts.
                let _ = tell.try_send(outcome);
            }
            Ok::<_, Infallible>(page(status, text))
        }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .keep_alive(false)
        .serve_connection(TokioIo::new(connection), service);
    // Who is too slow, or no browser at all, comes again.
    let _ = timeout(PATIENCE, serving).await;
}

fn read(method: &Method, uri: &hyper::Uri, state: &str) -> Option<Outcome> {
    if method != Method::GET || uri.path() != PATH {
        return None;
    }
    let pairs: Vec<_> = url::form_urlencoded::parse(uri.query()?.as_bytes()).collect();
    let value = |name: &str| {
        let found = pairs.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.to_string())
    };
    if value("state").as_deref() != Some(state) {
        return None;
    }
    match (value("code"), value("error")) {
        (_, Some(error)) => {
            Some(Outcome::Refused { error, description: value("error_description") })
        }
        (code, None) => code.map(Outcome::Code),
    }
}

fn page(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Jobbergate</title>\
         <meta name=\"color-scheme\" content=\"light dark\"><p>{text}</p></html>\n"
    );
    let mut response = Response::new(Full::new(Bytes::from(html)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_answer_to_our_question_counts() {
        let outcome = |method: &Method, uri: &str| read(method, &uri.parse().unwrap(), "s");
        let code = Some(Outcome::Code("c d".to_owned()));
        assert_eq!(outcome(&Method::GET, "/callback?code=c%20d&state=s&iss=x"), code);
        let refused = outcome(&Method::GET, "/callback?error=access_denied&state=s");
        assert!(
            matches!(refused, Some(Outcome::Refused { error, .. }) if error == "access_denied")
        );
        for uri in ["/callback?code=c", "/callback?code=c&state=x", "/?code=c&state=s", "/callback"]
        {
            assert_eq!(outcome(&Method::GET, uri), None, "{uri}");
        }
        assert_eq!(outcome(&Method::POST, "/callback?code=c&state=s"), None);
    }
}
