//! The standby that is read from: whether it is one of the primary, and how far it is behind.

use std::time::Duration;

use crate::{
    config::{ServeConfig, host::without_secrets},
    db::bytes_behind,
};
use jobbergate_doctor::Problem;

/// How long it may take to replay what is committed now.
const PATIENCE: Duration = Duration::from_secs(2);
const ADVICE: &str = "see that DATABASE_READ_URL is a standby that streams from the primary, and that the \
                      primary's user may log in there and call pg_control_system(), as all may unless \
                      somebody forbids it; until then all is read from the primary";

pub(super) async fn check(config: &ServeConfig) -> Result<String, Problem> {
    let wrong = |error| Problem::new(error, "correct or remove it");
    let urls = config.postgres_url().map_err(wrong)?.zip(config.standby_url().map_err(wrong)?);
    let Some((primary, standby)) = urls else {
        return Ok("there is none, all is read from the database".to_owned());
    };
    let name = without_secrets(&standby);
    match bytes_behind(primary.as_str(), standby.as_str(), PATIENCE).await {
        Ok(0) => Ok(format!("{name}, has all that is committed")),
        Ok(bytes) => Err(Problem::new(
            format!("{name}: after 2 seconds {bytes} bytes of the log were not replayed"),
            "see whether it receives the log at all (pg_stat_replication on the primary), and whether \
             replaying is paused there or waits for a long query; until then all is read from the primary",
        )),
        Err(cause) => Err(Problem::new(format!("{name}: {cause}"), ADVICE)),
    }
}
