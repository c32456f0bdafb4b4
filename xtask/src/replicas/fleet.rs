//! The servers, and what is before and behind them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{
    bench::{api::stage, seed},
    interrupt::Interrupt,
    lab::{
        Api, Database, Directory, EMAIL, Jobbergate, Nginx, Postgres, S3, Service, Terminal,
        free_port, is_healthy,
    },
    packages,
    process::{Running, output, tied},
};

pub(super) const COUNT: usize = 3;
/// The cluster of what is submitted here.
pub(super) const CLUSTER: &str = "replicas-cluster";
/// How many submissions there are before.
const SUBMISSIONS: u32 = 10_000;
/// How long servers answer on when they are told to stop; longer than nginx keeps connections to them.
const DRAINING: &str = "5";
const SESSION: Duration = Duration::from_secs(24 * 3600);
const START_DEADLINE: Duration = Duration::from_secs(60);
/// It takes a server some 10 s to find that nobody cleans any more, and then a while to look at all files.
const CLEANING_DEADLINE: Duration = Duration::from_mins(3);
/// What the one that has cleaned writes into its log.
const CLEANED: &str = "cleaning is done";
/// How long those who were sent to a server before nginx was told may take. Waiting agents are answered when it stops.
const AFTER_TELLING: Duration = Duration::from_secs(2);

/// Servers end before what they use.
pub(super) struct Fleet<'a> {
    replicas: Vec<Replica>,
    pub(super) nginx: Nginx,
    pub(super) postgres: Postgres,
    pub(super) jobbergate: Jobbergate,
    /// Of people who ask by turns, with all permissions.
    pub(super) tokens: Vec<String>,
    /// Where e-mail arrives.
    pub(super) mail: PathBuf,
    killed: Option<usize>,
    directory: &'a Directory,
    _smtp: Running,
    _s3: S3,
}

pub(super) struct Replica {
    name: String,
    authority: String,
    program: PathBuf,
    service: Service,
}

/// A server that was killed, and just before when.
pub(super) struct Killed {
    pub(super) name: String,
    pub(super) moment: Instant,
}

impl<'a> Fleet<'a> {
    pub(super) fn start(
        mut jobbergate: Jobbergate,
        bench: &Path,
        interrupt: &Interrupt,
        terminal: &Terminal,
        directory: &'a Directory,
    ) -> Result<Self> {
        packages::install_smtp()?;
        let postgres = Postgres::start(interrupt, directory, &[])?;
        let s3 = S3::start(bench, directory)?;
        let (smtp, said) = Running::start_and_hear(tied(bench, directory.path()).arg("smtp"))?;
        let said: Value = serde_json::from_str(&said)?;
        let mail = said["directory"].as_str().context("the SMTP server has no directory")?.into();
        let ports = (0..COUNT).map(|_| free_port()).collect::<Result<Vec<_>>>()?;
        let servers: Vec<_> = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        let nginx = Nginx::start(interrupt, directory, &servers)?;
        jobbergate.database_url = Some(postgres.url());
        jobbergate.settings.clone_from(&s3.settings);
        jobbergate.settings.extend([
            ("JOBBERGATE_PUBLIC_URL", nginx.url()),
            ("JOBBERGATE_CLEAN_INTERVAL_HOURS", "1".to_owned()),
            ("JOBBERGATE_DRAIN_SECONDS", DRAINING.to_owned()),
            ("SMTP_HOST", "127.0.0.1".to_owned()),
            ("SMTP_PORT", said["port"].to_string()),
            ("SMTP_TLS", "none".to_owned()),
            ("SMTP_FROM_EMAIL", "jobbergate@example.com".to_owned()),
        ]);
        let start = |(authority, number)| {
            Replica::start(&jobbergate, directory, format!("replica-{number}"), authority)
        };
        let mut replicas: Vec<_> =
            servers.into_iter().zip(1..).map(start).collect::<Result<_>>()?;
        replicas.iter_mut().try_for_each(|replica| replica.await_answer(interrupt))?;
        jobbergate.client_secret(directory, CLUSTER)?;
        for name in ["demo-cluster", "bench-others"] {
            jobbergate.client_secret(directory, name)?;
        }
        let people = (1..16).map(|number| format!("person{number}@example.com"));
        let tokens = std::iter::once(EMAIL.to_owned()).chain(people);
        let tokens = tokens
            .map(|email| jobbergate.agents_token(directory, &email, CLUSTER, SESSION))
            .collect::<Result<_>>()?;
        seed::fill(directory, Some(&postgres), &stage::rows(Database::Postgres, SUBMISSIONS))?;
        postgres.vacuum()?;
        terminal.done(&format!("{COUNT} servers answer behind nginx on {}", nginx.url()));
        Ok(Self {
            nginx,
            postgres,
            jobbergate,
            tokens,
            mail,
            replicas,
            killed: None,
            directory,
            _smtp: smtp,
            _s3: s3,
        })
    }

    /// Somebody who may do everything, by nginx.
    pub(super) fn api(&self, person: usize) -> Result<Api> {
        let token = self.tokens.get(person).context("there is no such person")?;
        Ok(Api::of_many(&self.nginx.url(), token))
    }

    /// Has nginx ask the first ones only.
    pub(super) fn ask_only(&self, count: usize) -> Result<()> {
        let servers: Vec<_> = self.replicas.iter().map(|it| it.authority.clone()).collect();
        self.nginx.ask_only(servers.get(..count).context("there are not as many")?)
    }

