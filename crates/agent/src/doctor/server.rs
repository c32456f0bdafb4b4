//! The server and the identity provider.

use std::time::{Duration, SystemTime};

use jobbergate_client::{Client, Error, Right, TokenSource};

use crate::{config::AgentConfig, error::AgentError};
use jobbergate_doctor::Problem;

/// How far the clocks may be apart: tokens are good from the second of their issue on.
const TOLERANCE: Duration = Duration::from_secs(5);
const ADDRESS: &str = "check JOBBERGATE_AGENT_BASE_API_URL, the network and HTTPS_PROXY";
const CREDENTIALS: &str = "check JOBBERGATE_AGENT_OIDC_DOMAIN, _OIDC_USE_HTTPS, _OIDC_CLIENT_ID and \
                           the client secret; `jobbergate admin client` makes and rotates clients \
                           of the built-in provider";

fn unset(error: AgentError) -> Problem {
    Problem::new(error, "correct the settings first")
}

/// A client that says nothing of who it is.
fn anonymous(config: &AgentConfig) -> Result<Client, Problem> {
    let (url, deadline) = (&config.base_api_url, config.requests_timeout);
    let client = Client::with_deadline(url, TokenSource::Anonymous, deadline);
    client.map_err(|error| Problem::new(error, ADDRESS))
}

pub(super) async fn check(config: &AgentConfig) -> Result<String, Problem> {
    anonymous(config)?.health().await.map_err(|error| Problem::new(error, ADDRESS))?;
    Ok(format!("{} answers", config.base_api_url))
}

pub(super) async fn check_clock(config: &AgentConfig) -> Result<String, Problem> {
    let before = SystemTime::now();
    let time = anonymous(config)?.server_time().await;
    let time = time.map_err(|error| Problem::new(error, ADDRESS))?;
    let Some(time) = time else { return Ok("the server does not say what time it is".to_owned()) };
    // It answered between the two, in the second that begins at `time`.
    let (early, late) = (before - Duration::from_secs(1), SystemTime::now());
    let (apart, which) = match (early.duration_since(time), time.duration_since(late)) {
        (Ok(apart), _) => (apart, "ahead of"),
        (_, Ok(apart)) => (apart, "behind"),
        _ => (Duration::ZERO, "ahead of"),
    };
    if apart > TOLERANCE {
        let what = format!("this machine's is {} s {which} the server's", apart.as_secs());
        return Err(Problem::new(what, "have both set by NTP (chronyd, systemd-timesyncd)"));
    }
    Ok("as the server's".to_owned())
}

pub(super) async fn check_token(config: &AgentConfig) -> Result<String, Problem> {
    let client = config.client().map_err(unset)?;
    client.authenticate().await.map_err(|error| Problem::new(error, CREDENTIALS))?;
    Ok(format!("{} gives one to {}", config.oidc_domain, config.oidc_client_id))
}

pub(super) async fn check_permissions(config: &AgentConfig) -> Result<String, Problem> {
    let client = config.client().map_err(unset)?;
    let mut missing = Vec::new();
    for right in Right::ALL {
        match client.may(right).await {
            Ok(()) => {}
            Err(error) if is_refusal(&error) => missing.push(right.permission()),
            Err(error) => {
                let advice = "see that the server trusts the identity provider that the agent uses, \
                              and that the token names the client (azp)";
                return Err(Problem::new(error, advice));
            }
        }
    }
    if missing.is_empty() {
        return Ok("all that an agent needs".to_owned());
    }
    let advice =
        format!("have the identity provider put it into the tokens of {}", config.oidc_client_id);
    Err(Problem::new(format!("the token lacks {}", missing.join(", ")), advice))
}

fn is_refusal(error: &Error) -> bool {
    error.status().is_some_and(|status| status.as_u16() == 403)
}
