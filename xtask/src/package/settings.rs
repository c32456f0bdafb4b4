//! Files of settings as the services have them.

use anyhow::{Context, Result};

/// The unit names a file for the secret, and then a variable has no effect.
const WITHOUT_EFFECT: &str = "#JOBBERGATE_AGENT_OIDC_CLIENT_SECRET=";
/// What `%S` is in units of the system.
const STATE: &str = "/var/lib";

/// The file that the program writes, with what the unit sets in the place of the program's defaults.
pub(super) fn of_service(file: &str, unit: &str) -> Result<String> {
    let mut settings: Vec<String> = file.trim_end().split("\n\n").map(str::to_owned).collect();
    settings.retain(|setting| !setting.contains(WITHOUT_EFFECT));
    for variable in unit.lines().filter_map(|line| line.strip_prefix("Environment=")) {
        let (name, value) = variable.split_once('=').unwrap_or((variable, ""));
        let line = format!("\n#{name}=");
        let shown = settings.iter_mut().find_map(|setting| {
            let comment = setting.rsplit_once(&line)?.0.to_owned();
            Some((setting, comment))
        });
        let (setting, comment) =
            shown.with_context(|| format!("a unit sets {name}, which is no setting"))?;
        *setting = format!("{comment}\n# The service has:{line}{}", value.replace("%S", STATE));
    }
    Ok(format!("{}\n", settings.join("\n\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIT: &str = "\
[Service]
User=jobbergate
Environment=JOBBERGATE_DATA_DIR=%S/jobbergate
EnvironmentFile=-/etc/jobbergate/server.env
";

    #[test]
    fn an_administrator_sees_what_the_unit_sets() {
        let file = "# How to.\n\n# Where data is [default: below home]\n#JOBBERGATE_DATA_DIR=\n\n\
                    # A secret\n#JOBBERGATE_AGENT_OIDC_CLIENT_SECRET=\n";
        let shown = "# How to.\n\n# Where data is [default: below home]\n# The service has:\n\
                     #JOBBERGATE_DATA_DIR=/var/lib/jobbergate\n";
        assert_eq!(of_service(file, UNIT).unwrap(), shown);
    }

    #[test]
    fn a_unit_that_sets_what_is_no_setting_is_told() {
        let told = of_service("# How to.\n\n# Port\n#JOBBERGATE_LISTEN=\n", UNIT).unwrap_err();
        assert!(told.to_string().contains("JOBBERGATE_DATA_DIR"), "{told}");
    }
}
