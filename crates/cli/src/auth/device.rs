//! Logging in on another device (RFC 8628), with PKCE.

use std::{
    env,
    process::{Command, Stdio},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::RngExt;
use reqwest::StatusCode;
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep};

use super::provider::{Device, Provider, Tokens};
use crate::failure::{Failure, Result};

const TITLE: &str = "Authentication error";
/// What a provider adds to the interval when it is asked too often, in seconds.
const SLOWER: u64 = 5;

/// Lets a person log in, who is shown by `show` where to do it.
///
/// # Errors
/// When the person does not, or the provider is not well.
pub async fn log_in(
    provider: &Provider,
    show: impl FnOnce(&Device, bool) -> Result<()>,
) -> Result<Tokens> {
    let verifier = verifier();
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    let device = provider.begin_device(&challenge).await?.map_err(|refusal| {
        failed(&format!("The identity provider offers no log-in for this program -- {refusal}"))
    })?;
    show(&device, open_in_browser(&device.verification_uri_complete))?;
    let end = Instant::now() + Duration::from_secs(device.expires_in);
    let mut interval = device.interval.clamp(1, 600);
    loop {
        let refusal = match provider.device_tokens(&device.device_code, &verifier).await? {
            Ok(tokens) => return Ok(tokens),
            Err(refusal) => refusal,
        };
        match refusal.error.as_deref() {
            Some("slow_down") => interval += SLOWER,
            Some("access_denied") => return Err(failed("The log-in was refused")),
            Some("expired_token") => return Err(too_late()),
            Some("authorization_pending") => {}
            // What is no OAuth error is taken for waiting.
            None if refusal.status == StatusCode::BAD_REQUEST => {}
            _ => return Err(failed(&format!("The log-in failed -- {refusal}"))),
        }
        let pause = Duration::from_secs(interval);
        if Instant::now() + pause >= end {
            return Err(too_late());
        }
        sleep(pause).await;
    }
}

fn too_late() -> Failure {
    failed("Login was not completed in time -- Please run `jobbergate login` again")
}

fn failed(text: &str) -> Failure {
    Failure::new(TITLE, text)
}

/// 128 characters, as many as PKCE allows.
fn verifier() -> String {
    let random: [u8; 96] = rand::rng().random();
    URL_SAFE_NO_PAD.encode(random)
}

/// Opens a link where the person has windows; whether it was tried.
fn open_in_browser(link: &str) -> bool {
    let has_windows = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| env::var_os(name).is_some());
    if !has_windows || !(link.starts_with("https://") || link.starts_with("http://")) {
        return false;
    }
    let mut opener = Command::new("xdg-open");
    opener.arg(link).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    opener.spawn().is_ok()
}
