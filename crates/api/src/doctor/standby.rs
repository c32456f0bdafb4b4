//! The standby that is read from: whether it is one of the primary, and how far it is behind.

use crate::{
    config::{ServeConfig, host::without_secrets},
    db::bytes_behind,
};
use jobbergate_doctor::Problem;

const ADVICE: &str = "see that DATABASE_READ_URL is a standby that streams from the primary, and that the \
                      primary's user may log in there; until then all is read from the primary";

pub(super) async fn check(config: &ServeConfig) -> Result<String, Problem> {
    let wrong = |error| Problem::new(error, "correct or remove it");
    let urls = config.postgres_url().map_err(wrong)?.zip(config.standby_url().map_err(wrong)?);
    let Some((primary, standby)) = urls else {
        return Ok("there is none, all is read from the database".to_owned());
    };
    let name = without_secrets(&standby);
    match bytes_behind(primary.as_str(), standby.as_str()).await {
        Ok(bytes) => Ok(format!("{name}, {bytes} bytes of the log behind")),
        Err(cause) => Err(Problem::new(format!("{name}: {cause}"), ADVICE)),
    }
}