    pub(super) fn processor_time(&self) -> Result<Duration> {
        self.replicas.iter().map(|replica| replica.service.processor_time()).sum()
    }

    /// Fails when a server has ended by itself.
    pub(super) fn check(&mut self) -> Result<()> {
        self.replicas.iter_mut().try_for_each(|replica| replica.service.check())
    }

    pub(super) fn kill_the_one_that_cleans(&mut self) -> Result<Killed> {
        let cleaning: Vec<_> = self
            .replicas
            .iter()
            .map(|replica| times_cleaned(self.directory, &replica.name))
            .collect::<Result<_>>()?;
        let all: usize = cleaning.iter().sum();
        if all != 1 {
            bail!("one server had to clean once; it was done {all} times: {cleaning:?}");
        }
        let number = cleaning.iter().position(|&times| times == 1).context("nobody cleans")?;
        let replica = self.replicas.get_mut(number).context("there is no such server")?;
        // Requests fail before it is known that the process has ended.
        let moment = Instant::now();
        replica.service.kill()?;
        self.killed = Some(number);
        Ok(Killed { name: replica.name.clone(), moment })
    }

    /// Who takes its place, after how many seconds.
    pub(super) fn await_another_that_cleans(
        &self,
        killed: &str,
        interrupt: &Interrupt,
    ) -> Result<(String, f64)> {
        let began = Instant::now();
        while began.elapsed() < CLEANING_DEADLINE {
            for replica in self.replicas.iter().filter(|replica| replica.name != killed) {
                if times_cleaned(self.directory, &replica.name)? > 0 {
                    return Ok((replica.name.clone(), began.elapsed().as_secs_f64()));
                }
            }
            interrupt.sleep(Duration::from_millis(100))?;
        }
        bail!("nobody cleans in the place of {killed}")
    }

    /// How often it was cleaned, by all that there ever were.
    pub(super) fn times_cleaned(&self) -> Result<usize> {
        let names = fs::read_dir(self.directory.logs())?.flatten().map(|entry| entry.file_name());
        let names = names.filter_map(|name| name.into_string().ok());
        names.map(|name| times_cleaned(self.directory, &name)).sum()
    }

    pub(super) fn start_the_killed_one_again(&mut self, interrupt: &Interrupt) -> Result<()> {
        let number = self.killed.take().context("none was killed")?;
        let replica = self.replicas.get_mut(number).context("there is no such server")?;
        replica.service.start_again()?;
        replica.await_answer(interrupt)
    }

    /// Stops a server and starts this program in its place; says how it went. One whose program does not drain is first
    /// taken out of nginx's file.
    pub(super) fn replace(
        &mut self,
        number: usize,
        jobbergate: &Jobbergate,
        interrupt: &Interrupt,
    ) -> Result<String> {
        let began = Instant::now();
        let all: Vec<_> = self.replicas.iter().map(|it| it.authority.clone()).collect();
        let replica = self.replicas.get(number).context("there is no such server")?;
        let drains = drains(&replica.program)?;
        if !drains {
            let others = all.iter().enumerate().filter(|(other, _)| *other != number);
            self.nginx.ask_only(&others.map(|(_, it)| it.clone()).collect::<Vec<_>>())?;
            interrupt.sleep(AFTER_TELLING)?;
        }
        let replica = self.replicas.get_mut(number).context("there is no such server")?;
        replica.service.stop();
        replica.name += "'";
        replica.program.clone_from(&jobbergate.path);
        replica.service = serve(jobbergate, self.directory, &replica.name, &replica.authority)?;
        replica.await_answer(interrupt)?;
        if !drains {
            self.nginx.ask_only(&all)?;
        }
        let told = if drains { "" } else { ", nginx was told: it does not drain" };
        Ok(format!("{} came ({:.1} s{told})", replica.name, began.elapsed().as_secs_f64()))
    }
}

impl Replica {
    fn start(
        jobbergate: &Jobbergate,
        directory: &Directory,
        name: String,
        authority: String,
    ) -> Result<Self> {
        let service = serve(jobbergate, directory, &name, &authority)?;
        Ok(Self { name, authority, program: jobbergate.path.clone(), service })
    }

    fn await_answer(&mut self, interrupt: &Interrupt) -> Result<()> {
        let began = Instant::now();
        while !is_healthy(&format!("http://{}", self.authority)) {
            self.service.check()?;
            if began.elapsed() > START_DEADLINE {
                bail!("{} does not answer", self.name);
            }
            interrupt.sleep(Duration::from_millis(10))?;
        }
        Ok(())
    }
}

/// Whether a program knows how to leave without losing requests.
fn drains(program: &Path) -> Result<bool> {
    let help = output(Command::new(program).args(["serve", "--help"]));
    Ok(help.context("the program has no help")?.contains("JOBBERGATE_DRAIN_SECONDS"))
}

fn serve(
    jobbergate: &Jobbergate,
    directory: &Directory,
    name: &str,
    authority: &str,
) -> Result<Service> {
    let mut command = jobbergate.command("serve", directory);
    command.args(["--listen", authority]).arg("--data-dir").arg(directory.server());
    command.stdout(directory.log(&format!("{name}-output"))?).stderr(directory.log(name)?);
    Service::start(command)
}

/// What a server's log says of it.
fn times_cleaned(directory: &Directory, name: &str) -> Result<usize> {
    let log = fs::read(directory.logs().join(name))?;
    Ok(String::from_utf8_lossy(&log).matches(CLEANED).count())
}
