//! The address to listen on: free, or taken by a server of ours.

use std::{io::ErrorKind, time::Duration};

use reqwest::StatusCode;

use crate::config::{ListenAddress, ServeConfig};
use jobbergate_doctor::Problem;

/// How long whoever listens there may take for an answer.
const DEADLINE: Duration = Duration::from_secs(5);

pub(super) async fn check(config: &ServeConfig) -> Result<String, Problem> {
    look(&config.listen, "JOBBERGATE_LISTEN", "jobbergate/health").await
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

/// Whether one of ours answers there: its health is no content, or 507 on a full disk, and its
/// figures have its name.
async fn answers(address: &ListenAddress, page: &str) -> bool {
    let mut local = address.clone();
    match local.host.as_str() {
        "0.0.0.0" => local.host = "127.0.0.1".to_owned(),
        "::" => local.host = "::1".to_owned(),
        _ => {}
    }
    let Ok(http) = reqwest::Client::builder().timeout(DEADLINE).no_proxy().build() else {
        return false;
    };
    let Ok(answer) = http.get(format!("http://{local}/{page}")).send().await else { return false };
    let healths = [StatusCode::NO_CONTENT, StatusCode::INSUFFICIENT_STORAGE];
    healths.contains(&answer.status())
        || answer.text().await.is_ok_and(|text| text.contains("jobbergate_database_connections"))
}
