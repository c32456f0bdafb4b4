//! Whoever signs tokens.

use std::error::Error as _;

use super::{Problem, database};
use crate::{clock::Clock, config::ServeConfig, error::Error, identity::Provider};

pub(super) async fn check(config: &ServeConfig, clock: &Clock) -> Result<String, Problem> {
    let advice = "check ARMASEC_DOMAIN and ARMASEC_USE_HTTPS: the provider's discovery document \
                  must be at DOMAIN/.well-known/openid-configuration";
    let issuer = config.external_issuer().map_err(|error| Problem::new(error, advice))?;
    let Some(issuer) = issuer else { return built_in(config, clock).await };
    let (url, keys) = issuer.examine(clock.now()).await.map_err(|error| {
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        Problem::new(format!("{error}{cause}"), advice)
    })?;
    if keys == 0 {
        return Err(Problem::new(
            format!("{url} publishes no key that can be used"),
            "let it sign with RS256, ES256 or EdDSA",
        ));
    }
    Ok(format!("{url}, {keys} keys"))
}

async fn built_in(config: &ServeConfig, clock: &Clock) -> Result<String, Problem> {
    let not_yet = "the built-in one, its key is made when `jobbergate serve` starts".to_owned();
    let Some((_, db)) = database::attach(config).await? else { return Ok(not_yet) };
    let provider = Provider::new(db.clone(), clock.clone(), &config.base_url());
    let (keys, shadowed) = match db.schema().await {
        Ok(crate::db::Schema::Ours { .. }) => {
            (provider.count_keys().await, provider.shadowed_programs().await)
        }
        _ => (Ok(0), Ok(Vec::new())),
    };
    let unreadable = |what: &'static str, advice: &'static str| {
        move |error: Error| {
            Problem::new(format!("the built-in one's {what} cannot be read: {error}"), advice)
        }
    };
    let advice = "restore the table identity_keys from a backup, or empty it: a new key ends all \
                  tokens";
    let keys = keys.map_err(unreadable("keys", advice));
    let advice = "restore the table identity_clients from a backup";
    let shadowed = shadowed.map_err(unreadable("clients", advice));
    db.close().await;
    let keys = keys?;
    if let [name, ..] = shadowed?.as_slice() {
        let advice = format!(
            "register it under another name, then remove it with `jobbergate admin client delete \
             {name}`"
        );
        let what = format!(
            "there is a client {name}: nobody can log in with the program that has this name"
        );
        return Err(Problem::new(what, advice));
    }
    match keys {
        0 => Ok(not_yet),
        keys => Ok(format!("the built-in one, {keys} keys")),
    }
}
