//! Sends a request and reads the answer.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, StatusCode, header::HeaderMap};
use serde::{Serialize, de::DeserializeOwned};
use url::Url;

use crate::{Client, Detail, Error, Secret};

/// A request in the making.
pub(crate) struct Request<'a> {
    client: &'a Client,
    method: Method,
    url: Url,
    decorate: Box<dyn Fn(RequestBuilder) -> RequestBuilder + Send + Sync + 'a>,
}

/// A successful answer.
pub(crate) struct Answer {
    call: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Client {
    /// A request to the route with these path segments.
    pub(crate) fn request(&self, method: Method, segments: &[&str]) -> Request<'_> {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.extend(segments);
        }
        Request { client: self, method, url, decorate: Box::new(|request| request) }
    }
}

impl<'a> Request<'a> {
    /// Adds query parameters.
    pub(crate) fn query(self, query: &'a (impl Serialize + Sync)) -> Self {
        self.decorated(move |request| request.query(query))
    }

    /// Sets the body.
    pub(crate) fn json(self, body: &'a (impl Serialize + Sync)) -> Self {
        self.decorated(move |request| request.json(body))
    }

    /// Sets the body to these bytes.
    pub(crate) fn bytes(self, body: &'a [u8]) -> Self {
        self.decorated(move |request| {
            let kind = reqwest::header::CONTENT_TYPE;
            request.header(kind, "application/octet-stream").body(body.to_vec())
        })
    }

    /// Sets the body to a form with one file.
    pub(crate) fn file(self, filename: &'a str, content: &'a [u8]) -> Self {
        self.decorated(move |request| {
            let part = reqwest::multipart::Part::bytes(content.to_vec());
            let part = part.file_name(filename.to_owned());
            request.multipart(reqwest::multipart::Form::new().part("upload_file", part))
        })
    }

    /// Gives it another deadline than the client's.
    pub(crate) fn within(self, deadline: Duration) -> Self {
        self.decorated(move |request| request.timeout(deadline))
    }

    fn decorated(self, step: impl Fn(RequestBuilder) -> RequestBuilder + Send + Sync + 'a) -> Self {
        let before = self.decorate;
        Self { decorate: Box::new(move |request| step(before(request))), ..self }
    }

    /// Sends it, once more with a fresh token if the first is refused.
    pub(crate) async fn send(&self) -> Result<Answer, Error> {
        let client = self.client;
        let token = client.token.get(&client.http).await?;
        let refused = match self.attempt(token.as_ref()).await {
            Err(e) if e.status() == Some(StatusCode::UNAUTHORIZED) => e,
            result => return result,
        };
        match token {
            Some(token) if client.token.forget(&token).await => {
                let fresh = client.token.get(&client.http).await?;
                self.attempt(fresh.as_ref()).await
            }
            _ => Err(refused),
        }
    }

    async fn attempt(&self, token: Option<&Secret>) -> Result<Answer, Error> {
        let mut request = self.client.http.request(self.method.clone(), self.url.clone());
        if let Some(token) = token {
            request = request.bearer_auth(token.reveal());
        }
        send((self.decorate)(request), self.method.as_str(), &self.url, token).await
    }

    /// Sends it and reads the answer as JSON.
    pub(crate) async fn receive<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.send().await?.decode()
    }

    /// Sends it and takes any successful answer.
    pub(crate) async fn done(&self) -> Result<(), Error> {
        self.send().await.map(drop)
    }
}

impl Answer {
    pub(crate) fn decode<T: DeserializeOwned>(self) -> Result<T, Error> {
        serde_json::from_slice(&self.body)
            .map_err(|e| Error::Undecodable { call: self.call, why: e.to_string() })
    }
}

/// Sends a request and reads the whole answer; one that is not successful is an error, which goes
/// to logs and does not repeat the `secret` that was sent.
pub(crate) async fn send(
    request: RequestBuilder,
    method: &str,
    url: &Url,
    secret: Option<&Secret>,
) -> Result<Answer, Error> {
    let call = format!("{method} {url}");
    let unreachable =
        |e: reqwest::Error| Error::Unreachable { call: call.clone(), source: e.without_url() };
    let mut response = request.send().await.map_err(unreachable)?;
    let (status, headers) = (response.status(), response.headers().clone());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        body.extend_from_slice(&chunk);
        if body.len() > Client::LONGEST_ANSWER {
            let why = format!("it is longer than {} bytes", Client::LONGEST_ANSWER);
            return Err(Error::Undecodable { call, why });
        }
    }
    if status.is_success() {
        Ok(Answer { call, headers, body })
    } else {
        let text = String::from_utf8_lossy(&body);
        let text = secret.map_or_else(|| text.clone().into_owned(), |secret| secret.mask(&text));
        // What the server's log is searched for.
        let id = headers.get("x-request-id").and_then(|id| id.to_str().ok());
        let call = id.map_or(call.clone(), |id| format!("{call} (request {id})"));
        Err(Error::Status { call, status, detail: Detail::read(&text) })
    }
}
