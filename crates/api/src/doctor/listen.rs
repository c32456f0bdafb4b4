//! The address to listen on: free, or taken by a server of ours.

use std::{io::ErrorKind, time::Duration};

use reqwest::{Response, StatusCode};

use crate::{
    config::{ListenAddress, ServeConfig},
    draining::ABOUT_TO_STOP,
};
use jobbergate_doctor::Problem;

/// How long whoever listens there may take for an answer.
const DEADLINE: Duration = Duration::from_secs(5);

const HEALTH: &str = "jobbergate/health";

pub(super) async fn check(config: &ServeConfig) -> Result<String, Problem> {
    look(&config.listen, "JOBBERGATE_LISTEN", HEALTH).await
}

/// The address for Prometheus.
pub(super) async fn check_figures(config: &ServeConfig) -> Result<String, Problem> {
    let Some(address) = config.metrics_listen else { return Ok("nobody reads them".to_owned()) };
    let address = ListenAddress { host: address.ip().to_string(), port: address.port() };
    if address == config.listen && address.port != 0 {
        let what = format!("{address} is where the API is");
        return Err(Problem::new(what, "choose another port with JOBBERGATE_METRICS_LISTEN"));
    }
    look(&address, "JOBBERGATE_METRICS_LISTEN", "metrics").await
}

async fn look(address: &ListenAddress, setting: &str, page: &str) -> Result<String, Problem> {
    let cause = match address.bind().await {
        Ok(_) => return Ok(format!("{address} is free")),
        Err(cause) => cause,
    };
    if cause.kind() == ErrorKind::AddrInUse {
        if answers(address, page).await {
            return Ok(format!("a Jobbergate server answers at {address}"));
        }
        let what = format!("another program listens on {address}");
        let advice = format!("stop it, or choose another port with {setting}");
        return Err(Problem::new(what, advice));
    }
    let advice = format!("choose an address of this machine with {setting}");
    Err(Problem::new(format!("cannot listen on {address}: {cause}"), advice))
}

/// Whether one of ours answers there: its health is no content, or 507 on a full disk, or it is about to
/// stop; its figures have its name.
async fn answers(address: &ListenAddress, page: &str) -> bool {
    let Ok(answer) = ask(address, page).await else { return false };
    let healths = [StatusCode::NO_CONTENT, StatusCode::INSUFFICIENT_STORAGE];
    let words = ["jobbergate_database_connections", ABOUT_TO_STOP];
    healths.contains(&answer.status())
        || answer.text().await.is_ok_and(|text| words.iter().any(|word| text.contains(word)))
}

/// Whether the server that listens there is well.
///
/// # Errors
/// When none answers in time, or it says that it is not.
pub async fn health(address: &ListenAddress) -> Result<(), Problem> {
    let answer = ask(address, HEALTH).await.map_err(|_| {
        let what = format!("no server answers at {address} within {} s", DEADLINE.as_secs());
        Problem::new(what, "see its log, and whether JOBBERGATE_LISTEN is what it was started with")
    })?;
    match answer.status() {
        StatusCode::NO_CONTENT => Ok(()),
        StatusCode::INSUFFICIENT_STORAGE => {
            Err(Problem::new(format!("the disk of {address} is full"), "make room"))
        }
        StatusCode::SERVICE_UNAVAILABLE => {
            Err(Problem::new(format!("the server at {address} is about to stop"), "start it anew"))
        }
        other => {
            let what = format!("what listens on {address} answers {other}");
            Err(Problem::new(what, "see the server's log"))
        }
    }
}

/// Asks who listens there, on this machine.
async fn ask(address: &ListenAddress, page: &str) -> reqwest::Result<Response> {
    let mut local = address.clone();
    match local.host.as_str() {
        "0.0.0.0" => local.host = "127.0.0.1".to_owned(),
        "::" => local.host = "::1".to_owned(),
        _ => {}
    }
    let http = reqwest::Client::builder().timeout(DEADLINE).no_proxy().build()?;
    http.get(format!("http://{local}/{page}")).send().await
}
