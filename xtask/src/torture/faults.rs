//! Makes the faults happen that were planned.

use std::{collections::BTreeMap, fs::File, io::Write, time::Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;

use super::{
    helper::Helper,
    plan::{Action, Fault, Step, Target},
    python::PythonAgent,
    sbatch::FaultySbatch,
};
use crate::{
    interrupt::Interrupt,
    lab::{Agent, Outage, Postgres, Proxy, Server, Service, Slurm, Terminal},
};

#[derive(Debug)]
pub(super) struct Victims {
    pub(super) server: Server,
    pub(super) agents: Vec<Agent>,
    /// Theirs, if they have any.
    pub(super) helpers: Vec<Helper>,
    /// Between each of them and the server.
    pub(super) networks: Vec<Proxy>,
    /// Nothing is done to it.
    pub(super) python: Option<PythonAgent>,
    pub(super) slurm: Slurm,
    pub(super) sbatch: FaultySbatch,
    pub(super) postgres: Option<Postgres>,
}

impl Victims {
    /// Takes one step after the other; gives how often each fault came.
    pub(super) fn suffer(
        &mut self,
        plan: &[Step],
        terminal: &Terminal,
        interrupt: &Interrupt,
        mut log: File,
    ) -> Result<BTreeMap<Fault, u32>> {
        let began = Instant::now();
        let mut counts = BTreeMap::new();
        for step in plan {
            interrupt.sleep(step.after)?;
            self.check()?;
            let name = match step.action {
                Action::Fault(fault) => fault.to_string(),
                Action::Recover(target) => format!("recover {target}"),
            };
            writeln!(log, "{:7.2} s  {name}", began.elapsed().as_secs_f64())?;
            terminal.passing(&format!("{:5.0} s  {name}", began.elapsed().as_secs_f64()));
            self.take(step.action, interrupt).with_context(|| name)?;
            if let Action::Fault(fault) = step.action {
                *counts.entry(fault).or_default() += 1;
            }
        }
        self.sbatch.clear()?;
        Ok(counts)
    }

    /// Fails when one of them has ended by itself.
    pub(super) fn check(&mut self) -> Result<()> {
        self.server.service.check()?;
        self.agents.iter_mut().try_for_each(|agent| agent.service.check())?;
        self.python.as_mut().map_or(Ok(()), |python| python.service.check())
    }

    fn take(&mut self, action: Action, interrupt: &Interrupt) -> Result<()> {
        match action {
            Action::Fault(Fault::Sbatch(fault)) => self.sbatch.lay(fault),
            Action::Fault(Fault::Kill(target)) => self.kill(target, interrupt),
            Action::Fault(Fault::Freeze(target)) => self.freeze(target, interrupt),
            Action::Fault(Fault::Restart(target)) => self.restart(target, interrupt),
            Action::Fault(Fault::Network(outage, agent)) => {
                self.network(agent)?.fail(outage);
                Ok(())
            }
            Action::Fault(Fault::CutOne) => self.postgres()?.cut_one(),
            Action::Fault(Fault::CutAll) => self.postgres()?.cut_all(),
            Action::Fault(Fault::DatabaseCrash) => self.postgres()?.crash(),
            Action::Recover(target) => self.recover(target, interrupt),
        }
    }

    fn kill(&mut self, target: Target, interrupt: &Interrupt) -> Result<()> {
        match self.part(target)? {
            Part::Program(service) => service.kill(),
            Part::Helper(helper, agent) => helper.kill(agent, interrupt),
            Part::Controller(slurm) => slurm.signal_controller(Signal::SIGKILL),
            Part::Munge(slurm) => slurm.kill_munged(),
            Part::Network(network) => {
                network.fail(Outage::Cut);
                Ok(())
            }
        }
    }

    fn freeze(&mut self, target: Target, interrupt: &Interrupt) -> Result<()> {
        match self.part(target)? {
            Part::Program(service) => service.freeze(),
            Part::Helper(helper, agent) => helper.freeze(agent, interrupt),
            Part::Controller(slurm) => slurm.signal_controller(Signal::SIGSTOP),
            Part::Munge(_) | Part::Network(_) => bail!("{target} can't be frozen"),
        }
    }

    fn restart(&mut self, target: Target, interrupt: &Interrupt) -> Result<()> {
        match self.part(target)? {
            Part::Program(service) => {
                service.stop();
                service.start_again()
            }
            Part::Controller(slurm) => slurm.restart_controller(interrupt),
            Part::Helper(..) | Part::Munge(_) | Part::Network(_) => {
                bail!("{target} can't be restarted")
            }
        }
    }

    /// Whether it was killed or frozen: it works again.
    fn recover(&mut self, target: Target, interrupt: &Interrupt) -> Result<()> {
        match self.part(target)? {
            Part::Program(service) => {
                service.start_again()?;
                service.thaw()
            }
            Part::Helper(helper, agent) => {
                helper.thaw();
                agent.start_again()
            }
            Part::Controller(slurm) => {
                // It has no process when it was killed.
                let _ = slurm.signal_controller(Signal::SIGCONT);
                slurm.up(interrupt)
            }
            Part::Munge(slurm) => slurm.up(interrupt),
            Part::Network(network) => {
                network.recover();
                Ok(())
            }
        }
    }

    fn part(&mut self, target: Target) -> Result<Part<'_>> {
        Ok(match target {
            Target::Server => Part::Program(&mut self.server.service),
            Target::Agent(agent) => {
                let agent = self.agents.get_mut(agent).context("there is no such agent")?;
                Part::Program(&mut agent.service)
            }
            Target::Helper(number) => {
                let helper = self.helpers.get_mut(number).context("there is no such helper")?;
                let agent = self.agents.get_mut(number).context("there is no such agent")?;
                Part::Helper(helper, &mut agent.service)
            }
            Target::Network(agent) => Part::Network(self.network(agent)?),
            Target::Controller => Part::Controller(&self.slurm),
            Target::Munge => Part::Munge(&self.slurm),
        })
    }

    fn network(&self, agent: usize) -> Result<&Proxy> {
        self.networks.get(agent).context("there is no such network")
    }

    fn postgres(&self) -> Result<&Postgres> {
        self.postgres.as_ref().context("there is no PostgreSQL")
    }
}

/// What a target is.
enum Part<'a> {
    Program(&'a mut Service),
    Network(&'a Proxy),
    Helper(&'a mut Helper, &'a mut Service),
    Controller(&'a Slurm),
    Munge(&'a Slurm),
}
