//! Whether what the server needs is there and works, one check after the other; nothing is
//! changed that stays.

mod clusters;
mod database;
mod directory;
mod events;
mod issuer;
mod ldap;
mod listen;
mod organizations;
mod public_url;
mod settings;
mod storage;

use std::{fmt, future::Future, time::Duration};

use crate::{clock::Clock, config::ServeConfig};

/// How long one check may take.
const DEADLINE: Duration = Duration::from_secs(15);

#[derive(Debug)]
pub struct Finding {
    pub check: &'static str,
    pub outcome: Result<String, Problem>,
}

/// What is wrong, and what to do about it.
#[derive(Debug)]
pub struct Problem {
    what: String,
    advice: String,
}

impl Problem {
    fn new(what: impl fmt::Display, advice: impl Into<String>) -> Self {
        Self { what: what.to_string(), advice: advice.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Ok(found) => write!(f, "ok      {}: {found}", self.check),
            Err(Problem { what, advice }) => {
                write!(f, "failed  {}: {what}; {advice}", self.check)
            }
        }
    }
}

/// Makes all checks. A new one is a function in a file of its own and a line here.
pub async fn examine(config: &ServeConfig, clock: &Clock) -> Vec<Finding> {
    let mut findings = vec![
        within("settings", settings::check(config)).await,
        within("data directory", directory::check(config)).await,
        within("database", database::check(config)).await,
        within("files", storage::check(config)).await,
    ];
    findings.extend(issuer::check_all(config, clock).await);
    findings.extend([
        within("people from LDAP", ldap::check(config, clock)).await,
        within("messages and e-mail", events::check(config)).await,
        within("organizations", organizations::check(config)).await,
        within("clusters", clusters::check(config, clock)).await,
        within("public address", public_url::check(config)).await,
        within("listening", listen::check(config)).await,
        within("figures", listen::check_figures(config)).await,
    ]);
    findings
}

async fn within(
    check: &'static str,
    checking: impl Future<Output = Result<String, Problem>>,
) -> Finding {
    let outcome = tokio::time::timeout(DEADLINE, checking).await.unwrap_or_else(|_| {
        let what = format!("no answer within {} s", DEADLINE.as_secs());
        Err(Problem::new(what, "see whether it is overloaded or unreachable"))
    });
    Finding { check, outcome }
}
