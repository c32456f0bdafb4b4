//! The settings of metrics, those of the Python agent by their names.

use std::{fmt, fs, path::PathBuf, time::Duration};

use clap::{ArgAction, Args, builder::BoolishValueParser};
use reqwest::Certificate;

use super::{
    dsn::Dsn,
    influx::{Influx, Tls},
};
use crate::error::AgentError;

/// How many queries there are at once, at most, whatever the setting says.
const MOST_QUERIES: u32 = 32;

#[derive(Debug, Clone, Args)]
pub struct MetricsConfig {
    /// The InfluxDB 1.x that Slurm writes to: influxdb://USER:PASSWORD@HOST:8086/DATABASE, or
    /// https+influxdb://…. Everybody sees the password in an option; rather set the variable
    #[arg(long, env = "JOBBERGATE_AGENT_INFLUX_DSN", value_name = "DSN", hide_env_values = true)]
    pub influx_dsn: Option<Dsn>,
    /// Whether InfluxDB is reached by TLS whatever --influx-dsn begins with; needs
    /// --influx-cert-path
    #[arg(
        long,
        env = "JOBBERGATE_AGENT_INFLUX_SSL",
        default_value_t = false,
        action = ArgAction::Set,
        value_parser = BoolishValueParser::new(),
        value_name = "BOOL"
    )]
    pub influx_ssl: bool,
    /// Whether InfluxDB's certificate must be good; otherwise whoever is in between may read the
    /// password
    #[arg(
        long,
        env = "JOBBERGATE_AGENT_INFLUX_VERIFY_SSL",
        default_value_t = false,
        action = ArgAction::Set,
        value_parser = BoolishValueParser::new(),
        value_name = "BOOL"
    )]
    pub influx_verify_ssl: bool,
    /// Certificates (PEM) that InfluxDB's is checked with [default: the system's]
    #[arg(long, env = "JOBBERGATE_AGENT_INFLUX_CERT_PATH", value_name = "FILE")]
    pub influx_cert_path: Option<PathBuf>,
    /// Seconds that a query to InfluxDB may take, a whole number
    #[arg(long, env = "JOBBERGATE_AGENT_INFLUX_TIMEOUT", default_value_t = 30,
          value_parser = clap::value_parser!(u32).range(1..), value_name = "SECONDS")]
    pub influx_timeout: u32,
    /// How many queries to InfluxDB there are at once, at most
    #[arg(long, env = "JOBBERGATE_AGENT_INFLUX_POOL_SIZE", default_value_t = 10,
          value_parser = clap::value_parser!(u32).range(1..), value_name = "NUMBER")]
    pub influx_pool_size: u32,
    /// Without effect: by UDP is written only, and the agent reads
    #[arg(long, env = "JOBBERGATE_AGENT_INFLUX_UDP_PORT", default_value_t = 4444,
          value_parser = clap::value_parser!(u16).range(1..), value_name = "PORT", hide = true)]
    pub influx_udp_port: u16,

    /// Whether sstat is asked what running jobs use where there is no --influx-dsn
    #[arg(
        long,
        env = "JOBBERGATE_AGENT_SSTAT_METRICS",
        default_value_t = true,
        action = ArgAction::Set,
        value_parser = BoolishValueParser::new(),
        value_name = "BOOL"
    )]
    pub sstat_metrics: bool,
    /// Seconds between two looks at what jobs use, by InfluxDB or sstat
    #[arg(long, env = "JOBBERGATE_AGENT_TASK_METRICS_INTERVAL_SECONDS", default_value = "60",
          value_parser = interval, value_name = "SECONDS")]
    pub task_metrics_interval_seconds: Duration,
}

/// Where metrics come from.
#[derive(Debug)]
pub enum Source {
    Influx(Influx),
    Sstat,
    None,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Influx(influx) => write!(f, "InfluxDB at {}", influx.dsn),
            Self::Sstat => f.write_str("sstat"),
            Self::None => f.write_str("nowhere"),
        }
    }
}

fn interval(text: &str) -> Result<Duration, String> {
    let number: f64 = text.parse().map_err(|_| "it is not a number".to_owned())?;
    let range = 1.0..=86_400.0;
    range
        .contains(&number)
        .then(|| Duration::from_secs_f64(number))
        .ok_or_else(|| "it must be between 1 and 86400, which is a day".to_owned())
}

impl MetricsConfig {
    /// Where metrics come from with these settings.
    ///
    /// # Errors
    /// When they contradict each other, or the certificates can't be read.
    pub fn source(&self) -> Result<Source, AgentError> {
        // As with the Python agent, also where there is no InfluxDB.
        if self.influx_ssl && self.influx_cert_path.is_none() {
            return Err(wrong(
                "JOBBERGATE_AGENT_INFLUX_SSL needs JOBBERGATE_AGENT_INFLUX_CERT_PATH: a file with \
                 the certificate of the authority that signed InfluxDB's",
            ));
        }
        let certificates = self.certificates()?;
        let Some(dsn) = &self.influx_dsn else {
            return Ok(if self.sstat_metrics { Source::Sstat } else { Source::None });
        };
        let tls = match (dsn.tls || self.influx_ssl, self.influx_verify_ssl) {
            (false, _) => Tls::None,
            (true, false) => Tls::Unchecked,
            (true, true) => Tls::Checked(certificates),
        };
        let deadline = Duration::from_secs(self.influx_timeout.into());
        Influx::new(dsn, tls, deadline)
            .map(Source::Influx)
            .map_err(|error| wrong(format!("InfluxDB cannot be asked: {error}")))
    }

