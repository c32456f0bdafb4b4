//! Logging in and out.

use clap::Args;
use serde_json::Value;

use super::Session;
use crate::{
    auth::{Kind, waiting},
    failure::{Failure, Result},
    output::{print, two_ways},
};

/// How to log in.
#[derive(Debug, Args)]
pub struct LogIn {
    /// By a link that is opened on any device, which is what happens when nothing is said
    #[arg(long, conflicts_with = "browser")]
    device: bool,
    /// With the browser of this machine, which comes back here by itself
    #[arg(long)]
    browser: bool,
}

/// Which token to show, and how.
#[derive(Debug, Args)]
pub struct ShowToken {
    /// Print the token alone, without a panel
    #[arg(long, overrides_with = "no_plain")]
    plain: bool,
    #[arg(long, hide = true, overrides_with = "plain")]
    no_plain: bool,
    /// The refresh token instead of the access token
    #[arg(long, overrides_with = "no_refresh")]
    refresh: bool,
    #[arg(long, hide = true, overrides_with = "refresh")]
    no_refresh: bool,
    /// With `Bearer` before it
    #[arg(long)]
    prefix: bool,
    /// As the header of a request
    #[arg(long)]
    header: bool,
    /// What the token says, as JSON
    #[arg(long)]
    decode: bool,
}

/// Lets a person log in.
///
/// # Errors
/// When that does not come about.
pub async fn log_in(session: &Session, arguments: &LogIn) -> Result<()> {
    let wait = |(text, link): (String, &str)| session.output.link("Waiting for login", &text, link);
    let auth = &session.api.auth;
    let (_, email) = if arguments.browser {
        auth.log_in_here(|link, is_open| wait(waiting_here(link, is_open))).await?
    } else {
        auth.log_in(|device, is_open| wait(waiting(device, is_open))).await?
    };
    session.output.message("Logged in!", &format!("User was logged in with email '{email}'"), None)
}

fn waiting_here(link: &str, is_open: bool) -> (String, &str) {
    let how = if is_open { "The link was opened in your browser; if not, open" } else { "Open" };
    let text = format!(
        "{how} it on this machine to log in, within 5 minutes. For a browser on another one there is \
         `jobbergate login --device`."
    );
    (text, link)
}

/// Forgets the tokens.
///
/// # Errors
/// When they can't be removed.
pub fn log_out(session: &Session) -> Result<()> {
    session.api.auth.log_out()?;
    session.output.message("Logged out", "User was logged out.", None)
}

/// Shows a token.
///
/// # Errors
/// When there is none.
pub async fn show(session: &Session, arguments: &ShowToken) -> Result<()> {
    let (kind, title) = match arguments.refresh {
        true => (Kind::Refresh, "Refresh Token"),
        false => (Kind::Access, "Access Token"),
    };
    let is_document = session.output.is_one_document();
    if is_document && arguments.plain {
        return Err(two_ways());
    }
    let token = session.api.auth.token(kind).await?;
    if arguments.decode {
        if token.claims.is_empty() {
            return Err(Failure::new("Authentication error", "The token is not a JWT"));
        }
        if is_document {
            return session.output.values(&token.claims);
        }
        let claims = serde_json::to_string_pretty(&Value::Object(token.claims));
        let claims = claims.map_err(|error| Failure::new("", error.to_string()))?;
        return print(&format!("\n{claims}\n\n"));
    }
    let text = token.text.reveal();
    if is_document {
        let (name, prefix) = match (arguments.header, kind) {
            (true, _) => ("Authorization", "Bearer "),
            (false, Kind::Access) => ("access_token", ""),
            (false, Kind::Refresh) => ("refresh_token", ""),
        };
        let prefix = if arguments.prefix { "Bearer " } else { prefix };
        let shown = Value::from(format!("{prefix}{text}"));
        return session.output.values(&[(name.to_owned(), shown)].into_iter().collect());
    }
    let shown = match (arguments.header, arguments.prefix) {
        (true, _) => format!("{{ \"Authorization\": \"Bearer {text}\" }}"),
        (false, true) => format!("Bearer {text}"),
        (false, false) => text.to_owned(),
    };
    if arguments.plain {
        return print(&format!("{shown}\n"));
    }
    session.output.message(title, &shown, None)
}
