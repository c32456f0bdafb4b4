//! Whoever is told how submissions end.

use crate::{config::ServeConfig, events::Events};
use jobbergate_doctor::Problem;

const ADVICE: &str = "check RABBITMQ_*, SENDGRID_* and SMTP_*";

pub(super) async fn check(config: &ServeConfig) -> Result<String, Problem> {
    let events = Events::new(config).map_err(|error| Problem::new(error, ADVICE))?;
    let examined = events.examine().await;
    if let Some((channel, Err(cause))) = examined.iter().find(|(_, outcome)| outcome.is_err()) {
        return Err(Problem::new(format!("{channel}: {cause}"), ADVICE));
    }
    let channels: Vec<_> = examined.into_iter().map(|(channel, _)| channel).collect();
    Ok(if channels.is_empty() { "nobody is told".to_owned() } else { channels.join(", ") })
}
