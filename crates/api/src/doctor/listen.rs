//! The address to listen on: free, or taken by a server of ours.

use std::{io::ErrorKind, time::Duration};

use super::Problem;
use crate::config::{ListenAddress, ServeConfig};

/// How long whoever listens there may take for an answer.
const DEADLINE: Duration = Duration::from_secs(5);

pub(super) async fn check(config: &ServeConfig) -> Result<String, Problem> {
    let address = &config.listen;
    let cause = match address.bind().await {
        Ok(_) => return Ok(format!("{address} is free")),
        Err(cause) => cause,
    };
    if cause.kind() == ErrorKind::AddrInUse {
        if answers(address).await {
            return Ok(format!("a Jobbergate server answers at {address}"));
        }
        let what = format!("another program listens on {address}");
        return Err(Problem::new(what, "stop it, or choose another port with JOBBERGATE_LISTEN"));
    }
    let advice = "choose an address of this machine with JOBBERGATE_LISTEN";
    Err(Problem::new(format!("cannot listen on {address}: {cause}"), advice))
}

async fn answers(address: &ListenAddress) -> bool {
    let mut local = address.clone();
    match local.host.as_str() {
        "0.0.0.0" => local.host = "127.0.0.1".to_owned(),
        "::" => local.host = "::1".to_owned(),
        _ => {}
    }
    let Ok(http) = reqwest::Client::builder().timeout(DEADLINE).no_proxy().build() else {
        return false;
    };
    let answer = http.get(format!("http://{local}/jobbergate/health")).send().await;
    answer.is_ok_and(|answer| answer.status() == reqwest::StatusCode::NO_CONTENT)
}
