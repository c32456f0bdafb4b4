//! What there is to complete to: from the server, kept for a short time, and never waited for.

use std::{env, fs, path::PathBuf, time::Duration};

use jobbergate_client::{Client, TokenSource};
use reqwest::{Method, redirect};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    application::TEMPLATES,
    auth::{self, Token},
    files,
    output::python,
    settings::{SETTINGS, Settings, Variables, profiles::ConfigFile},
};

/// How long an answer of the server is taken for the present, in seconds.
const FRESH: u64 = 30;
/// How long it is better than nothing while the server is away, in seconds.
const USABLE: u64 = 24 * 3600;
/// How long a server that did not answer is left alone, in seconds.
const PAUSE: u64 = 10;
/// How long it may take to reach the server, in milliseconds: nobody waits for one that is away.
const PATIENCE: u64 = 80;
/// How many times as long its answer may take.
const FOR_THE_ANSWER: u32 = 5;

/// What a value names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Application,
    ApplicationId,
    ApplicationIdentifier,
    JobScript,
    JobSubmission,
    Cluster,
    Profile,
    Setting,
}

/// A value, and what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub value: String,
    pub help: String,
}

/// What was heard from the server, and when it was last asked.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    /// Of which server for whom: nobody is offered what somebody else may see.
    of: String,
    asked_at: u64,
    heard_at: u64,
    offers: Vec<Offer>,
}

/// What the server knows of this kind; nothing if that can't be had at once.
pub fn all(kind: Kind) -> Vec<Offer> {
    match kind {
        Kind::Profile => profiles(),
        Kind::Setting => SETTINGS
            .iter()
            .map(|setting| offer(&setting.name.to_lowercase(), setting.default.unwrap_or_default()))
            .collect(),
        _ => of_server(kind).unwrap_or_default(),
    }
}

fn profiles() -> Vec<Offer> {
    let names = ConfigFile::read().map(|file| file.names()).unwrap_or_default();
    names.iter().map(|name| offer(name, "")).collect()
}

fn offer(value: &str, help: &str) -> Offer {
    Offer { value: value.to_owned(), help: help.to_owned() }
}

/// The profile that the line names which is completed.
fn profile_of_line() -> Option<String> {
    let words = env::args_os().map(|word| word.to_string_lossy().into_owned());
    let mut words = words.skip_while(|word| word != "--");
    while let Some(word) = words.next() {
        match word.strip_prefix("--profile") {
            Some("") => return words.next(),
            Some(rest) => return rest.strip_prefix('=').map(str::to_owned),
            None => {}
        }
    }
    None
}

fn of_server(kind: Kind) -> Option<Vec<Offer>> {
    let variables = Variables::read().ok()?.with_profile(profile_of_line().as_deref()).ok()?;
    let settings = Settings::new(&variables).ok()?;
    let token = auth::kept(&settings).ok()??;
    let identity = token.identity().ok()?;
    let of = format!(
        "{} {} {}",
        settings.base_api_url,
        identity.email.as_deref().unwrap_or_default(),
        identity.organization.as_deref().unwrap_or_default()
    );
    let path = path(&settings, kind);
    let now = auth::now();
    let mut kept: Kept = fs::read(&path)
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok())
        .filter(|kept: &Kept| kept.of == of && kept.asked_at <= now)
        .unwrap_or_else(|| Kept { of, ..Kept::default() });
    let is_asked =
        now.saturating_sub(kept.heard_at) > FRESH && now.saturating_sub(kept.asked_at) > PAUSE;
    if is_asked && token.is_expired(now) == Some(false) {
        kept.asked_at = now;
        if let Some(offers) = ask(&settings, &token, kind, patience(&variables)) {
            (kept.heard_at, kept.offers) = (now, offers);
        }
        // Without it the next one is asked again, and that is all.
        let _ = serde_json::to_vec(&kept).map(|text| files::write_private(&path, &text));
    }
    (now.saturating_sub(kept.heard_at) <= USABLE).then_some(kept.offers)
}

fn path(settings: &Settings, kind: Kind) -> PathBuf {
    settings.cache_dir.join("completions").join(format!("{kind:?}.json").to_lowercase())
}

/// How long it may take to reach the server; from 1 to 10,000 milliseconds.
fn patience(variables: &Variables) -> Duration {
    let said = variables.get("JOBBERGATE_COMPLETION_TIMEOUT").and_then(|text| text.parse().ok());
    let said = said.filter(|milliseconds| (1..=10_000).contains(milliseconds));
    Duration::from_millis(said.unwrap_or(PATIENCE))
}

fn ask(settings: &Settings, token: &Token, kind: Kind, patience: Duration) -> Option<Vec<Offer>> {
    // Before the time begins: reading certificates is nothing that the server could hasten.
    let http = reqwest::Client::builder()
        .connect_timeout(patience)
        .redirect(redirect::Policy::none())
        .user_agent(concat!("jobbergate-cli/", env!("CARGO_PKG_VERSION")));
    let http = http.build().ok()?;
    let client = Client::with_http(&settings.base_api_url, http, TokenSource::Anonymous).ok()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let answer = runtime.block_on(async {
        let asked = request(&client, token, kind);
        tokio::time::timeout(patience * FOR_THE_ANSWER, asked).await.ok().flatten()
    });
    // A name that is being looked up is not waited for.
    runtime.shutdown_background();
    let items = answer?.get("items")?.as_array()?.clone();
    Some(items.iter().flat_map(|item| offers_of(kind, item)).collect())
}

async fn request(client: &Client, token: &Token, kind: Kind) -> Option<Value> {
    let (route, query): (&[&str], &[(&str, &str)]) = match kind {
        Kind::ApplicationIdentifier => (&[TEMPLATES], &[]),
        Kind::Application | Kind::ApplicationId => {
            (&[TEMPLATES], &[("include_null_identifier", "true")])
        }
        Kind::JobScript => (&["job-scripts"], &[("user_only", "true")]),
        Kind::JobSubmission => (&["job-submissions"], &[("user_only", "true")]),
        Kind::Cluster => (&["clusters", "status"], &[]),
        Kind::Profile | Kind::Setting => return None,
    };
    let newest_first = [("sort_ascending", "false"), ("sort_field", "id"), ("size", "100")];
    let all: Vec<_> = match kind {
        Kind::Cluster => vec![("size", "100")],
        _ => query.iter().copied().chain(newest_first).collect(),
    };
    let request = client.request(Method::GET, route).with_token(token.text.clone()).query(&all);
    request.send().await.ok()?.decode().ok()
}

/// What one thing can be called by.
fn offers_of(kind: Kind, item: &Value) -> Vec<Offer> {
    let text = |name: &str| item.get(name).filter(|value| !value.is_null()).map(python::text);
    let name = text("name").unwrap_or_default();
    let (identifier, id) = (text("identifier"), text("id"));
    let offered = |value: Option<String>, help: &str| {
        value.map(|value| offer(&value, help)).into_iter().collect()
    };
    match kind {
        Kind::Application => offered(identifier.or(id), &name),
        Kind::ApplicationIdentifier => offered(identifier, &name),
        Kind::ApplicationId | Kind::JobScript => offered(id, &name),
        Kind::JobSubmission => {
            let status = text("status").unwrap_or_default();
            offered(id, &format!("{name} ({status})"))
        }
        Kind::Cluster => offered(text("client_id"), ""),
        Kind::Profile | Kind::Setting => Vec::new(),
    }
}
