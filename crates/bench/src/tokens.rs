//! What it costs to verify a token that was seen before, and one that was not.

use std::{fs, time::Duration};

use anyhow::{Context, Result};
use axum::http::{HeaderMap, HeaderValue, header};
use clap::Parser;
use jobbergate_api::{
    app::App,
    auth::Verifier,
    clock::Clock,
    config::ServeConfig,
    identity::{Provider, UserToken},
    permission::Permission,
};
use serde_json::json;

const TOKENS: usize = 2000;
/// How often each token is seen again.
const TIMES: usize = 250;

#[derive(Parser)]
struct Settings {
    #[command(flatten)]
    serve: ServeConfig,
}

pub(crate) async fn run() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let data = directory.path().to_str().context("the directory is no UTF-8")?;
    let settings = Settings::parse_from(["jobbergate", "--data-dir", data]);
    let app = App::open(&settings.serve, Clock::System).await?;
    let provider = app.provider.as_ref().context("an external provider is configured")?;
    let requests = requests(provider).await?;
    let began = spent()?;
    verify(&app.verifier, &requests).await?;
    let unseen = spent()? - began;
    for _ in 0..TIMES {
        verify(&app.verifier, &requests).await?;
    }
    let seen = (spent()? - began - unseen) / u32::try_from(TIMES)?;
    let microseconds = |all: Duration| all.as_secs_f64() * 1e6 / TOKENS as f64;
    println!("{}", json!({ "seen": microseconds(seen), "unseen": microseconds(unseen) }));
    Ok(())
}

/// Headers of requests, each with a token of its own for all that people may do.
async fn requests(provider: &Provider) -> Result<Vec<HeaderMap>> {
    let mut requests = Vec::with_capacity(TOKENS);
    for index in 0..TOKENS {
        let user = UserToken {
            email: format!("user{index}@example.com"),
            permissions: Permission::ALL.into_iter().filter(|it| it.is_for_users()).collect(),
            client_id: None,
            lifetime: 3600,
            organization: None,
        };
        let token = provider.issue_user_token(&user, &index.to_string()).await?;
        let bearer = HeaderValue::from_str(&format!("Bearer {token}"))?;
        requests.push(HeaderMap::from_iter([(header::AUTHORIZATION, bearer)]));
    }
    Ok(requests)
}

async fn verify(verifier: &Verifier, requests: &[HeaderMap]) -> Result<()> {
    for headers in requests {
        verifier.authenticate(headers).await?;
    }
    Ok(())
}

/// How long this thread had a processor for itself: whatever else the machine does is left out.
fn spent() -> Result<Duration> {
    let statistics = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds = statistics.split(' ').next().context("there are no statistics")?;
    Ok(Duration::from_nanos(nanoseconds.parse()?))
}
