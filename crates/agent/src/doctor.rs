//! Whether what an agent needs is there and works, one check after the other; nothing is changed
//! that stays. An agent may be running meanwhile.

mod host;
mod owner;
mod server;
mod slurm;

use std::{fmt, future::Future, time::Duration};

use crate::{config::AgentConfig, user_map};

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

/// Makes all checks; `email` is of an owner of submissions, whose user and directory are looked
/// at. A new check is a function and a line here.
pub async fn examine(config: &AgentConfig, email: Option<&str>) -> Vec<Finding> {
    let slurm = config.slurm();
    vec![
        within("settings", settings(config)).await,
        within("server", server::check(config)).await,
        within("clock", server::check_clock(config)).await,
        within("token", server::check_token(config)).await,
        within("permissions", server::check_permissions(config)).await,
        within("Slurm's commands", slurm::check_commands(&slurm)).await,
        within("Slurm's controller", slurm::check_controller(&slurm)).await,
        within("accounting", slurm::check_accounting(&slurm)).await,
        within("journal", host::check_journal(config)).await,
        within("agent's user", host::check_user(config)).await,
        within("owner's user", owner::check(config, email)).await,
        within("work directory", owner::check_directory(config, email)).await,
    ]
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

async fn settings(config: &AgentConfig) -> Result<String, Problem> {
    let advice = "correct it in the environment or the file `.env`";
    let wrong = |error| Problem::new(error, advice);
    config.client().map_err(wrong)?;
    let map = config.user_map().map_err(wrong)?;
    let doubts = user_map::doubts(&map);
    Ok(if doubts.is_empty() { "they go together".to_owned() } else { doubts.join("; ") })
}
