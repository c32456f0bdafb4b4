//! Sends a request and reads the answer.

use std::{
    borrow::Cow,
    time::{Duration, SystemTime},
};

use reqwest::{
    Method, RequestBuilder, Response, StatusCode,
    header::{self, HeaderMap, HeaderValue},
};
use serde::{Serialize, de::DeserializeOwned};
use url::Url;

use crate::{Client, Detail, Error, Failed, Retries, Secret, retries::KEY};

/// A request in the making.
pub struct Request<'a> {
    pub(crate) client: &'a Client,
    pub(crate) method: Method,
    url: Url,
    token: Option<Secret>,
    /// Whether it may be done twice.
    pub(crate) is_idempotent: bool,
    pub(crate) has_key: bool,
    retries: Option<Retries>,
    decorate: Box<dyn Fn(RequestBuilder) -> RequestBuilder + Send + Sync + 'a>,
}

/// A successful answer.
#[derive(Debug)]
pub struct Answer {
    call: String,
    /// Which kind of success it is.
    pub status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// What came with it.
    pub body: Vec<u8>,
}

impl Client {
    /// A request to the route with these path segments.
    pub fn request(&self, method: Method, segments: &[&str]) -> Request<'_> {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.extend(segments);
        }
        Request {
            client: self,
            is_idempotent: method != Method::POST && method != Method::PATCH,
            method,
            url,
            token: None,
            has_key: false,
            retries: self.retries.clone(),
            decorate: Box::new(|request| request),
        }
    }
}

impl std::fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, shown(&self.url))
    }
}

impl<'a> Request<'a> {
    /// Sends it with this token, not with one of the client's.
    #[must_use]
    pub fn with_token(self, token: Secret) -> Self {
        Self { token: Some(token), ..self }
    }

    /// Adds query parameters.
    #[must_use]
    pub fn query(self, query: &'a (impl Serialize + Sync)) -> Self {
        self.decorated(move |request| request.query(query))
    }

    /// Sets the body.
    #[must_use]
    pub fn json(self, body: &'a (impl Serialize + Sync)) -> Self {
        self.decorated(move |request| request.json(body))
    }

    /// Sets the body to these bytes.
    pub(crate) fn bytes(self, body: &'a [u8]) -> Self {
        self.decorated(move |request| {
            let kind = header::CONTENT_TYPE;
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

    /// Sets the body to a form with these fields and one text file.
    #[must_use]
    pub fn form(
        self,
        fields: &'a [(&'static str, String)],
        filename: &'a str,
        content: &'a [u8],
    ) -> Self {
        self.decorated(move |request| {
            let part = reqwest::multipart::Part::bytes(content.to_vec());
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
            let part = part.file_name(filename.to_owned()).headers(headers);
            let form =
                fields.iter().fold(reqwest::multipart::Form::new(), |form, (name, value)| {
                    form.text(*name, value.clone())
                });
            request.multipart(form.part("upload_file", part))
        })
    }

    /// Gives it another deadline than the client's.
    #[must_use]
    pub fn within(self, deadline: Duration) -> Self {
        self.decorated(move |request| request.timeout(deadline))
    }

    /// Gives it a key, by which a server knows it again: the same is not done twice.
    #[must_use]
    pub fn key(self, key: String) -> Self {
        let keyed = self.decorated(move |request| request.header(KEY, &key));
        Self { has_key: true, ..keyed }
    }

    /// Says that it must not be done twice, although its method would say so.
    #[must_use]
    pub fn not_idempotent(self) -> Self {
        Self { is_idempotent: false, ..self }
    }

    /// Has it sent again by other rules than the client's.
    #[must_use]
    pub fn with_retries(self, retries: Retries) -> Self {
        Self { retries: Some(retries), ..self }
    }

    fn decorated(self, step: impl Fn(RequestBuilder) -> RequestBuilder + Send + Sync + 'a) -> Self {
        let before = self.decorate;
        Self { decorate: Box::new(move |request| step(before(request))), ..self }
    }

    /// Sends it, again as the client's [`Retries`] say.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn send(&self) -> Result<Answer, Error> {
        self.deliver().await.map_err(|failed| failed.error)
    }

