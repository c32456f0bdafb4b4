//! Where files may be fetched from.

use std::{
    collections::HashSet,
    fmt, io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::addresses;

/// Public addresses, and what else the administrator allows.
#[derive(Debug, Default)]
pub struct Permitted {
    names: HashSet<String>,
    ranges: Vec<IpNet>,
}

/// Nothing may be fetched from this host.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    host: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = &self.host;
        write!(
            f,
            "{host} has no public address; an administrator can allow it with \
             UPLOAD_BY_URL_ALLOWED_HOSTS"
        )
    }
}

impl std::error::Error for Refused {}

/// A name that has no address, or whose address can't be asked for.
#[derive(Debug, thiserror::Error)]
#[error("the name {name} cannot be resolved")]
pub(super) struct Unresolved {
    name: String,
    source: io::Error,
}

impl Permitted {
    /// Reads names, addresses and address ranges, separated by commas.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut permitted = Self::default();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            permitted.add(entry)?;
        }
        Ok(permitted)
    }

    fn add(&mut self, entry: &str) -> Result<(), String> {
        if let Ok(range) = entry.parse::<IpNet>() {
            self.ranges.push(range.trunc());
            return Ok(());
        }
        let plain = entry.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = plain.parse::<IpAddr>() {
            self.ranges.push(address.into());
            return Ok(());
        }
        match Host::parse(entry) {
            Ok(Host::Domain(name)) if is_name(&name) => {
                self.names.insert(without_last_dot(&name).to_owned());
                Ok(())
            }
            _ => Err(format!(
                "{entry:?} is neither a host name, such as files.example.com, nor an address or \
                 a range of addresses, such as 10.1.0.0/16"
            )),
        }
    }

    fn allows(&self, address: IpAddr) -> bool {
        let canonical = address.to_canonical();
        let in_range = |range: &IpNet| range.contains(&address) || range.contains(&canonical);
        addresses::is_public(address) || self.ranges.iter().any(in_range)
    }

    fn allows_name(&self, name: &str) -> bool {
        self.names.contains(&without_last_dot(name).to_ascii_lowercase())
    }

    /// Refuses an address in a URL; names are checked when they are resolved.
    pub(super) fn check(&self, url: &Url) -> Result<(), Refused> {
        let address: IpAddr = match url.host() {
            Some(Host::Ipv4(address)) => address.into(),
            Some(Host::Ipv6(address)) => address.into(),
            Some(Host::Domain(_)) | None => return Ok(()),
        };
        if self.allows(address) {
            return Ok(());
        }
        Err(Refused { host: address.to_string() })
    }

    /// The addresses of `name` that may be connected to.
    async fn addresses(&self, name: &str) -> Result<Vec<SocketAddr>, BoxError> {
        let found = tokio::net::lookup_host((name, 0)).await;
        let found = found.map_err(|source| Unresolved { name: name.to_owned(), source })?;
        let allowed_by_name = self.allows_name(name);
        let allowed: Vec<_> =
            found.filter(|found| allowed_by_name || self.allows(found.ip())).collect();
        if allowed.is_empty() {
            return Err(Refused { host: name.to_owned() }.into());
        }
        Ok(allowed)
    }
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Resolves names to addresses that may be connected to.
pub(super) struct Resolver(pub(super) Arc<Permitted>);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let permitted = Arc::clone(&self.0);
        Box::pin(async move {
            let addresses = permitted.addresses(name.as_str()).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// Whether it is made of what host names are made of; URLs take more.
fn is_name(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
}

/// `example.com.` is `example.com`.
fn without_last_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::Permitted;

    #[test]
    fn names_addresses_and_ranges_are_allowed() {
        let list =
            "files.Example.com, localhost.,10.1.2.3/16, ::1,[fd00::1],192.168.1.1,,münchen.de";
        let permitted = Permitted::parse(list).unwrap();
        for name in ["files.example.com", "FILES.example.com.", "localhost", "xn--mnchen-3ya.de"] {
            assert!(permitted.allows_name(name), "{name}");
        }
        for name in ["example.com", "evil-files.example.com", "127.0.0.1", ""] {
            assert!(!permitted.allows_name(name), "{name}");
        }
        for address in
            ["10.1.255.255", "::ffff:10.1.0.1", "::1", "fd00::1", "192.168.1.1", "1.1.1.1"]
        {
            assert!(permitted.allows(address.parse().unwrap()), "{address}");
        }
        for address in ["10.2.0.0", "127.0.0.1", "fd00::2", "192.168.1.2"] {
            assert!(!permitted.allows(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn anything_else_is_told_of() {
        for entry in
            ["10.0.0.0/33", "http://localhost", "localhost:80", "a b", "*.example.com", "/"]
        {
            let words = Permitted::parse(&format!("localhost,{entry}")).unwrap_err();
            assert!(words.starts_with(&format!("{entry:?} is neither")), "{words}");
        }
    }
}
