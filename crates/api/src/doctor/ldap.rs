//! The directory that people come from.

use std::time::Duration;

use jobbergate_doctor::{DEADLINE, Problem};

use super::database;
use crate::{clock::Clock, config::ServeConfig, db::Schema, identity::Provider};

const ADVICE: &str = "check JOBBERGATE_LDAP_*";

pub(super) async fn check(config: &ServeConfig, clock: &Clock) -> Result<String, Problem> {
    let directory = config.ldap.directory().map_err(|error| Problem::new(error, ADVICE))?;
    let Some(mut directory) = directory else { return Ok("nobody comes from LDAP".to_owned()) };
    let client = &mut directory.client;
    client.deadline = client.deadline.min(share(client.servers.len()));
    let found = directory.examine().await.map_err(|cause| {
        let advice = "check JOBBERGATE_LDAP_URI, _START_TLS, _CA_FILE, _BIND_DN and _BIND_PASSWORD";
        Problem::new(cause, advice)
    })?;
    let mut missing = found.missing;
    for role in missing_roles(config, clock, &directory.named_roles()).await? {
        missing.push(format!("there is no role {role}: `jobbergate admin role create` makes it"));
    }
    match missing.is_empty() {
        true => {
            let more = if found.more { "more than " } else { "" };
            let of_them = if found.more { "of those " } else { "" };
            let (people, addressed) = (found.people, found.addressed);
            Ok(format!(
                "{more}{people} people fit the filter, {of_them}{addressed} have an address"
            ))
        }
        false => Err(Problem::new(missing.join("; "), ADVICE)),
    }
}

/// How long a step may take so that all servers and a search can be tried within the check's time,
/// in whole seconds: then it can be said which one does not answer.
fn share(servers: usize) -> Duration {
    let steps = u64::try_from(servers).unwrap_or(u64::MAX).saturating_add(1);
    Duration::from_secs(((DEADLINE.as_secs() - 1) / steps).max(1))
}

/// Which of these roles there are not.
async fn missing_roles(
    config: &ServeConfig,
    clock: &Clock,
    names: &[&str],
) -> Result<Vec<String>, Problem> {
    let attached = database::attach(config).await?;
    let there = match &attached {
        Some((_, db)) if matches!(db.schema().await, Ok(Schema::Ours { .. })) => {
            let provider = Provider::new(db.clone(), clock.clone(), &config.base_url());
            provider.role_names().await
        }
        _ => Ok(Provider::built_in_roles()),
    };
    if let Some((_, db)) = attached {
        db.close().await;
    }
    let there =
        there.map_err(|error| Problem::new(error, "see what is wrong with the database"))?;
    let missing = names.iter().filter(|name| there.iter().all(|there| there != *name));
    Ok(missing.map(|name| (*name).to_owned()).collect())
}
