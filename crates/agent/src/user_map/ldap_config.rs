//! Settings of the LDAP directory that knows whose user an e-mail is, those of the Python agent by
//! their names.

use std::{convert::Infallible, fs, path::PathBuf, time::Duration};

use clap::{ArgAction, Args, builder::BoolishValueParser};
use jobbergate_client::Secret;
use jobbergate_ldap::{Authorities, Client, Name};
use url::Url;

use super::directory::Directory;
use crate::error::AgentError;

#[derive(Debug, Clone, Args)]
pub struct LdapConfig {
    /// The LDAP servers, HOST or HOST:PORT with blanks between them, tried in this order; always by
    /// TLS
    #[arg(long, env = "JOBBERGATE_AGENT_LDAP_DOMAIN", value_name = "HOSTS")]
    pub ldap_domain: Option<String>,
    /// Their port [default: 636, with --ldap-start-tls 389]
    #[arg(long, env = "JOBBERGATE_AGENT_LDAP_PORT", value_name = "PORT",
          value_parser = clap::value_parser!(u16).range(1..))]
    pub ldap_port: Option<u16>,
    /// The name to search as
    #[arg(long, env = "JOBBERGATE_AGENT_LDAP_BIND_DN", value_name = "DN")]
    pub ldap_bind_dn: Option<String>,
    /// Its password. Everybody sees it in an option; rather set the variable, or
    /// --ldap-password-file
    #[arg(long, env = "JOBBERGATE_AGENT_LDAP_PASSWORD", value_name = "PASSWORD",
          hide_env_values = true, value_parser = secret)]
    pub ldap_password: Option<Secret>,
    /// A file whose first line is the password
    #[arg(long, env = "JOBBERGATE_AGENT_LDAP_PASSWORD_FILE", value_name = "FILE")]
    pub ldap_password_file: Option<PathBuf>,
    /// Where people are, with all that is below
    #[arg(long, env = "JOBBERGATE_AGENT_LDAP_SEARCH_BASE", value_name = "DN")]
    pub ldap_search_base: Option<String>,
    /// The attribute with the name of the user
    #[arg(long, env = "JOBBERGATE_AGENT_LDAP_UID_ATTRIBUTE", default_value = "uid",
          value_name = "NAME", value_parser = attribute)]
    pub ldap_uid_attribute: String,
    /// Whether connections begin without TLS and go on with it (StartTLS)
    #[arg(
        long,
        env = "JOBBERGATE_AGENT_LDAP_START_TLS",
        default_value_t = false,
        action = ArgAction::Set,
        value_parser = BoolishValueParser::new(),
        value_name = "BOOL"
    )]
    pub ldap_start_tls: bool,
    /// A file with certificate authorities to trust beside the system's, in the PEM format
    #[arg(long, env = "JOBBERGATE_AGENT_LDAP_CA_FILE", value_name = "FILE")]
    pub ldap_ca_file: Option<PathBuf>,
    /// Seconds that getting to a server and a search may take each, a whole number
    #[arg(long, env = "JOBBERGATE_AGENT_LDAP_TIMEOUT_SECONDS", default_value_t = 5,
          value_parser = clap::value_parser!(u32).range(1..=60), value_name = "SECONDS")]
    pub ldap_timeout_seconds: u32,
}

fn secret(text: &str) -> Result<Secret, Infallible> {
    Ok(text.into())
}

fn attribute(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-.;_".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => Ok(text.to_owned()),
        false => Err("it must be the name of an attribute, such as uid".to_owned()),
    }
}

fn wrong(setting: &str, reason: impl std::fmt::Display) -> AgentError {
    AgentError::Configuration(format!("JOBBERGATE_AGENT_{setting}: {reason}"))
}