    /// The same for whoever has to know whether it may have been done although it failed.
    ///
    /// # Errors
    /// See [`Failed`].
    pub async fn deliver(&self) -> Result<Answer, Failed> {
        match &self.retries {
            Some(retries) => self.send_with(retries).await,
            None => self.send_once().await.map_err(|error| self.failed(error, false)),
        }
    }

    /// Sends it, once more with a fresh token if the first is refused.
    pub(crate) async fn send_once(&self) -> Result<Answer, Error> {
        self.open().await?.read().await
    }

    /// The same, without the body of the answer, which is read as it comes.
    pub(crate) async fn open(&self) -> Result<Opened, Error> {
        let client = self.client;
        if self.token.is_some() {
            return self.attempt(self.token.as_ref()).await;
        }
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

    /// What is answered to a request whose aim is reached already.
    pub(crate) fn deleted(&self) -> Answer {
        let (call, status) = (format!("{self:?}"), StatusCode::NO_CONTENT);
        Answer { call, status, headers: HeaderMap::new(), body: Vec::new() }
    }

    pub(crate) async fn attempt(&self, token: Option<&Secret>) -> Result<Opened, Error> {
        let mut request = self.client.http.request(self.method.clone(), self.url.clone());
        if let Some(token) = token {
            request = request.bearer_auth(token.reveal());
        }
        open((self.decorate)(request), self.method.as_str(), &self.url, token).await
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
    pub(crate) fn undecodable(self, why: String) -> Error {
        Error::Undecodable { call: self.call, why }
    }

    /// Reads it as JSON.
    ///
    /// # Errors
    /// When it is none, or not what is expected.
    pub fn decode<T: DeserializeOwned>(self) -> Result<T, Error> {
        serde_json::from_slice(&self.body)
            .map_err(|e| Error::Undecodable { call: self.call, why: e.to_string() })
    }
}

/// Without a password, which some write into addresses.
fn shown(url: &Url) -> Cow<'_, Url> {
    let mut url = Cow::Borrowed(url);
    if url.password().is_some() {
        // One that may have a password may have none.
        let _ = url.to_mut().set_password(None);
    }
    url
}

/// A successful answer whose body was not read yet.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) call: String,
    pub(crate) response: Response,
}

impl Opened {
    pub(crate) async fn read(mut self) -> Result<Answer, Error> {
        let (status, headers) = (self.response.status(), self.response.headers().clone());
        let body = body(&self.call, &mut self.response).await?;
        Ok(Answer { call: self.call, status, headers, body })
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
    open(request, method, url, secret).await?.read().await
}

async fn open(
    request: RequestBuilder,
    method: &str,
    url: &Url,
    secret: Option<&Secret>,
) -> Result<Opened, Error> {
    let call = format!("{method} {}", shown(url));
    let sent = request.send().await;
    let mut response = sent.map_err(|error| unreachable(&call, error))?;
    let status = response.status();
    if status.is_success() {
        return Ok(Opened { call, response });
    }
    let text = body(&call, &mut response).await?;
    let text = String::from_utf8_lossy(&text);
    let text = secret.map_or_else(|| text.clone().into_owned(), |secret| secret.mask(&text));
    // What the server's log is searched for.
    let id = response.headers().get("x-request-id").and_then(|id| id.to_str().ok());
    let call = id.map_or(call.clone(), |id| format!("{call} (request {id})"));
    let retry_after = response.headers().get(header::RETRY_AFTER).and_then(retry_after);
    Err(Error::Status { call, status, detail: Detail::read(&text), retry_after })
}

async fn body(call: &str, response: &mut Response) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(call, error))? {
        body.extend_from_slice(&chunk);
        if body.len() > Client::LONGEST_ANSWER {
            let why = format!("it is longer than {} bytes", Client::LONGEST_ANSWER);
            return Err(Error::Undecodable { call: call.to_owned(), why });
        }
    }
    Ok(body)
}

fn unreachable(call: &str, error: reqwest::Error) -> Error {
    Error::Unreachable { call: call.to_owned(), source: error.without_url() }
}

/// Seconds, or an instant.
fn retry_after(value: &HeaderValue) -> Option<Duration> {
    let text = value.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let instant = httpdate::parse_http_date(text).ok()?;
    Some(instant.duration_since(SystemTime::now()).unwrap_or_default())
}
