//! An LDAP client: the first of several servers that answers, by TLS, with a deadline for each step.
//! It knows nothing of the people who are looked up: the server lets them log in, the agent asks
//! for their users.

mod name;
mod result_code;
mod tls;

use std::{net::Ipv6Addr, panic::AssertUnwindSafe, time::Duration};

use ldap3::{
    DerefAliases, LdapConnAsync, LdapConnSettings, LdapError, LdapResult, SearchEntry,
    SearchOptions, StdStream,
    adapters::{Adapter, EntriesOnly},
};
use tokio::{net::TcpStream, task::AbortHandle, time::timeout};
use url::{Host, Url};

pub use ldap3::{Scope, SearchEntry as Entry, ldap_escape as escape, parse_filter};
pub use name::Name;
pub use tls::Authorities;

/// Result codes (RFC 4511, appendix A) by which a directory says that somebody may not come in,
/// rather than that something is wrong with it: constraintViolation, noSuchObject,
/// inappropriateAuthentication, invalidCredentials, insufficientAccessRights, unwillingToPerform.
const REFUSALS: [u32; 6] = [19, 32, 48, 49, 50, 53];
const NO_SUCH_OBJECT: u32 = 32;
const INVALID_CREDENTIALS: u32 = 49;
const SIZE_LIMIT_EXCEEDED: u32 = 4;

/// Which servers there are, and how they are spoken to.
#[derive(Clone)]
pub struct Client {
    /// Tried in this order.
    pub servers: Vec<Url>,
    /// Whether `ldap://` goes on by TLS (RFC 4513 §3).
    pub start_tls: bool,
    /// Who vouches for the servers.
    pub authorities: Authorities,
    /// Who searches, by name and password; anybody if nothing is said.
    pub searcher: Option<(String, String)>,
    /// How long each step may take: getting to a server, a search, a password.
    pub deadline: Duration,
}

/// Why a directory is of no use at the moment, for the log.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct Failure(String);

/// What a search found.
#[derive(Debug, Default)]
pub struct Found {
    pub entries: Vec<Entry>,
    /// Whether there are more than were asked for.
    pub more: bool,
    /// Whether there is no such base.
    pub nowhere: bool,
}

/// What a directory says of a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Password {
    Right,
    /// Why not, for the log.
    Wrong(String),
}

/// A connection to a server, as the searcher. It ends when this is dropped.
pub struct Connection {
    ldap: ldap3::Ldap,
    server: String,
    driver: AbortHandle,
    deadline: Duration,
}

impl Failure {
    pub fn new(cause: &str) -> Self {
        Self(cause.to_owned())
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("servers", &self.servers).finish_non_exhaustive()
    }
}

impl Client {
    /// A connection to the first server that answers and lets the searcher in.
    pub async fn connect(&self) -> Result<Connection, Failure> {
        let mut causes = Vec::new();
        for server in &self.servers {
            let opened = timeout(self.deadline, self.open(server)).await;
            let cause = match opened {
                Ok(Ok(connection)) => return Ok(connection),
                Ok(Err(cause)) => cause,
                Err(_) => format!("no answer within {} s", self.deadline.as_secs()),
            };
            tracing::warn!(%server, cause, "an LDAP server is of no use");
            causes.push(format!("{server}: {cause}"));
        }
        Err(Failure(causes.join("; ")))
    }

    async fn open(&self, server: &Url) -> Result<Connection, String> {
        let settings =
            LdapConnSettings::new().set_starttls(self.start_tls && server.scheme() == "ldap");
        let (settings, address) = match server.host() {
            Some(Host::Ipv6(ip)) => self.by_ipv6(settings, server, ip).await?,
            _ => (settings.set_config(self.authorities.config()), server.clone()),
        };
        let opened = LdapConnAsync::from_url_with_settings(settings, &address).await;
        let (connection, ldap) = opened.map_err(|error| explain(&error))?;
        let driver = tokio::spawn(async move {
            if let Err(error) = connection.drive().await {
                tracing::debug!(%error, "a connection to an LDAP server broke");
            }
        });
        let mut opened = Connection {
            ldap,
            server: server.to_string(),
            driver: driver.abort_handle(),
            deadline: self.deadline,
        };
        if let Some((name, password)) = &self.searcher {
            let bound = opened.ldap.simple_bind(name, password).await;
            let result = bound.map_err(|error| explain(&error))?;
            if result.rc != 0 {
                return Err(format!("{name} is refused: {}", said(&result)));
            }
        }
        Ok(opened)
    }

