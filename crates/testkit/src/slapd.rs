//! An LDAP server for tests: Debian's slapd, in a process of its own, with people and groups
//! ([`slapd.ldif`](PEOPLE)).

use std::{
    fs,
    io::Write,
    net::{Ipv4Addr, Ipv6Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tempfile::TempDir;

/// Where everything is.
pub const BASE: &str = "dc=example,dc=org";
/// Who may read everything but passwords.
pub const SEARCHER: &str = "cn=jobbergate,dc=example,dc=org";
/// The searcher's password.
pub const SEARCHER_PASSWORD: &str = "searching";
/// Who is there, with which password, in which groups.
pub const PEOPLE: &str = include_str!("slapd.ldif");

const CONFIG: &str = include_str!("slapd.conf");
/// How long it may take to start on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server. It ends when this is dropped.
#[derive(Debug)]
pub struct Slapd {
    /// Of `ldap://`, with StartTLS.
    pub port: u16,
    /// Of `ldaps://`.
    pub tls_port: u16,
    directory: TempDir,
    server: Child,
}

impl Slapd {
    /// A server with all people.
    pub fn start() -> Result<Self> {
        let directory = TempDir::new()?;
        let path = directory.path();
        fs::write(path.join("slapd.conf"), CONFIG)?;
        fs::create_dir(path.join("db"))?;
        make_certificates(path).context("can't make certificates with openssl")?;
        // Where AppArmor knows Debian's slapd, it lets that one read Debian's directories only.
        let program = path.join("slapd");
        fs::copy("/usr/sbin/slapd", &program).context(MISSING)?;
        let [port, tls_port] = free_ports()?;
        let mut addresses = format!("ldap://127.0.0.1:{port} ldaps://127.0.0.1:{tls_port}");
        if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok() {
            addresses += &format!(" ldap://[::1]:{port} ldaps://[::1]:{tls_port}");
        }
        let server = Command::new(&program)
            .args(["-d", "0", "-f", "slapd.conf", "-h", &addresses])
            .current_dir(path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(path.join("log"))?)
            .spawn()
            .context("can't run slapd")?;
        let mut slapd = Self { port, tls_port, directory, server };
        slapd.wait()?;
        slapd.ldapmodify(&["-a"], PEOPLE)?;
        Ok(slapd)
    }

    /// Its address without TLS.
    pub fn uri(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.port)
    }

    /// Its address with TLS.
    pub fn tls_uri(&self) -> String {
        format!("ldaps://127.0.0.1:{}", self.tls_port)
    }

    /// Who vouches for it.
    pub fn ca_file(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    /// Changes what is in it, by records of LDIF with `changetype`.
    pub fn change(&self, ldif: &str) -> Result<()> {
        self.ldapmodify(&[], ldif)
    }

    /// Lets it hang: it takes connections and says nothing.
    pub fn hang(&self) -> Result<()> {
        self.signal(Signal::SIGSTOP)
    }

    /// Lets it go on.
    pub fn go_on(&self) -> Result<()> {
        self.signal(Signal::SIGCONT)
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        Ok(kill(Pid::from_raw(i32::try_from(self.server.id())?), signal)?)
    }

    fn wait(&mut self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let answers = |port| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
        while !(answers(self.port) && answers(self.tls_port)) {
            if self.server.try_wait()?.is_some() || Instant::now() > deadline {
                let log = fs::read_to_string(self.directory.path().join("log"));
                bail!("slapd does not start:\n{}", log.unwrap_or_default());
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    fn ldapmodify(&self, arguments: &[&str], ldif: &str) -> Result<()> {
        let mut command = Command::new("ldapmodify")
            .args(["-x", "-D", "cn=admin,dc=example,dc=org", "-w", "admin", "-H", &self.uri()])
            .args(arguments)
            .env("LDAPNOINIT", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context(MISSING)?;
        command.stdin.take().context("no input")?.write_all(ldif.as_bytes())?;
        let output = command.wait_with_output()?;
        if !output.status.success() {
            bail!("ldapmodify: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    }
}

const MISSING: &str = "run `cargo xtask test`, which installs what the tests need (Debian: \
                       `apt-get install slapd ldap-utils openssl`)";

impl Drop for Slapd {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// An authority, and a certificate of its for this machine.
fn make_certificates(directory: &Path) -> Result<()> {
    let new = "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    fs::write(directory.join("names"), "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\n")?;
    for arguments in [
        format!("{new} -x509 -days 30 -subj /CN=authority -keyout ca.key -out ca.pem"),
        format!("{new} -subj /CN=localhost -keyout key.pem -out request.pem"),
        "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 \
         -extfile names -out cert.pem"
            .to_owned(),
    ] {
        let mut command = Command::new("openssl");
        command.args(arguments.split_whitespace()).current_dir(directory);
        let output = command.stdin(Stdio::null()).output()?;
        if !output.status.success() {
            bail!("{arguments}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
    Ok(())
}

/// Ports that nobody listens on. Somebody may before the server does; that is told then.
fn free_ports() -> Result<[u16; 2]> {
    let listen = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let (one, other) = (listen()?, listen()?);
    Ok([one.local_addr()?.port(), other.local_addr()?.port()])
}