    /// How many queries there may be at once.
    pub fn queries_at_once(&self) -> usize {
        usize::try_from(self.influx_pool_size.min(MOST_QUERIES)).unwrap_or(1)
    }

    /// What is right, but may not be what was meant.
    pub fn doubts(&self) -> Vec<String> {
        let encrypted = self.influx_dsn.as_ref().is_some_and(|dsn| dsn.tls || self.influx_ssl);
        let unchecked = encrypted && !self.influx_verify_ssl;
        let words = "JOBBERGATE_AGENT_INFLUX_VERIFY_SSL is false: InfluxDB's certificate is not \
                     checked, so whoever is in between may read the password";
        unchecked.then(|| words.to_owned()).into_iter().collect()
    }

    fn certificates(&self) -> Result<Option<Vec<Certificate>>, AgentError> {
        let Some(path) = &self.influx_cert_path else { return Ok(None) };
        let unusable = |why: String| {
            wrong(format!("JOBBERGATE_AGENT_INFLUX_CERT_PATH: {}: {why}", path.display()))
        };
        let pem = fs::read(path).map_err(|error| unusable(error.to_string()))?;
        match Certificate::from_pem_bundle(&pem) {
            Ok(found) if !found.is_empty() => Ok(Some(found)),
            Ok(_) => Err(unusable("there is no certificate (PEM) in it".to_owned())),
            Err(error) => Err(unusable(error.to_string())),
        }
    }
}

fn wrong(words: impl Into<String>) -> AgentError {
    AgentError::Configuration(words.into())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        metrics: MetricsConfig,
    }

    fn parse(options: &[&str]) -> Result<MetricsConfig, String> {
        let parsed = Cli::try_parse_from(["agent"].iter().chain(options));
        parsed.map(|cli| cli.metrics).map_err(|error| error.to_string())
    }

    fn refusal(options: &[&str]) -> String {
        parse(options).unwrap().source().unwrap_err().to_string()
    }

    #[test]
    fn sstat_is_asked_where_there_is_no_influxdb_unless_it_is_switched_off() {
        assert!(matches!(parse(&[]).unwrap().source(), Ok(Source::Sstat)));
        let off = parse(&["--sstat-metrics=false"]).unwrap();
        assert!(matches!(off.source(), Ok(Source::None)));
        let influx = parse(&["--influx-dsn=influxdb://h/db", "--sstat-metrics=false"]).unwrap();
        assert!(matches!(influx.source(), Ok(Source::Influx(_))));
    }

    #[test]
    fn numbers_have_the_python_agents_defaults_and_bounds() {
        let usual = parse(&[]).unwrap();
        assert_eq!((usual.influx_pool_size, usual.influx_udp_port), (10, 4444));
        assert!(!usual.influx_ssl && !usual.influx_verify_ssl);
        for wrong in [
            "--influx-timeout=0",
            "--influx-timeout=1.5",
            "--influx-pool-size=0",
            "--influx-udp-port=0",
            "--influx-udp-port=65536",
            "--influx-ssl=perhaps",
            "--influx-dsn=http://h/db",
            "--task-metrics-interval-seconds=0.5",
        ] {
            let option = wrong.split('=').next().unwrap();
            assert!(parse(&[wrong]).unwrap_err().contains(option), "{wrong}");
        }
        let many = parse(&["--influx-pool-size=100000"]).unwrap();
        assert_eq!(many.queries_at_once(), 32);
    }

    #[test]
    fn tls_needs_certificates_that_can_be_read() {
        assert!(refusal(&["--influx-ssl=true"]).contains("JOBBERGATE_AGENT_INFLUX_CERT_PATH"));
        let missing = refusal(&["--influx-cert-path=/nonexistent/ca.pem"]);
        assert!(missing.contains("/nonexistent/ca.pem: No such file"), "{missing}");
        let empty = tempfile::NamedTempFile::new().unwrap();
        let option = format!("--influx-cert-path={}", empty.path().display());
        assert!(refusal(&[&option]).contains("no certificate"));
    }

    #[test]
    fn a_certificate_that_is_not_checked_is_warned_of() {
        let doubts = |options: &[&str]| parse(options).unwrap().doubts().len();
        assert_eq!(doubts(&["--influx-dsn=https+influxdb://h/db"]), 1);
        let checked = ["--influx-dsn=https+influxdb://h/db", "--influx-verify-ssl=true"];
        assert_eq!(doubts(&checked), 0);
        assert_eq!(doubts(&["--influx-dsn=influxdb://h/db"]), 0);
    }
}
