//! Shows a job on its way through server, agent and Slurm, and measures it.

mod follow;
pub(crate) mod job;
mod measurements;
mod output;

use std::{path::PathBuf, time::Duration};

use anyhow::{Result, ensure};
use clap::Args;
use nix::unistd::geteuid;

use crate::{
    interrupt::{Interrupt, Interrupted},
    lab::{Agent, Api, Directory, EMAIL, Jobbergate, Server, Slurm, Terminal, USER},
};
use measurements::Measurements;

const DIRECTORY: &str = "/var/tmp/jobbergate-demo";
/// How long a token is good: longer than anybody looks at the demo.
const SESSION: Duration = Duration::from_secs(24 * 3600);

/// Has the agent ask each second what the job uses, which is over soon.
const MEASURING: [(&str, &str); 1] = [("TASK_METRICS_INTERVAL_SECONDS", "1")];

/// What becomes of it
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// End everything after the job instead of waiting for Ctrl-C
    #[arg(long)]
    once: bool,
    /// Keep the database, the job's files and the logs, and begin with them next time
    #[arg(long)]
    keep_data: bool,
    /// Show this program instead of building one
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
}

/// Runs the demo. Whatever happens, nothing that it started is left running.
pub(crate) fn run(options: &Options) -> Result<()> {
    ensure!(geteuid().is_root(), "Slurm's daemons need root: run the demo as root");
    let interrupt = Interrupt::register()?;
    let terminal = Terminal::new();
    let mut directory = Directory::open(DIRECTORY, options.keep_data)?;
    let outcome = perform(options, &interrupt, &terminal, &directory);
    if outcome.as_ref().is_err_and(|error| !error.is::<Interrupted>()) {
        directory.keep();
        directory.print_logs();
    } else {
        terminal.say("Everything that the demo started has ended.");
    }
    outcome
}

fn perform(
    options: &Options,
    interrupt: &Interrupt,
    terminal: &Terminal,
    directory: &Directory,
) -> Result<()> {
    let jobbergate = Jobbergate::named_or_built(options.program.as_deref(), terminal, interrupt)?;
    let slurm = Slurm::start(terminal, interrupt, directory, &[("JOBACCT", "linux")])?;
    let mut server = Server::start(terminal, interrupt, directory, &jobbergate)?;
    let mut agent = Agent::start(terminal, directory, &jobbergate, &server, &slurm, &MEASURING)?;

    jobbergate.invite(directory, EMAIL, &["expert", "admin"])?;
    let api = Api::new(&server.url, &jobbergate.access_token(directory, EMAIL, SESSION)?);
    let script = job::create_script(terminal, &api)?;
    let work = directory.work(USER)?;
    let submission = job::submit(&api, script, &work)?;
    terminal.done(&format!("{EMAIL} submits it as submission {submission}"));
    let accepted_to_sbatch = follow::until_done(terminal, interrupt, &api, submission)?;
    let checked = output::show(terminal, &work);

    // What is left of the work settles.
    interrupt.sleep(Duration::from_secs(1))?;
    Measurements {
        start_to_answer: server.start_to_answer,
        accepted_to_sbatch,
        server_memory: server.service.memory()?,
        agent_memory: agent.service.memory()?,
    }
    .print(terminal);
    checked?;
    if options.once {
        return Ok(());
    }
    print_login(terminal, &jobbergate, directory, &server, submission)?;
    while interrupt.sleep(Duration::from_millis(200)).is_ok() {
        server.service.check()?;
        agent.service.check()?;
    }
    terminal.say("");
    Ok(())
}

fn print_login(
    terminal: &Terminal,
    jobbergate: &Jobbergate,
    directory: &Directory,
    server: &Server,
    submission: i64,
) -> Result<()> {
    let page = format!("/submissions/{submission}");
    let link = jobbergate.sign_in_link(directory, EMAIL, &page)?;
    let url = &server.url;
    let (program, data) = (jobbergate.path.display(), directory.server());
    terminal.heading(&format!("Server and agent run until you press Ctrl-C: {url}"));
    terminal.say(&format!("  open          {link}"));
    terminal.say(&format!(
        "                which signs {EMAIL} in once, within 15 minutes, and shows the job"
    ));
    terminal.say(&format!(
        "  once more     {program} admin user sign-in-link --data-dir {} {EMAIL}",
        data.display()
    ));
    terminal.say(&format!("  API           {url}/jobbergate/openapi.json"));
    terminal.say(&format!(
        "  token         TOKEN=$({program} admin token --data-dir {} --email {EMAIL})",
        data.display()
    ));
    terminal.say(&format!(
        "  and           curl -H \"Authorization: Bearer $TOKEN\" {url}/jobbergate/job-submissions"
    ));
    Ok(())
}
