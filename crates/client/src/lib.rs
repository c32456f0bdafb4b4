//! The client of Jobbergate's REST API, as the agent, the command line and the tests use it.
//!
//! Each resource has a file with its routes as methods of [`Client`]. Every call ends: within 5
//! seconds when nobody listens, within [`Client::DEADLINE`] when the answer does not come.

#![warn(missing_docs)]

mod agent;
mod clusters;
mod error;
mod events;
mod job_script_templates;
mod job_scripts;
mod job_submissions;
mod metrics;
mod output;
mod probe;
mod request;
mod retries;
mod token;

use std::{sync::Arc, time::Duration};

use reqwest::redirect;
use url::Url;

pub use error::{Detail, Error};
pub use events::{SubmissionEvent, SubmissionEvents};
pub use probe::Right;
pub use request::{Answer, Request};
pub use retries::{Failed, Retries, Retry};
pub use token::{ClientCredentials, Secret, TokenSource};

/// The API of one server, called in the name of one user or agent. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    token: Arc<TokenSource>,
    /// None: who calls has its own way of coming back.
    retries: Option<Retries>,
}

impl Client {
    /// How long a call may take, body included.
    pub const DEADLINE: Duration = Duration::from_secs(30);
    /// How long it may take to connect.
    pub const CONNECT_DEADLINE: Duration = Duration::from_secs(5);
    /// The longest answer that is read, in bytes.
    pub const LONGEST_ANSWER: usize = 64 << 20;

    /// A client of the server at `base_url`, which may be written with or without the
    /// `/jobbergate` under which all routes are.
    ///
    /// # Errors
    /// When `base_url` is not an HTTP address, or the system's certificates can't be read.
    pub fn new(base_url: &str, token: TokenSource) -> Result<Self, Error> {
        Self::with_deadline(base_url, token, Self::DEADLINE)
    }

    /// The same with another deadline for each call.
    ///
    /// # Errors
    /// As for [`Client::new`].
    pub fn with_deadline(
        base_url: &str,
        token: TokenSource,
        deadline: Duration,
    ) -> Result<Self, Error> {
        let http = reqwest::Client::builder()
            .connect_timeout(Self::CONNECT_DEADLINE)
            .timeout(deadline)
            .redirect(redirect::Policy::none())
            .user_agent(concat!("jobbergate/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(Error::Setup)?;
        Self::with_http(base_url, http, token)
    }

    /// The same with an HTTP client that is there already, and has its deadlines.
    ///
    /// # Errors
    /// When `base_url` is not an HTTP address.
    pub fn with_http(
        base_url: &str,
        http: reqwest::Client,
        token: TokenSource,
    ) -> Result<Self, Error> {
        Ok(Self { http, base: base(base_url)?, token: Arc::new(token), retries: None })
    }
}

fn base(text: &str) -> Result<Url, Error> {
    let wrong = |why: String| Error::BaseUrl { url: text.to_owned(), why };
    let mut url = Url::parse(text).map_err(|e| wrong(e.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("it must begin with http:// or https://".to_owned()));
    }
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix("/jobbergate").unwrap_or(path);
    let path = format!("{path}/jobbergate");
    url.set_path(&path);
    url.set_query(None);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_url_may_name_the_prefix_or_not() {
        for written in ["http://h:8000", "http://h:8000/", "http://h:8000/jobbergate/"] {
            assert_eq!(base(written).unwrap().as_str(), "http://h:8000/jobbergate");
        }
        let behind_proxy = base("https://h/apps/jobbergate").unwrap();
        assert_eq!(behind_proxy.as_str(), "https://h/apps/jobbergate");
    }

    #[test]
    fn a_base_url_that_is_none_is_refused() {
        for written in ["localhost:8000", "", "ftp://h"] {
            assert!(matches!(base(written), Err(Error::BaseUrl { .. })), "{written}");
        }
    }
}
