//! Makes the faults happen that were planned.

use std::{collections::BTreeMap, fs::File, io::Write, time::Instant};

use anyhow::{Context, Result};
use nix::sys::signal::Signal;

use super::{
    plan::{Action, Fault, Step, Target},
    sbatch::FaultySbatch,
};
use crate::{
    interrupt::Interrupt,
    lab::{Agent, Postgres, Server, Service, Slurm, Terminal},
};

#[derive(Debug)]
pub(super) struct Victims {
    pub(super) server: Server,
    pub(super) agent: Agent,
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
                Action::Recover(target) => format!("recover {target:?}"),
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
        self.agent.service.check()
    }

    fn take(&mut self, action: Action, interrupt: &Interrupt) -> Result<()> {
        match action {
            Action::Fault(Fault::Sbatch(fault)) => self.sbatch.lay(fault),
            Action::Fault(Fault::Kill(target)) => self.kill(target),
            Action::Fault(Fault::Freeze(target)) => self.freeze(target),
            Action::Fault(Fault::Restart(target)) => self.restart(target, interrupt),
            Action::Fault(Fault::CutOne) => self.postgres()?.cut_one(),
            Action::Fault(Fault::CutAll) => self.postgres()?.cut_all(),
            Action::Fault(Fault::DatabaseCrash) => self.postgres()?.crash(),
            Action::Recover(target) => self.recover(target, interrupt),
        }
    }

    fn kill(&mut self, target: Target) -> Result<()> {
        match self.service(target) {
            Some(service) => service.kill(),
            None => self.slurm.signal_controller(Signal::SIGKILL),
        }
    }

    fn freeze(&mut self, target: Target) -> Result<()> {
        match self.service(target) {
            Some(service) => service.freeze(),
            None => self.slurm.signal_controller(Signal::SIGSTOP),
        }
    }

    fn restart(&mut self, target: Target, interrupt: &Interrupt) -> Result<()> {
        match self.service(target) {
            Some(service) => {
                service.stop();
                service.start_again()
            }
            None => self.slurm.restart_controller(interrupt),
        }
    }

    /// Whether it was killed or frozen: it runs again.
    fn recover(&mut self, target: Target, interrupt: &Interrupt) -> Result<()> {
        match self.service(target) {
            Some(service) => {
                service.start_again()?;
                service.thaw()
            }
            None => {
                // It has no process when it was killed.
                let _ = self.slurm.signal_controller(Signal::SIGCONT);
                self.slurm.up(interrupt)
            }
        }
    }

    /// None for the controller, which is Slurm's.
    fn service(&mut self, target: Target) -> Option<&mut Service> {
        match target {
            Target::Server => Some(&mut self.server.service),
            Target::Agent => Some(&mut self.agent.service),
            Target::Controller => None,
        }
    }

    fn postgres(&self) -> Result<&Postgres> {
        self.postgres.as_ref().context("there is no PostgreSQL")
    }
}
