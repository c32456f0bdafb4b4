//! An InfluxDB 1.x for tests: Debian's package, in a process of its own.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use reqwest::RequestBuilder;
use serde_json::Value;
use tempfile::TempDir;

const ADMIN: (&str, &str) = ("admin", "the-admins-password");

/// A running server that asks for passwords, with a database and a user who may only read it. It ends
/// when this is dropped.
#[derive(Debug)]
pub struct Influxdb {
    pub port: u16,
    directory: TempDir,
    tls: bool,
    server: Option<Child>,
}

impl Influxdb {
    pub const DATABASE: &str = "slurm-job-metrics";
    pub const USER: &str = "reader";
    /// With signs that have to be written as %40 and %2F in an address.
    pub const PASSWORD: &str = "p@ss/word";

    /// A server at a free port.
    pub async fn start() -> Result<Self> {
        Self::start_at(0).await
    }

    /// A server at this port of the loopback interface.
    pub async fn start_at(port: u16) -> Result<Self> {
        Self { port, directory: TempDir::new()?, tls: false, server: None }.set_up().await
    }

    /// A server at a free port that speaks TLS, with a certificate of its own authority.
    pub async fn start_with_tls() -> Result<Self> {
        let directory = TempDir::new()?;
        make_certificate(directory.path())?;
        Self { port: 0, directory, tls: true, server: None }.set_up().await
    }

    /// The certificate of the authority that signed the server's.
    pub fn authority(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    async fn set_up(self) -> Result<Self> {
        let mut influxdb = self;
        influxdb.resume().await?;
        let (admin, password) = ADMIN;
        for statement in [
            format!("CREATE USER {admin} WITH PASSWORD '{password}' WITH ALL PRIVILEGES"),
            format!("CREATE DATABASE \"{}\"", Self::DATABASE),
            format!("CREATE USER {} WITH PASSWORD '{}'", Self::USER, Self::PASSWORD),
            format!("GRANT READ ON \"{}\" TO {}", Self::DATABASE, Self::USER),
        ] {
            influxdb.query(&statement).await.context("can't set up InfluxDB")?;
        }
        Ok(influxdb)
    }

    /// The address that an agent is given.
    pub fn dsn(&self) -> String {
        let scheme = if self.tls { "https+influxdb" } else { "influxdb" };
        let (user, port, database) = (Self::USER, self.port, Self::DATABASE);
        format!("{scheme}://{user}:p%40ss%2Fword@127.0.0.1:{port}/{database}")
    }

    /// What Slurm's plugin needs to write there: `acct_gather.conf`.
    pub fn acct_gather_conf(port: u16) -> String {
        let (admin, password) = ADMIN;
        format!(
            "ProfileInfluxDBHost=127.0.0.1:{port}\nProfileInfluxDBDatabase={}\n\
             ProfileInfluxDBRTPolicy=autogen\nProfileInfluxDBDefault=Task\n\
             ProfileInfluxDBUser={admin}\nProfileInfluxDBPass={password}\n",
            Self::DATABASE
        )
    }

    /// Writes points, each a line such as `RSS,job=7,step=0,task=0,host=n1 value=5 1700000000`.
    pub async fn write(&self, lines: &[String]) -> Result<()> {
        for lines in lines.chunks(5000) {
            let query = [("db", Self::DATABASE), ("precision", "s")];
            let request = self.post("write")?.query(&query);
            let answer = as_admin(request).body(lines.join("\n")).send().await?;
            let status = answer.status();
            ensure!(status.is_success(), "{status}: {}", answer.text().await?);
        }
        Ok(())
    }

    /// Asks as an administrator.
    pub async fn query(&self, query: &str) -> Result<Value> {
        let query = [("db", Self::DATABASE), ("q", query)];
        let request = self.post("query")?.query(&query);
        let answer: Value = as_admin(request).send().await?.json().await?;
        let error = answer["error"].as_str().or(answer["results"][0]["error"].as_str());
        if let Some(error) = error {
            bail!("{error}");
        }
        Ok(answer)
    }

    fn post(&self, path: &str) -> Result<RequestBuilder> {
        let scheme = if self.tls { "https" } else { "http" };
        let client = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).build()?;
        Ok(client.post(format!("{scheme}://127.0.0.1:{}/{path}", self.port)))
    }

    /// Ends the server; nobody listens then.
    pub fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            // It may have ended by itself.
            let _ = server.kill();
            let _ = server.wait();
        }
    }

    /// Starts the server that was stopped, with its data and at its port.
    pub async fn resume(&mut self) -> Result<()> {
        let log = self.directory.path().join("log");
        let configuration = self.directory.path().join("influxdb.conf");
        fs::write(&configuration, self.configuration())?;
        let server = Command::new("influxd")
            .arg("-config")
            .arg(configuration)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .spawn()
            .context(
                "can't run influxd: run `cargo xtask test`, which installs what the tests need \
                 (Debian: `apt-get install influxdb`)",
            )?;
        self.server = Some(server);
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let text = fs::read_to_string(&log)?;
            if let Some(port) = listening_port(&text) {
                self.port = port;
                return Ok(());
            }
            ensure!(Instant::now() < end, "InfluxDB does not start: {text}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Makes the server hang: it accepts connections and does not answer.
    pub fn freeze(&self) -> Result<()> {
        self.signal(Signal::SIGSTOP)
    }

    pub fn thaw(&self) -> Result<()> {
        self.signal(Signal::SIGCONT)
    }

    fn configuration(&self) -> String {
        let (directory, port, tls) = (self.directory.path().display(), self.port, self.tls);
        format!(
            r#"reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
dir = "{directory}/meta"
[data]
dir = "{directory}/data"
wal-dir = "{directory}/wal"
[monitor]
store-enabled = false
[http]
bind-address = "127.0.0.1:{port}"
auth-enabled = true
log-enabled = false
https-enabled = {tls}
https-certificate = "{directory}/cert.pem"
https-private-key = "{directory}/key.pem"
"#
        )
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let server = self.server.as_ref().context("it does not run")?;
        Ok(kill(Pid::from_raw(server.id().try_into()?), signal)?)
    }
}

impl Drop for Influxdb {
    fn drop(&mut self) {
        self.stop();
    }
}

fn as_admin(request: RequestBuilder) -> RequestBuilder {
    request.basic_auth(ADMIN.0, Some(ADMIN.1))
}

/// An authority, and a certificate for 127.0.0.1 that it signed.
fn make_certificate(directory: &Path) -> Result<()> {
    fs::write(directory.join("extensions"), "subjectAltName=IP:127.0.0.1\n")?;
    let key = "-newkey rsa:2048 -nodes -keyout";
    for line in [
        format!("req -x509 {key} ca.key -out ca.pem -days 2 -subj /CN=authority"),
        format!("req {key} key.pem -out request -subj /CN=influxdb"),
        "x509 -req -in request -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile \
         extensions -out cert.pem"
            .to_owned(),
    ] {
        let mut openssl = Command::new("openssl");
        let output = openssl.args(line.split_whitespace()).current_dir(directory).output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

/// The port in `msg="Listening on HTTP" … addr=127.0.0.1:8086`.
fn listening_port(log: &str) -> Option<u16> {
    let line = log.lines().find(|line| line.contains("Listening on HTTP"))?;
    let address = line.split("addr=").nth(1)?.split_whitespace().next()?;
    address.rsplit(':').next()?.parse().ok()
}
