//! Logging in with the browser of this machine: the authorization code flow with PKCE, which comes
//! back to a port that only this machine reaches (RFC 8252).

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::RngExt;
use tokio::time::timeout;

use super::{
    callback::{Callback, Outcome},
    desktop::open_in_browser,
    pkce::Pkce,
    provider::{Provider, Tokens},
};
use crate::{
    failure::{Failure, Result},
    output::progress::Progress,
};

const TITLE: &str = "Authentication error";
/// How long a person may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// Lets a person log in, who is shown by `show` the link to open, and whether it was opened.
///
/// # Errors
/// When the person does not, or the provider is not well.
pub async fn log_in(
    provider: &Provider,
    show: impl FnOnce(&str, bool) -> Result<()>,
) -> Result<Tokens> {
    let pkce = Pkce::new();
    // By it we know that the answer is one to our question.
    let state: [u8; 24] = rand::rng().random();
    let state = URL_SAFE_NO_PAD.encode(state);
    let callback = Callback::listen(&state).await.map_err(|error| {
        failed(&format!("No port of this machine can be listened on: {error} -- {OTHER_WAY}"))
    })?;
    let link = provider.authorization_link(&callback.address, &state, &pkce.challenge)?;
    show(&link, open_in_browser(&link))?;
    let progress = Progress::of_waiting();
    progress.says("waiting for you to log in");
    let Ok(outcome) = timeout(PATIENCE, callback.outcome()).await else {
        return Err(failed(
            "Login was not completed in time -- Please run `jobbergate login` again",
        ));
    };
    let code = match outcome {
        Some(Outcome::Code(code)) => code,
        Some(Outcome::Refused { error, .. }) if error == "access_denied" => {
            return Err(failed("The log-in was refused"));
        }
        Some(Outcome::Refused { error, description }) => {
            let words = description.map_or(error.clone(), |words| format!("{error}: {words}"));
            return Err(failed(&format!("The log-in failed -- {words} -- {OTHER_WAY}")));
        }
        None => return Err(failed("The log-in failed: nobody listens for its end any more")),
    };
    let tokens = provider.code_tokens(&code, &callback.address, &pkce.verifier).await?;
    tokens.map_err(|refusal| failed(&format!("The log-in failed -- {refusal}")))
}

const OTHER_WAY: &str = "`jobbergate login --device` needs no browser on this machine";

fn failed(text: &str) -> Failure {
    Failure::new(TITLE, text)
}
