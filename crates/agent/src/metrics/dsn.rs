//! Where InfluxDB is: `influxdb://user:password@host:8086/database`.

use std::{fmt, str::FromStr};

use jobbergate_client::Secret;
use percent_encoding::percent_decode_str;
use url::{Host, Url};

const USUAL_PORT: u16 = 8086;

/// An InfluxDB and a database in it.
#[derive(Clone)]
pub struct Dsn {
    /// Whether the scheme asks for TLS.
    pub tls: bool,
    pub host: Host<String>,
    pub port: u16,
    pub database: String,
    pub credentials: Option<(String, Secret)>,
}

impl FromStr for Dsn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let usual = "it must be like influxdb://USER:PASSWORD@HOST:8086/DATABASE";
        let url = Url::parse(text).map_err(|error| format!("{usual}: {error}"))?;
        let tls = match url.scheme() {
            // By UDP is written only, and the agent reads.
            "influxdb" | "udp+influxdb" => false,
            "https+influxdb" => true,
            other => {
                return Err(format!(
                    "{usual}, or begin with https+influxdb:// or udp+influxdb://, not with {other}:"
                ));
            }
        };
        let host = url.host_str().filter(|host| !host.is_empty());
        let host = host.ok_or_else(|| format!("{usual}: there is no host"))?;
        let host = Host::parse(host).map_err(|error| format!("{usual}: {error}"))?;
        let database = decoded(url.path().trim_matches('/'))?;
        if database.is_empty() {
            return Err(format!("{usual}: there is no database"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(format!("{usual}: write ? and # in a name or password as %3F and %23"));
        }
        let user = decoded(url.username())?;
        let password = decoded(url.password().unwrap_or_default())?;
        let credentials = (!user.is_empty()).then(|| (user, Secret::from(password)));
        let port = url.port().unwrap_or(USUAL_PORT);
        Ok(Self { tls, host, port, database, credentials })
    }
}

fn decoded(text: &str) -> Result<String, String> {
    let text = percent_decode_str(text).decode_utf8();
    text.map(Into::into).map_err(|_| "what is written with % in it is no UTF-8".to_owned())
}

/// Without the password.
impl fmt::Display for Dsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{}", self.host, self.port, self.database)
    }
}

impl fmt::Debug for Dsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_python_agents_addresses_are_read() {
        let dsn: Dsn = "influxdb://slurm:p%40ss@[::1]:9999/slurm-job-metrics".parse().unwrap();
        assert_eq!(dsn.to_string(), "[::1]:9999/slurm-job-metrics");
        let (user, password) = dsn.credentials.clone().unwrap();
        assert_eq!((user.as_str(), password.reveal()), ("slurm", "p@ss"));
        assert!(!dsn.tls && !format!("{dsn:?}").contains("p@ss"));
        let dsn: Dsn = "https+influxdb://influx.lab/db".parse().unwrap();
        assert_eq!((dsn.tls, dsn.port, dsn.credentials.is_none()), (true, 8086, true));
        assert!(!"udp+influxdb://h:1/db".parse::<Dsn>().unwrap().tls);
    }

    #[test]
    fn what_is_none_is_refused_without_its_password() {
        for (wrong, why) in [
            ("http://u:secret@h/db", "not with http:"),
            ("influxdb://u:secret@h:8086", "there is no database"),
            ("influxdb://u:secret@h:8086/", "there is no database"),
            ("influxdb:///db", "there is no host"),
            ("influxdb://u:secret@h:port/db", "invalid port"),
            ("influxdb://u:secret#1@h/db", "invalid port"),
            ("influxdb://u:x@h/db?secret", "%3F"),
            ("secret", "relative URL"),
        ] {
            let words = wrong.parse::<Dsn>().unwrap_err();
            assert!(words.contains(why) && !words.contains("secret"), "{wrong}: {words}");
        }
    }
}
