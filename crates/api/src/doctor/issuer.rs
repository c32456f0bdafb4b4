//! Whoever signs tokens.

use jobbergate_doctor::{Finding, Problem, within};

use super::database;
use crate::{
    auth::ExternalIssuer, clock::Clock, config::ServeConfig, error::Error, identity::Provider,
    permission::Permission, startup::StartError,
};

const CHECK: &str = "identity provider";

/// Examines each provider.
pub(super) async fn check_all(config: &ServeConfig, clock: &Clock) -> Vec<Finding> {
    let mut findings = Vec::new();
    match external(config) {
        Ok(issuers) => {
            for issuer in issuers {
                findings.push(within(CHECK, check(&issuer, clock)).await);
            }
        }
        Err(error) => {
            let advice = "correct it; docs/identity.md has examples";
            findings.push(Finding { check: CHECK, outcome: Err(Problem::new(error, advice)) });
        }
    }
    if config.uses_built_in_provider() {
        findings.push(within(CHECK, built_in(config, clock)).await);
    }
    findings
}

fn external(config: &ServeConfig) -> Result<Vec<ExternalIssuer>, StartError> {
    config.external_providers()?.into_iter().map(ExternalIssuer::new).collect()
}

async fn check(issuer: &ExternalIssuer, clock: &Clock) -> Result<String, Problem> {
    let variable = issuer.variable();
    let (name, keys) = issuer.examine(clock.now()).await.map_err(|error| {
        let advice = format!(
            "check {variable}: the provider's discovery document must be at \
             {}/.well-known/openid-configuration",
            issuer.url()
        );
        Problem::new(error, advice)
    })?;
    if keys == 0 {
        return Err(Problem::new(
            format!("{name} publishes no key that can be used"),
            "let it sign with RS256, ES256 or EdDSA",
        ));
    }
    let claim = issuer.permissions_claim();
    let remark = match issuer.lacks_roles() {
        true => format!(
            "; remark: without roles (JOBBERGATE_OIDC_ROLES, or `roles` in \
             JOBBERGATE_OIDC_ISSUERS) the names in {claim} must be permissions themselves, such \
             as {}, and all others permit nothing",
            Permission::JobScriptsRead.as_str()
        ),
        false => String::new(),
    };
    Ok(format!("{name}, {keys} keys, permissions in the tokens' claim {claim}{remark}"))
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