impl LdapConfig {
    pub(super) fn directory(&self) -> Result<Directory, AgentError> {
        let missing = self.missing();
        if !missing.is_empty() {
            return Err(AgentError::Configuration(format!(
                "the mapper ldap needs {}",
                missing.join(", ")
            )));
        }
        let base = self.ldap_search_base.clone().unwrap_or_default();
        if Name::parse(&base).is_none() {
            let reason = "it must be a distinguished name, as in ou=people,dc=example,dc=org";
            return Err(wrong("LDAP_SEARCH_BASE", reason));
        }
        let authorities = Authorities::load(self.ldap_ca_file.as_deref())
            .map_err(|reason| wrong("LDAP_CA_FILE", reason))?;
        let client = Client {
            servers: self.servers()?,
            start_tls: self.ldap_start_tls,
            authorities,
            searcher: Some((self.ldap_bind_dn.clone().unwrap_or_default(), self.password()?)),
            deadline: Duration::from_secs(self.ldap_timeout_seconds.into()),
        };
        Ok(Directory { client, base, uid_attribute: self.ldap_uid_attribute.clone() })
    }

    fn missing(&self) -> Vec<&'static str> {
        let password = self.ldap_password.is_some() || self.ldap_password_file.is_some();
        let needed = [
            (self.ldap_domain.is_some(), "JOBBERGATE_AGENT_LDAP_DOMAIN"),
            (self.ldap_bind_dn.is_some(), "JOBBERGATE_AGENT_LDAP_BIND_DN"),
            (password, "JOBBERGATE_AGENT_LDAP_PASSWORD"),
            (self.ldap_search_base.is_some(), "JOBBERGATE_AGENT_LDAP_SEARCH_BASE"),
        ];
        needed.into_iter().filter(|(given, _)| !given).map(|(_, name)| name).collect()
    }

    /// Whether something is said that only the mapper ldap needs.
    pub(super) fn is_given(&self) -> bool {
        self.ldap_domain.is_some() || self.ldap_bind_dn.is_some() || self.ldap_password.is_some()
    }

    fn password(&self) -> Result<String, AgentError> {
        let password = match (&self.ldap_password, &self.ldap_password_file) {
            (Some(_), Some(_)) => {
                let reason = "JOBBERGATE_AGENT_LDAP_PASSWORD is set, too; leave out one of the two";
                return Err(wrong("LDAP_PASSWORD_FILE", reason));
            }
            (Some(password), None) => password.reveal().to_owned(),
            (None, Some(file)) => {
                let text = fs::read_to_string(file).map_err(|error| {
                    wrong("LDAP_PASSWORD_FILE", format!("{}: {error}", file.display()))
                })?;
                text.lines().next().unwrap_or_default().to_owned()
            }
            (None, None) => String::new(),
        };
        // A directory would let anybody in as nobody (RFC 4513 §5.1.2).
        match password.is_empty() {
            true => Err(wrong("LDAP_PASSWORD", "it is empty")),
            false => Ok(password),
        }
    }

    fn servers(&self) -> Result<Vec<Url>, AgentError> {
        let hosts = self.ldap_domain.as_deref().unwrap_or_default();
        let servers = hosts.split_whitespace().map(|host| self.server(host));
        let servers: Option<Vec<Url>> = servers.collect();
        servers.filter(|servers| !servers.is_empty()).ok_or_else(|| {
            let reason = "it must be the name or address of an LDAP server, as in \
                          ldap.example.org; several have blanks between them";
            wrong("LDAP_DOMAIN", reason)
        })
    }

    /// The address of a server: its name, as the Python agent's library takes it, too: with a scheme
    /// before it, which does not matter, and a port behind it, which does.
    fn server(&self, text: &str) -> Option<Url> {
        let host = text.strip_prefix("ldaps://").or_else(|| text.strip_prefix("ldap://"));
        let host = host.unwrap_or(text).trim_end_matches('/');
        let bare_ipv6 = host.parse::<std::net::Ipv6Addr>().is_ok();
        let host = if bare_ipv6 { format!("[{host}]") } else { host.to_owned() };
        let scheme = if self.ldap_start_tls { "ldap" } else { "ldaps" };
        let mut url = Url::parse(&format!("{scheme}://{host}")).ok()?;
        let bare = url.username().is_empty()
            && url.password().is_none()
            && matches!(url.path(), "" | "/")
            && url.query().is_none()
            && url.fragment().is_none();
        if !bare || url.host_str().is_none_or(str::is_empty) {
            return None;
        }
        if url.port().is_none() {
            url.set_port(self.ldap_port).ok()?;
        }
        Some(url)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        ldap: LdapConfig,
    }

    const LEAST: [&str; 4] = [
        "--ldap-domain=ldap.x.org",
        "--ldap-bind-dn=cn=agent,dc=x",
        "--ldap-password=secret",
        "--ldap-search-base=ou=people,dc=x",
    ];

    fn parse(options: &[&str]) -> LdapConfig {
        Cli::try_parse_from(["agent"].iter().chain(options)).unwrap().ldap
    }

    fn refusal(more: &[&str]) -> String {
        let options = LEAST.map(|option| {
            let name = option.split_once('=').unwrap().0;
            let given = more.iter().find(|other| other.split_once('=').unwrap().0 == name);
            *given.unwrap_or(&option)
        });
        let others = more.iter().filter(|option| !options.contains(option)).copied();
        let options: Vec<&str> = options.into_iter().chain(others).collect();
        parse(&options).directory().unwrap_err().to_string()
    }

    #[test]
    fn what_the_python_agent_needs_is_enough_and_the_rest_is_as_there() {
        let directory = parse(&LEAST).directory().unwrap();
        assert_eq!(directory.client.servers[0].as_str(), "ldaps://ldap.x.org");
        assert_eq!(directory.uid_attribute, "uid");
        let config = parse(&LEAST);
        assert!(!format!("{config:?}").contains("secret\""), "{config:?}");
        for (i, option) in LEAST.iter().enumerate() {
            let mut options = LEAST.to_vec();
            options.remove(i);
            let words = parse(&options).directory().unwrap_err().to_string();
            let name = option[2..].split_once('=').unwrap().0.replace('-', "_").to_uppercase();
            assert!(words.ends_with(&format!("needs JOBBERGATE_AGENT_{name}")), "{words}");
        }
    }

    #[test]
    fn servers_have_many_forms_and_tls() {
        let servers = |options: &[&str]| {
            let servers = parse(options).servers().unwrap();
            servers.iter().map(Url::to_string).collect::<Vec<_>>().join(" ")
        };
        for (given, port, expected) in [
            ("a.x.org", "--ldap-port=636", "ldaps://a.x.org:636"),
            ("ldaps://a.x.org", "--ldap-port=1636", "ldaps://a.x.org:1636"),
            ("ldap://a.x.org/", "--ldap-port=636", "ldaps://a.x.org:636"),
            ("a.x.org:3269 b", "--ldap-port=636", "ldaps://a.x.org:3269 ldaps://b:636"),
            ("10.0.0.1", "--ldap-port=636", "ldaps://10.0.0.1:636"),
            ("fd00::1", "--ldap-port=636", "ldaps://[fd00::1]:636"),
            ("[fd00::1]:3269", "--ldap-port=636", "ldaps://[fd00::1]:3269"),
        ] {
            let domain = format!("--ldap-domain={given}");
            assert_eq!(servers(&[&domain, port]), expected);
        }
        let start_tls = ["--ldap-domain=a", "--ldap-start-tls=true"];
        assert_eq!(servers(&start_tls), "ldap://a");
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (option, words) in [
            ("--ldap-domain=a/dc=x", "LDAP_DOMAIN"),
            ("--ldap-domain=u:p@a", "LDAP_DOMAIN"),
            ("--ldap-domain= ", "LDAP_DOMAIN"),
            ("--ldap-search-base=people", "LDAP_SEARCH_BASE"),
            ("--ldap-password=", "LDAP_PASSWORD: it is empty"),
            ("--ldap-ca-file=/nonexistent/ca", "LDAP_CA_FILE: /nonexistent/ca"),
            ("--ldap-password-file=/nonexistent/p", "leave out one"),
        ] {
            let said = refusal(&[option]);
            assert!(said.contains(words) && !said.contains("u:p"), "{option}: {said}");
        }
    }

    #[test]
    fn the_password_may_come_from_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(&file, "from a file\nx").unwrap();
        let option = format!("--ldap-password-file={}", file.path().display());
        assert_eq!(parse(&[&option]).password().unwrap(), "from a file");
    }
}
