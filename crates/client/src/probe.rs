//! Whether calls would work: what is asked here changes nothing.

use std::time::SystemTime;

use reqwest::{Method, StatusCode, header};
use serde_json::json;

use crate::{Client, Error};

/// What an agent has to be permitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// To read the submissions of its cluster.
    ReadSubmissions,
    /// To report what became of submissions.
    UpdateSubmissions,
    /// To read job scripts.
    ReadScripts,
    /// To report that it is alive.
    UpdateClusters,
}

impl Right {
    /// All that an agent needs.
    pub const ALL: [Self; 4] =
        [Self::ReadSubmissions, Self::UpdateSubmissions, Self::ReadScripts, Self::UpdateClusters];

    /// The permission's name in a token.
    pub const fn permission(self) -> &'static str {
        match self {
            Self::ReadSubmissions => "jobbergate:job-submissions:read",
            Self::UpdateSubmissions => "jobbergate:job-submissions:update",
            Self::ReadScripts => "jobbergate:job-scripts:read",
            Self::UpdateClusters => "jobbergate:clusters:update",
        }
    }
}

impl Client {
    /// Gets a token, if calls need one.
    ///
    /// # Errors
    /// When the identity provider gives none.
    pub async fn authenticate(&self) -> Result<(), Error> {
        self.token.get(&self.http).await.map(drop)
    }

    /// Whether the caller may do such things; what is asked for makes no sense otherwise, and a
    /// server that looks at it says so.
    ///
    /// # Errors
    /// 403 if not; otherwise see [`Error`].
    pub async fn may(&self, right: Right) -> Result<(), Error> {
        let page = json!({"page": 1, "size": 1});
        let nothing = json!({"slurm_job_state": "UNKNOWN", "slurm_job_info": "{}"});
        let (never, no_interval) = (["job-submissions", "agent", "0"], json!({"interval": 0}));
        let (asked, sense) = match right {
            Right::ReadSubmissions => {
                let route = ["job-submissions", "agent", "pending"];
                (self.request(Method::GET, &route).query(&page).done().await, None)
            }
            Right::ReadScripts => {
                (self.request(Method::GET, &["job-scripts"]).query(&page).done().await, None)
            }
            Right::UpdateSubmissions => {
                let asked = self.request(Method::PUT, &never).json(&nothing).done().await;
                (asked, Some(StatusCode::NOT_FOUND))
            }
            Right::UpdateClusters => {
                let route = ["clusters", "status"];
                let asked = self.request(Method::PUT, &route).query(&no_interval).done().await;
                (asked, Some(StatusCode::UNPROCESSABLE_ENTITY))
            }
        };
        match asked {
            Err(error) if sense.is_some() && error.status() == sense => Ok(()),
            other => other,
        }
    }

    /// The server's time, to the second, if it says it.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn server_time(&self) -> Result<Option<SystemTime>, Error> {
        let answer = self.request(Method::GET, &["health"]).send().await?;
        let date = answer.headers.get(header::DATE).and_then(|date| date.to_str().ok());
        Ok(date.and_then(|date| httpdate::parse_http_date(date).ok()))
    }
}
