//! InfluxDB 1.x, by its HTTP API.

pub mod answer;

use std::time::Duration;

use reqwest::{Certificate, StatusCode, redirect};
use serde_json::Value;
use url::Url;

use self::answer::Series;
use super::dsn::Dsn;

/// How long it may take to connect.
const CONNECT_DEADLINE: Duration = Duration::from_secs(5);
/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: usize = 16 << 20;
/// The longest words of InfluxDB that go to the log, in characters.
const LONGEST_WORDS: usize = 300;

/// Whether the connection is encrypted, and whose certificate is good.
#[derive(Debug)]
pub enum Tls {
    None,
    Unchecked,
    /// Signed by one of these, or by an authority that the system trusts.
    Checked(Option<Vec<Certificate>>),
}

#[derive(Debug)]
pub struct Influx {
    http: reqwest::Client,
    address: Url,
    pub dsn: Dsn,
}

/// Why InfluxDB gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum InfluxError {
    #[error("InfluxDB at {at} does not answer: {why}")]
    Unreachable { at: String, why: String },
    #[error(
        "InfluxDB at {at} refuses the user or the password of JOBBERGATE_AGENT_INFLUX_DSN: {words}"
    )]
    Forbidden { at: String, words: String },
    #[error("what answers at {at} is not InfluxDB 1.x: {words}")]
    Stranger { at: String, words: String },
    #[error("InfluxDB at {at} refuses the query: {words}")]
    Refused { at: String, words: String },
    #[error("InfluxDB at {at} gave an answer of more than {LONGEST_ANSWER} bytes")]
    TooLong { at: String },
}

impl Influx {
    /// InfluxDB there. Calls nobody.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(dsn: &Dsn, tls: Tls, deadline: Duration) -> Result<Self, String> {
        let scheme = if matches!(tls, Tls::None) { "http" } else { "https" };
        let address = format!("{scheme}://{}:{}/query", dsn.host, dsn.port);
        let address = Url::parse(&address).map_err(|error| error.to_string())?;
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_DEADLINE.min(deadline))
            .timeout(deadline)
            .redirect(redirect::Policy::none())
            .user_agent(concat!("jobbergate/", env!("CARGO_PKG_VERSION")));
        let http = match tls {
            Tls::None | Tls::Checked(None) => http,
            Tls::Unchecked => http.tls_danger_accept_invalid_certs(true),
            Tls::Checked(Some(certificates)) => http.tls_certs_only(certificates),
        };
        let http = http.build().map_err(|error| causes(&error))?;
        Ok(Self { http, address, dsn: dsn.clone() })
    }

    /// Asks for series; `parameters` are what `$name` stands for in the query.
    pub async fn query(&self, query: &str, parameters: &Value) -> Result<Vec<Series>, InfluxError> {
        let parameters = parameters.to_string();
        let fields = [
            ("db", self.dsn.database.as_str()),
            ("q", query),
            ("params", &parameters),
            ("epoch", "s"),
            // So that no limit of the server cuts the answer short.
            ("chunked", "true"),
        ];
        let mut request = self.http.get(self.address.clone()).query(&fields);
        if let Some((user, password)) = &self.dsn.credentials {
            request = request.basic_auth(user, Some(password.reveal()));
        }
        let (status, body) = self.receive(request).await?;
        let answer = answer::read(&body);
        let words = || self.words(&String::from_utf8_lossy(&body));
        let at = self.dsn.to_string();
        match answer {
            _ if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                Err(InfluxError::Forbidden { at, words: words() })
            }
            Some(Err(error)) => Err(InfluxError::Refused { at, words: self.words(&error) }),
            Some(Ok(series)) if status.is_success() => Ok(series),
            _ => {
                let words = format!("{status}: {}", words());
                Err(InfluxError::Stranger { at, words })
            }
        }
    }

    async fn receive(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<(StatusCode, Vec<u8>), InfluxError> {
        let at = || self.dsn.to_string();
        let unreachable = |error: reqwest::Error| {
            let why = causes(&error.without_url());
            InfluxError::Unreachable { at: at(), why }
        };
        let mut response = request.send().await.map_err(unreachable)?;
        let (status, mut body) = (response.status(), Vec::new());
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            body.extend_from_slice(&chunk);
            if body.len() > LONGEST_ANSWER {
                return Err(InfluxError::TooLong { at: at() });
            }
        }
        Ok((status, body))
    }

    /// The beginning of what it said, on one line and without the password.
    fn words(&self, text: &str) -> String {
        let text = match &self.dsn.credentials {
            Some((_, password)) => password.mask(text),
            None => text.to_owned(),
        };
        let line = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c });
        line.take(LONGEST_WORDS).collect()
    }
}

/// An error with all its causes.
fn causes(error: &reqwest::Error) -> String {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |e| e.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
