//! Requests to the server.

mod failures;
mod words;

use std::{
    cell::OnceCell,
    io::{self, IsTerminal},
    sync::Arc,
    time::{Duration, Instant},
};

use jobbergate_client::{
    Answer, Client, Detail, Error, Failed, Request, Retries, Retry, TokenSource,
};
use reqwest::{Method, StatusCode, redirect};
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use failures::{failed, is_not_found, is_too_large, not_understood};
use failures::{misconfigured, unexpected};

use crate::{
    auth::{Auth, causes},
    failure::Result,
    log::Log,
    output,
    settings::Settings,
};

const CONNECT_DEADLINE: Duration = Duration::from_secs(5);
/// How long a file may take to get to the server, beside the server's own time.
const UPLOAD_DEADLINE: Duration = Duration::from_secs(300);
/// How often a request is sent that fails for the moment.
const ATTEMPTS: u32 = 4;
/// Before the second; then twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// How long after the first others are begun.
const PATIENCE: Duration = Duration::from_secs(30);
const IN_DOUBT: &str = " -- It may have been done nevertheless: please look before you do it again";

/// The server, as the caller.
#[derive(Debug)]
pub struct Api {
    /// Where tokens come from.
    pub auth: Auth,
    client: Client,
    log: Arc<Log>,
    retries: Retries,
    is_verbose: bool,
    /// Whether a person reads what is said, not a program.
    is_for_people: bool,
    base_url: String,
    timeout: Duration,
    for_uploads: OnceCell<Client>,
    for_waits: OnceCell<reqwest::Client>,
}

impl Api {
    /// As the settings have it.
    ///
    /// # Errors
    /// When they make no sense.
    pub fn new(settings: &Settings, is_verbose: bool, log: Arc<Log>) -> Result<Self> {
        let timeout = settings.requests_timeout;
        // Not of the whole call: a large file may take its time as long as it comes.
        let http = built(http(timeout).read_timeout(timeout))?;
        let auth = Auth::new(settings, http.clone(), Arc::clone(&log));
        let retries = retries(is_verbose, Arc::clone(&log));
        let client = Client::with_http(&settings.base_api_url, http, TokenSource::Anonymous);
        let client = client.map_err(|error| misconfigured(&format!("BASE_API_URL: {error}")))?;
        Ok(Self {
            auth,
            client: client.with_retries(retries.clone()),
            log,
            retries,
            is_verbose,
            is_for_people: false,
            base_url: settings.base_api_url.clone(),
            timeout,
            for_uploads: OnceCell::new(),
            for_waits: OnceCell::new(),
        })
    }

    /// The same, whose failures are told in a person's words where a person reads them.
    #[must_use]
    pub fn for_people(self, are_results_for_people: bool) -> Self {
        let is_for_people = are_results_for_people && io::stderr().is_terminal();
        Self { is_for_people, ..self }
    }

