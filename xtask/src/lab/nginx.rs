//! nginx in front of several servers, with the configuration that administrators copy.

use std::{
    fs,
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};
use nix::sys::signal::Signal;

use super::{Directory, processor_time};
use crate::{
    interrupt::Interrupt,
    packages,
    process::{Running, tied},
};

/// What the documentation shows.
const CONFIGURATION: &str = include_str!("../../../packaging/nginx/jobbergate.conf");
/// The addresses in it that stand for the administrator's.
const SERVER: &str = "server 10.0.0.";
/// What an evaluation without certificates goes without.
const WITH_NAME: [&str; 3] = ["server_name ", "ssl_certificate ", "ssl_certificate_key "];
/// Twentieths of a second that it may take to listen.
const PATIENCE: u32 = 200;

/// It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Nginx {
    pub(crate) authority: String,
    configuration: PathBuf,
    process: Running,
}

impl Nginx {
    /// Installs it unless it is there, and starts it in front of these servers.
    pub(crate) fn start(
        interrupt: &Interrupt,
        directory: &Directory,
        servers: &[String],
    ) -> Result<Self> {
        packages::install_nginx()?;
        let path = directory.private("nginx")?;
        let authority = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let configuration = path.join("jobbergate.conf");
        fs::write(&configuration, configured(&authority, servers))?;
        let main = path.join("nginx.conf");
        fs::write(&main, around(&path, &configuration))?;
        let mut command = tied("/usr/sbin/nginx", &path);
        command.arg("-p").arg(&path).arg("-c").arg(&main).args(["-e", "stderr"]);
        let process = Running::start(command.stderr(directory.log("nginx")?))?;
        let nginx = Self { authority, configuration, process };
        nginx.await_listening(interrupt)?;
        Ok(nginx)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.authority)
    }

    /// From now on has only these servers asked, as an administrator does it: changes the file and has it read.
    pub(crate) fn ask_only(&self, servers: &[String]) -> Result<()> {
        fs::write(&self.configuration, configured(&self.authority, servers))?;
        self.process.signal(Signal::SIGHUP)
    }

    /// How long the processors have worked for it.
    pub(crate) fn processor_time(&self) -> Result<Duration> {
        processor_time::with_children(self.process.id())
    }

    fn await_listening(&self, interrupt: &Interrupt) -> Result<()> {
        let address: SocketAddr = self.authority.parse()?;
        for _ in 0..PATIENCE {
            if TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok() {
                return Ok(());
            }
            interrupt.sleep(Duration::from_millis(50))?;
        }
        anyhow::bail!("nginx does not listen: see its log")
    }
}

/// The administrators' file with this machine's addresses and without TLS; all else as it is there.
fn configured(authority: &str, servers: &[String]) -> String {
    let mut servers = Some(servers);
    let lines = CONFIGURATION.lines().filter_map(|line| {
        let statement = line.trim_start();
        if WITH_NAME.iter().any(|name| statement.starts_with(name)) {
            return None;
        }
        if statement.starts_with("listen ") {
            return Some(format!("listen {authority};"));
        }
        let Some(rest) = statement.strip_prefix(SERVER) else { return Some(line.to_owned()) };
        // The first line stands for all.
        let (_, options) = rest.split_once(' ')?;
        let lines = servers.take()?.iter().map(|server| format!("server {server} {options}\n"));
        Some(lines.collect())
    });
    lines.map(|line| line + "\n").collect()
}

/// What Debian has around that file, for one who is not Debian's nginx.
fn around(path: &Path, configuration: &Path) -> String {
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("    {name}_temp_path {}/{name};\n", path.display()));
    format!(
        "daemon off;\nuser root;\nworker_processes auto;\npid {}/pid;\n\
         events {{ worker_connections 4096; }}\n\
         http {{\n    access_log off;\n{}    include {};\n}}\n",
        path.display(),
        temporary.concat(),
        configuration.display()
    )
}

/// Where a server can listen.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no port is free")?;
    Ok(listener.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_administrators_file_gets_addresses_and_nothing_else() {
        let servers = ["127.0.0.1:1".to_owned(), "127.0.0.1:2".to_owned()];
        let text = configured("127.0.0.1:80", &servers);
        let addresses: Vec<_> =
            text.lines().filter(|line| line.starts_with("server 127")).collect();
        assert_eq!(
            addresses,
            [1, 2].map(|port| format!("server 127.0.0.1:{port} max_fails=1 fail_timeout=2s;"))
        );
        assert!(text.contains("listen 127.0.0.1:80;\n"));
        assert!(!text.contains("ssl") && !text.contains("10.0.0."), "{text}");
        assert!(text.contains("proxy_next_upstream error timeout;"));
    }

    #[test]
    fn the_documentation_shows_the_file_that_is_tried() {
        assert!(include_str!("../../../docs/operations.md").contains(CONFIGURATION));
    }
}
