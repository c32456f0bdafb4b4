//! The broker's process behind [`VirtualHost`](super::VirtualHost).

use std::{
    env,
    fs::{self, File},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail};
use nix::sys::signal::Signal;

use crate::owner::Owner;

/// How long the broker may take to start on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(50);

/// Runs the broker; then ends the port mapper that Erlang leaves behind.
const RUN: &str = r#""$0" >out 2>&1; epmd -port "$ERL_EPMD_PORT" -kill"#;

/// Held as long as this process lives: the broker isn't stopped under it.
static IN_USE: Mutex<Option<File>> = Mutex::new(None);

/// Where the broker listens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ports {
    pub(super) amqp: u16,
    pub(super) management: u16,
}

impl Ports {
    fn read(path: &Path) -> Option<Self> {
        let text = fs::read_to_string(path).ok()?;
        let mut ports = text.split_whitespace().map(str::parse);
        Some(Self { amqp: ports.next()?.ok()?, management: ports.next()?.ok()? })
    }

    fn answer(self) -> bool {
        [self.amqp, self.management]
            .into_iter()
            .all(|port| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok())
    }
}

/// Starts the broker unless it runs.
pub(super) fn start_once() -> Result<Ports> {
    let program = find()?;
    let owner = Owner::find(&["rabbitmq"])?;
    let directory = crate::directory::shared()?.join("rabbitmq");
    fs::create_dir_all(&directory)?;
    owner.take(&directory, 0o700)?;

    let mut in_use = IN_USE.lock().map_err(|_| anyhow!("starting RabbitMQ panicked before"))?;
    if in_use.is_none() {
        *in_use = Some(owner.mark_used(&directory)?);
    }
    let starting = File::create(directory.join("starting"))?;
    starting.lock()?;
    match Ports::read(&directory.join("ports")).filter(|ports| ports.answer()) {
        Some(ports) => Ok(ports),
        None => start(&program, &owner, &directory),
    }
}

/// Debian's command in PATH ignores where the broker is told to keep its data.
fn find() -> Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let directories = [PathBuf::from("/usr/lib/rabbitmq/bin")];
    let mut programs = directories.into_iter().chain(env::split_paths(&path));
    let found = programs.find_map(|directory| {
        Some(directory.join("rabbitmq-server")).filter(|program| program.is_file())
    });
    found.context(
        "RabbitMQ isn't installed: run `cargo xtask test`, which installs what the tests need \
         (Debian: `apt-get install rabbitmq-server`)",
    )
}

fn start(program: &Path, owner: &Owner, directory: &Path) -> Result<Ports> {
    for old in ["data", "pid", "ports"] {
        let old = directory.join(old);
        let _ = fs::remove_dir_all(&old);
        let _ = fs::remove_file(&old);
    }
    let [amqp, management, distribution, mapper] = free_ports()?;
    let settings = format!(
        "listeners.tcp.1 = 127.0.0.1:{amqp}\nmanagement.tcp.ip = 127.0.0.1\n\
         management.tcp.port = {management}\ndisk_free_limit.absolute = 1MB\n"
    );
    for (name, content) in
        [("rabbitmq.conf", settings.as_str()), ("plugins", "[rabbitmq_management].\n")]
    {
        fs::write(directory.join(name), content)?;
        owner.take(&directory.join(name), 0o600)?;
    }
    let mut broker = owner.command(Path::new("sh"), directory);
    broker.args(["-c", RUN]).arg(program);
    let file = |name: &str| directory.join(name);
    broker
        .env("HOME", directory)
        .env("RABBITMQ_CONF_ENV_FILE", file("no-such-file"))
        .env("RABBITMQ_CONFIG_FILE", file("rabbitmq.conf"))
        .env("RABBITMQ_ENABLED_PLUGINS_FILE", file("plugins"))
        .env("RABBITMQ_MNESIA_BASE", file("data"))
        .env("RABBITMQ_LOG_BASE", directory)
        .env("RABBITMQ_LOGS", file("log"))
        .env("RABBITMQ_PID_FILE", file("pid"))
        .env("RABBITMQ_NODENAME", format!("jobbergate-test-{amqp}@localhost"))
        .env("RABBITMQ_DIST_PORT", distribution.to_string())
        .env("ERL_EPMD_PORT", mapper.to_string())
        .env("ERL_EPMD_ADDRESS", "127.0.0.1");
    let mut broker = broker.spawn().context("can't run rabbitmq-server")?;
    let ports = Ports { amqp, management };
    let deadline = Instant::now() + PATIENCE;
    while !ports.answer() {
        if broker.try_wait()?.is_some() || Instant::now() > deadline {
            bail!("RabbitMQ does not start:\n{}", last_lines(directory));
        }
        thread::sleep(Duration::from_millis(50));
    }
    let pid = fs::read_to_string(file("pid")).context("RabbitMQ does not tell its process")?;
    owner.stop_when_unused(directory, pid.trim(), Signal::SIGKILL)?;
    fs::write(file("ports"), format!("{amqp} {management}\n"))?;
    Ok(ports)
}

/// Ports that nobody listens on. Somebody may before the broker does; that is told then.
fn free_ports() -> Result<[u16; 4]> {
    let mut ports = [0; 4];
    let mut listeners = Vec::new();
    for port in &mut ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        *port = listener.local_addr()?.port();
        listeners.push(listener);
    }
    Ok(ports)
}

fn last_lines(directory: &Path) -> String {
    let read = |name| fs::read_to_string(directory.join(name)).unwrap_or_default();
    let text = [read("out"), read("log")].concat();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
