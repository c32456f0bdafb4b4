//! What is to be done on a cluster for its agent to run there.

use url::{Host, Url};

/// The unit that comes with this version.
const UNIT: &str = include_str!("../../../../../../packaging/systemd/jobbergate-agent.service");
/// Stands in place of a secret that is not shown any more.
const SECRET: &str = "SECRET";

/// Ready to be copied.
#[derive(Debug)]
pub(super) struct Deployment {
    /// Runs the agent at once, in a terminal.
    pub(super) command: String,
    /// Puts the secret where the unit has it read.
    pub(super) secret: String,
    /// `/etc/jobbergate/agent.env`.
    pub(super) environment: String,
    /// Installs and starts the unit.
    pub(super) installation: String,
    /// `/etc/systemd/system/jobbergate-agent.service`.
    pub(super) unit: &'static str,
    pub(super) base_url: String,
    /// Whether the server's address leads nowhere on another machine.
    pub(super) is_local: bool,
}

impl Deployment {
    /// For the agent that is this client, of the server at `base_url` whose tokens are by `issuer`;
    /// `domain` is that of people's addresses.
    pub(super) fn new(
        client_id: &str,
        secret: Option<&str>,
        base_url: &str,
        issuer: &str,
        domain: &str,
    ) -> Self {
        let secret = secret.unwrap_or(SECRET);
        let settings = settings(client_id, base_url, issuer, domain);
        let lines = |settings: &[(&str, String)], separator: &str| {
            let line = |(name, value): &(&str, String)| {
                format!("JOBBERGATE_AGENT_{name}={}", quoted(value))
            };
            settings.iter().map(line).collect::<Vec<_>>().join(separator)
        };
        let mut at_once = settings.clone();
        at_once.push(("OIDC_CLIENT_SECRET", secret.to_owned()));
        let environment = lines(&settings, "\n");
        Self {
            command: format!("{} \\\n  jobbergate agent", lines(&at_once, " \\\n  ")),
            secret: format!(
                "install -d -m 700 /etc/jobbergate\n\
                 printf '%s\\n' {} | install -m 600 /dev/stdin /etc/jobbergate/agent-secret",
                quoted(secret)
            ),
            environment,
            installation:
                "useradd --system --user-group --no-create-home --shell /usr/sbin/nologin \
                           jobbergate-agent\n\
                           systemctl daemon-reload && systemctl enable --now jobbergate-agent\n\
                           journalctl -u jobbergate-agent"
                    .to_owned(),
            unit: UNIT,
            is_local: is_local(base_url),
            base_url: base_url.to_owned(),
        }
    }
}

/// Whether an address is one that each machine has of its own.
fn is_local(url: &str) -> bool {
    match Url::parse(url).ok().as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
        Some(Host::Ipv6(address)) => address.is_loopback() || address.is_unspecified(),
        None => false,
    }
}

fn settings(
    client_id: &str,
    base_url: &str,
    issuer: &str,
    domain: &str,
) -> Vec<(&'static str, String)> {
    let is_https = Url::parse(issuer).is_ok_and(|url| url.scheme() == "https");
    let provider = issuer.split_once("://").map_or(issuer, |(_, rest)| rest);
    let mut settings =
        vec![("BASE_API_URL", base_url.to_owned()), ("OIDC_DOMAIN", provider.to_owned())];
    if !is_https {
        settings.push(("OIDC_USE_HTTPS", "false".to_owned()));
    }
    settings.extend([
        ("OIDC_CLIENT_ID", client_id.to_owned()),
        ("SLURM_USER_MAPPER", "local-part".to_owned()),
        ("USER_MAP_DOMAIN", domain.to_owned()),
    ]);
    settings
}

/// A value as shells and systemd read it.
fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/@".contains(c);
    match value.chars().all(plain) && !value.is_empty() {
        true => value.to_owned(),
        false => format!("'{}'", value.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_behind_a_proxy_is_reached_as_people_reach_it() {
        let base = "https://jobs.example.com/hpc";
        let issuer = "https://jobs.example.com/hpc/realms/jobbergate";
        let made = Deployment::new("c1", Some("s3cret"), base, issuer, "example.com");
        assert_eq!(
            made.environment,
            "JOBBERGATE_AGENT_BASE_API_URL=https://jobs.example.com/hpc\n\
             JOBBERGATE_AGENT_OIDC_DOMAIN=jobs.example.com/hpc/realms/jobbergate\n\
             JOBBERGATE_AGENT_OIDC_CLIENT_ID=c1\n\
             JOBBERGATE_AGENT_SLURM_USER_MAPPER=local-part\n\
             JOBBERGATE_AGENT_USER_MAP_DOMAIN=example.com"
        );
        assert!(!made.environment.contains("s3cret"));
        assert!(
            made.command
                .ends_with("JOBBERGATE_AGENT_OIDC_CLIENT_SECRET=s3cret \\\n  jobbergate agent")
        );
        assert!(made.unit.contains("ExecStart=/usr/bin/jobbergate agent"));
    }

    #[test]
    fn what_is_copied_runs_nothing_else() {
        let made = Deployment::new("c", None, "http://h:8000", "http://h:8000/r", "x';reboot;'");
        let line = r"JOBBERGATE_AGENT_USER_MAP_DOMAIN='x'\'';reboot;'\'''";
        assert!(made.environment.contains(line), "{}", made.environment);
        assert!(made.environment.contains("JOBBERGATE_AGENT_OIDC_USE_HTTPS=false\n"));
        assert!(made.command.contains("OIDC_CLIENT_SECRET=SECRET"));
    }
}
