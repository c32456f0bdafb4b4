//! Requests made up from the API's own description: no fault, and no answer outside of it.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::{
    interrupt::Interrupt,
    lab::{Jobbergate, Terminal},
    process::{Running, output, tied},
    python,
};

/// The version that the requests are made with.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";
const CONFIGURATION: &str = "crates/api/schemathesis.toml";

#[derive(Args)]
pub(crate) struct Options {
    /// Requests for each operation at most, in each phase
    #[arg(long, default_value_t = 40)]
    examples: u32,
    /// Start of the random choices; the same seed makes the same requests
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Ask this program instead of building one
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
}

/// Starts a server that nobody else uses, and fails if it does something it doesn't say.
pub(crate) fn run(options: &Options) -> Result<()> {
    let interrupt = Interrupt::register()?;
    let program = options.program.as_deref();
    let jobbergate = Jobbergate::named_or_built(program, &Terminal::new(), &interrupt)?.path;
    let programs = python::environment("schemathesis", &[SCHEMATHESIS.as_ref()])?;
    let directory = Path::new("/var/tmp").join(format!("schemathesis-{}", std::process::id()));
    fs::create_dir_all(&directory)?;
    let outcome = check(options, &interrupt, &jobbergate, &programs, &directory);
    fs::remove_dir_all(&directory)?;
    outcome
}

fn check(
    options: &Options,
    interrupt: &Interrupt,
    jobbergate: &Path,
    programs: &Path,
    directory: &Path,
) -> Result<()> {
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let data = directory.join("data");
    let log = directory.join("log");
    let mut serve = tied(jobbergate, directory);
    serve.args(["serve", "--listen", &address, "--log-level", "warn", "--data-dir"]).arg(&data);
    let mut server = Running::start(serve.stderr(fs::File::create(&log)?))?;
    let schema = format!("http://{address}/jobbergate/openapi.json");
    let token = token(jobbergate, directory, &data, interrupt, &mut server)?;
    let mut schemathesis = Command::new(programs.join("schemathesis"));
    schemathesis
        .arg("--config-file")
        .arg(crate::workspace()?.join(CONFIGURATION))
        .args(["run", &schema, "--wait-for-schema", "20", "--continue-on-failure"])
        .args(["--header", &format!("Authorization: Bearer {token}")])
        .args(["--max-examples", &options.examples.to_string()])
        .args(["--seed", &options.seed.to_string(), "--warnings", "off", "--no-color"])
        .current_dir(directory);
    let finished = Running::start(&mut schemathesis)?.finish(interrupt);
    server.check()?;
    drop(server);
    let log = fs::read_to_string(log)?;
    ensure!(!log.contains("ERROR"), "the server had faults:\n{log}");
    finished
}

/// The token of somebody who may do everything; the server makes its database meanwhile.
fn token(
    jobbergate: &Path,
    directory: &Path,
    data: &Path,
    interrupt: &Interrupt,
    server: &mut Running,
) -> Result<String> {
    while !data.join("jobbergate.db").exists() {
        server.check()?;
        interrupt.sleep(Duration::from_millis(20))?;
    }
    let mut admin = tied(jobbergate, directory);
    admin.args(["admin", "token", "--email", "root@example.com", "--client-id", "cluster-1"]);
    for permission in ["jobbergate:admin", "jobbergate:clusters:update"] {
        admin.args(["--permission", permission]);
    }
    let token = output(admin.arg("--data-dir").arg(data)).context("no token could be issued")?;
    Ok(token.trim().to_owned())
}