    /// The library takes an IPv6 address, in its brackets, for no name that a certificate could be
    /// of: it is given a connection, and another name.
    async fn by_ipv6(
        &self,
        settings: LdapConnSettings,
        server: &Url,
        ip: Ipv6Addr,
    ) -> Result<(LdapConnSettings, Url), String> {
        let usual = if server.scheme() == "ldaps" { 636 } else { 389 };
        let stream = TcpStream::connect((ip, server.port().unwrap_or(usual))).await;
        let stream = stream.and_then(TcpStream::into_std).map_err(|error| error.to_string())?;
        let config = self.authorities.config_for(ip.into())?;
        let mut address = server.clone();
        address.set_host(Some("ipv6.invalid")).map_err(|error| error.to_string())?;
        Ok((settings.set_config(config).set_std_stream(StdStream::Tcp(stream)), address))
    }
}

impl Connection {
    /// The entries below `base`, at most so many. Aliases and referrals are not followed.
    pub async fn search(
        &mut self,
        base: &str,
        scope: Scope,
        filter: &str,
        attributes: &[&str],
        most: usize,
    ) -> Result<Found, Failure> {
        let searched =
            timeout(self.deadline, self.read(base, scope, filter, attributes, most)).await;
        let found = searched.map_err(|_| self.silent("to a search"))?;
        found.map_err(|cause| Failure(format!("{}: {cause}", self.server)))
    }

    async fn read(
        &mut self,
        base: &str,
        scope: Scope,
        filter: &str,
        attributes: &[&str],
        most: usize,
    ) -> Result<Found, String> {
        let limits = SearchOptions::new()
            .deref(DerefAliases::Never)
            .timelimit(i32::try_from(self.deadline.as_secs()).unwrap_or(i32::MAX))
            .sizelimit(i32::try_from(most).unwrap_or(i32::MAX));
        let adapters: Vec<Box<dyn Adapter<'_, _, _>>> = vec![Box::new(EntriesOnly::new())];
        let search = self.ldap.with_search_options(limits);
        let stream = search.streaming_search_with(adapters, base, scope, filter, attributes).await;
        let mut stream = stream.map_err(|error| explain(&error))?;
        let mut found = Found::default();
        while let Some(entry) = stream.next().await.map_err(|error| explain(&error))? {
            if found.entries.len() == most {
                return Ok(Found { more: true, ..found });
            }
            // It panics over what is no entry.
            let read = std::panic::catch_unwind(AssertUnwindSafe(|| SearchEntry::construct(entry)));
            found.entries.push(read.map_err(|_| "an entry can't be read".to_owned())?);
        }
        let result = stream.finish().await;
        match result.rc {
            0 => Ok(found),
            NO_SUCH_OBJECT => Ok(Found { nowhere: true, ..found }),
            SIZE_LIMIT_EXCEEDED => Ok(Found { more: true, ..found }),
            _ => Err(format!("the search below {base:?} failed: {}", said(&result))),
        }
    }

    /// Whether this is the password of an entry; afterwards the connection is theirs, and of no
    /// more use. Without a password a directory would let anybody in as nobody (RFC 4513 §5.1.2):
    /// it is not asked.
    pub async fn check(mut self, name: &str, password: &str) -> Result<Password, Failure> {
        if name.is_empty() || password.is_empty() {
            return Ok(Password::Wrong("there is none".to_owned()));
        }
        let bound = timeout(self.deadline, self.ldap.simple_bind(name, password)).await;
        let bound = bound.map_err(|_| self.silent("to a password"))?;
        let result = bound.map_err(|error| self.failed(&error))?;
        match result.rc {
            0 => Ok(Password::Right),
            INVALID_CREDENTIALS => {
                Ok(Password::Wrong(format!("wrong password ({})", said(&result))))
            }
            code if REFUSALS.contains(&code) => Ok(Password::Wrong(said(&result))),
            _ => Err(Failure(format!("{}: {}", self.server, said(&result)))),
        }
    }

    fn silent(&self, what: &str) -> Failure {
        let Self { server, deadline, .. } = self;
        Failure(format!("{server}: no answer {what} within {} s", deadline.as_secs()))
    }

    fn failed(&self, error: &LdapError) -> Failure {
        Failure(format!("{}: {}", self.server, explain(error)))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// What a server answered, with its number, by which manuals know it.
fn said(result: &LdapResult) -> String {
    let words = result_code::words(result.rc).map(|words| format!(": {words}"));
    let words = words.unwrap_or_default();
    match result.text.trim() {
        "" => format!("result code {}{words}", result.rc),
        text => format!("result code {}{words}, {text}", result.rc),
    }
}

/// In the words of an administrator, who has no use for the client's own.
fn explain(error: &LdapError) -> String {
    match error {
        LdapError::Io { source } => source.to_string(),
        LdapError::OpSend { .. } | LdapError::ResultRecv { .. } | LdapError::EndOfStream => {
            "the connection was cut".to_owned()
        }
        LdapError::LdapResult { result } => said(result),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
