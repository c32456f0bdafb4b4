//! Logging in on another device (RFC 8628), with PKCE.

use std::time::Duration;

use reqwest::StatusCode;
use tokio::time::{Instant, sleep};

use super::{
    desktop::open_in_browser,
    pkce::Pkce,
    provider::{Device, Provider, Refusal, Tokens, Trouble},
};
use crate::{
    failure::{Failure, Result},
    output::progress::Progress,
};

const TITLE: &str = "Authentication error";
/// What a provider adds to the interval when it is asked too often, in seconds.
const SLOWER: u64 = 5;
/// How long a log-in is waited for at most, whatever the provider says, in seconds.
const LONGEST: u64 = 24 * 60 * 60;

/// Lets a person log in, who is shown by `show` where to do it.
///
/// # Errors
/// When the person does not, or the provider is not well.
pub async fn log_in(
    provider: &Provider,
    show: impl FnOnce(&Device, bool) -> Result<()>,
) -> Result<Tokens> {
    let pkce = Pkce::new();
    let mut device = provider.begin_device(&pkce.challenge).await?.map_err(|refusal| {
        failed(&format!("The identity provider offers no log-in for this program -- {refusal}"))
    })?;
    device.expires_in = device.expires_in.min(LONGEST);
    show(&device, open_in_browser(&device.verification_uri_complete))?;
    let end = Instant::now() + Duration::from_secs(device.expires_in);
    let progress = Progress::of_seconds(device.expires_in);
    let mut interval = device.interval.clamp(1, 600);
    loop {
        let outage = match provider.device_tokens(&device.device_code, &pkce.verifier).await {
            Ok(Ok(tokens)) => return Ok(tokens),
            Ok(Err(refusal)) if is_away(&refusal) => {
                Some(failed(&format!("The identity provider is not well -- {refusal}")))
            }
            Ok(Err(refusal)) => {
                interval += slower(&refusal)?;
                None
            }
            Err(Trouble::Away(failure)) => Some(failure),
            Err(trouble) => return Err(trouble.into()),
        };
        progress.says(match outage {
            Some(_) => "waiting for the identity provider, which does not answer",
            None => "waiting for you to log in",
        });
        let pause = Duration::from_secs(interval);
        if Instant::now() + pause >= end {
            return Err(outage.unwrap_or_else(too_late));
        }
        sleep(pause).await;
        progress.advance(interval);
    }
}

/// Whether it is a restart, say, which a person who is about to log in does not hear of.
fn is_away(refusal: &Refusal) -> bool {
    refusal.status.is_server_error()
}

/// By how many seconds to ask less often, of a provider that waits for the person.
fn slower(refusal: &Refusal) -> Result<u64> {
    match refusal.error.as_deref() {
        Some("slow_down") => Ok(SLOWER),
        Some("access_denied") => Err(failed("The log-in was refused")),
        Some("expired_token") => Err(too_late()),
        Some("authorization_pending") => Ok(0),
        // What is no OAuth error is taken for waiting.
        None if refusal.status == StatusCode::BAD_REQUEST => Ok(0),
        None if refusal.status == StatusCode::TOO_MANY_REQUESTS => Ok(SLOWER),
        _ => Err(failed(&format!("The log-in failed -- {refusal}"))),
    }
}

fn too_late() -> Failure {
    failed("Login was not completed in time -- Please run `jobbergate login` again")
}

fn failed(text: &str) -> Failure {
    Failure::new(TITLE, text)
}