    /// A request with the caller's token.
    ///
    /// # Errors
    /// When there is no token.
    pub async fn request(&self, method: Method, segments: &[&str]) -> Result<Request<'_>> {
        let token = self.auth.access().await?;
        Ok(self.client.request(method, segments).with_token(token.text))
    }

    /// The same for one that makes something: sent again, it makes nothing else.
    ///
    /// # Errors
    /// When there is no token.
    pub async fn create(&self, segments: &[&str]) -> Result<Request<'_>> {
        let key = format!("{:032x}", rand::random::<u128>());
        Ok(self.request(Method::POST, segments).await?.key(key))
    }

    /// Rules of sending again for what must be told of, if at all possible.
    pub fn more_patiently(&self, attempts: u32, patience: Duration) -> Retries {
        Retries { attempts, patience, ..self.retries.clone() }
    }

    /// The same for one with a file in it, which may take its time to get there.
    ///
    /// # Errors
    /// When there is no token.
    pub async fn upload(&self, segments: &[&str]) -> Result<Request<'_>> {
        let token = self.auth.access().await?;
        let client = match self.for_uploads.get() {
            Some(client) => client,
            None => {
                let http = built(http(self.timeout).timeout(self.timeout + UPLOAD_DEADLINE))?;
                let client = Client::with_http(&self.base_url, http, TokenSource::Anonymous);
                let client = client.map_err(|error| misconfigured(&error.to_string()))?;
                self.for_uploads.get_or_init(|| client.with_retries(self.retries.clone()))
            }
        };
        Ok(client.request(Method::PUT, segments).with_token(token.text))
    }

    /// The server as it is asked for what may take a while to happen, with the caller's token.
    ///
    /// # Errors
    /// When there is no token.
    pub async fn patient(&self) -> Result<Client> {
        let token = self.auth.access().await?;
        let http = match self.for_waits.get() {
            Some(http) => http,
            None => {
                let http = built(http(self.timeout).timeout(self.timeout.max(Client::DEADLINE)))?;
                self.for_waits.get_or_init(|| http)
            }
        };
        let client =
            Client::with_http(&self.base_url, http.clone(), TokenSource::Fixed(token.text));
        client.map_err(|error| misconfigured(&error.to_string()))
    }

    /// The same, where what fails for the moment is asked for again.
    ///
    /// # Errors
    /// When there is no token.
    pub async fn persistent(&self) -> Result<Client> {
        Ok(self.patient().await?.with_retries(self.retries.clone()))
    }

    /// Makes a call by such a client, of which a person who wants to know is told.
    ///
    /// # Errors
    /// Those of the call.
    pub async fn noted<T>(
        &self,
        call: &str,
        work: impl Future<Output = std::result::Result<T, Error>>,
    ) -> std::result::Result<T, Error> {
        let begin = Instant::now();
        let done = work.await;
        let status = match &done {
            Ok(_) => "answered".to_owned(),
            Err(error) => error.status().map_or("no answer".to_owned(), |s| s.to_string()),
        };
        self.tell(&format!("{call}: {status} in {:?}", begin.elapsed()));
        done
    }

    /// Sends a request that is answered with this status.
    ///
    /// # Errors
    /// That `what` could not be done, and why.
    pub async fn send(
        &self,
        what: &str,
        request: Request<'_>,
        expected: StatusCode,
    ) -> Result<Answer> {
        let answer = self.answer(what, request).await?;
        if answer.status == expected { Ok(answer) } else { Err(unexpected(what, answer.status)) }
    }

    /// The same for one that may be answered with any status of success.
    ///
    /// # Errors
    /// The same.
    pub async fn answer(&self, what: &str, request: Request<'_>) -> Result<Answer> {
        self.deliver(&request).await.map_err(|Failed { error, in_doubt }| {
            failed(what, &self.worded(error)).adding(if in_doubt { IN_DOUBT } else { "" })
        })
    }

    /// Sends a request of a workflow, which may go on when it fails.
    ///
    /// # Errors
    /// What failed, and the status of the answer if there was one.
    pub async fn attempt(
        &self,
        request: &Request<'_>,
    ) -> std::result::Result<Answer, (String, Option<StatusCode>)> {
        self.deliver(request).await.map_err(|Failed { error, in_doubt }| {
            (format!("{error}{}", if in_doubt { IN_DOUBT } else { "" }), error.status())
        })
    }

    /// What the server said, in words for whoever reads them.
    fn worded(&self, mut error: Error) -> Error {
        if let (true, Error::Status { detail: Detail::Text(text), .. }) =
            (self.is_for_people, &mut error)
        {
            *text = words::for_people(text).unwrap_or_else(|| text.clone());
        }
        error
    }

    async fn deliver(&self, request: &Request<'_>) -> std::result::Result<Answer, Failed> {
        let begin = Instant::now();
        let answer = request.deliver().await;
        let status = match &answer {
            Ok(answer) => answer.status.to_string(),
            Err(failed) => status(&failed.error),
        };
        self.tell(&format!("{request:?}: {status} in {:?}", begin.elapsed()));
        answer
    }

    fn tell(&self, line: &str) {
        self.log.write(line);
        if self.is_verbose {
            output::tell(&format!("{line}\n"));
        }
    }

    /// The same, for what the server says as JSON.
    ///
    /// # Errors
    /// The same.
    pub async fn receive(
        &self,
        what: &str,
        request: Request<'_>,
        expected: StatusCode,
    ) -> Result<Value> {
        let answer = self.send(what, request, expected).await?;
        answer.decode().map_err(|error| failed(what, &error))
    }

    /// The same, for what the server may not know of, or the caller may not see.
    ///
    /// # Errors
    /// The same.
    pub async fn find<T: DeserializeOwned>(
        &self,
        what: &str,
        request: Request<'_>,
        expected: StatusCode,
    ) -> Result<Option<T>> {
        match self.deliver(&request).await.map_err(|failed| failed.error) {
            Err(error) if error.status().is_some_and(is_unknown) => Ok(None),
            Err(error) => Err(failed(what, &self.worded(error))),
            Ok(answer) if answer.status == expected => {
                answer.decode().map(Some).map_err(|error| failed(what, &error))
            }
            Ok(answer) => Err(unexpected(what, answer.status)),
        }
    }
}

fn is_unknown(status: StatusCode) -> bool {
    matches!(status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED)
}

fn status(error: &Error) -> String {
    error.status().map_or("no answer".to_owned(), |status| status.to_string())
}

/// Who waits at a terminal is told why.
fn retries(is_verbose: bool, log: Arc<Log>) -> Retries {
    let is_told = is_verbose || io::stderr().is_terminal();
    let tell = move |retry: &Retry<'_>| {
        let why = match retry.error {
            Error::Status { call, status, .. } => format!("{call}: {status}"),
            error => error.to_string(),
        };
        let line = format!("{why} -- trying again in {:.1} s", retry.pause.as_secs_f64());
        log.write(&line);
        if is_told {
            output::tell(&format!("{line}\n"));
        }
    };
    Retries {
        attempts: ATTEMPTS,
        first_pause: FIRST_PAUSE,
        patience: PATIENCE,
        tell: Arc::new(tell),
    }
}

fn http(timeout: Duration) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .connect_timeout(CONNECT_DEADLINE.min(timeout))
        .redirect(redirect::Policy::none())
        .user_agent(concat!("jobbergate-cli/", env!("CARGO_PKG_VERSION")))
}

fn built(http: reqwest::ClientBuilder) -> Result<reqwest::Client> {
    http.build().map_err(|error| misconfigured(&causes(&error)))
}
