//! The process of an `sbatch`, as a later agent knows it again.

use std::{fmt, fs, str::FromStr};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use serde::{Deserialize, Serialize};

/// A process that leads a group of its own. Numbers are given away again, so its start counts, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    number: i32,
    /// In the kernel's ticks since it was booted.
    started: u64,
}

impl Process {
    /// The process of this number, also one that has just ended.
    pub(crate) fn of(number: i32) -> Option<Self> {
        Some(Self { number, started: Stat::of(number)?.started })
    }

    pub const fn number(self) -> i32 {
        self.number
    }

    /// Whether it, or anything that it started and that stayed in its group, is alive.
    pub(crate) fn group_is_alive(self) -> bool {
        // To the kernel 0 is the caller's own group, and a signal to the group 1 goes to everybody.
        if self.number <= 1 {
            return false;
        }
        match Self::of(self.number) {
            // As long as the group lives, nobody else gets its number.
            Some(other) if other != self => false,
            _ => self.group_is_there() && self.has_living_members(),
        }
    }

    fn group_is_there(self) -> bool {
        killpg(Pid::from_raw(self.number), None) != Err(nix::errno::Errno::ESRCH)
    }

    /// Orphans that nobody waits for, as in a container without an init, stay in the group for
    /// ever.
    fn has_living_members(self) -> bool {
        // What can't be seen may be alive.
        let Ok(processes) = fs::read_dir("/proc") else { return true };
        let numbers =
            processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        numbers.filter_map(Stat::of).any(|stat| stat.group == self.number && stat.living)
    }

    /// Sends a signal to the whole group, unless it is gone: its number may be another's by then.
    pub(crate) fn signal_group(self, signal: Signal) {
        if self.group_is_alive() {
            // It may have ended just now, which is as good.
            let _ = killpg(Pid::from_raw(self.number), signal);
        }
    }
}

/// What the kernel says of a process.
struct Stat {
    /// One that nobody has waited for is only there.
    living: bool,
    group: i32,
    started: u64,
}

impl Stat {
    fn of(number: i32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
        // The name of the program comes first and may hold anything.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        let living = fields.next()? != "Z";
        let group = fields.nth(1)?.parse().ok()?;
        let started = fields.nth(16)?.parse().ok()?;
        Some(Self { living, group, started })
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.started)
    }
}

impl FromStr for Process {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (number, started) = text.trim().split_once(' ').ok_or(())?;
        let number = number.parse().map_err(|_| ())?;
        Ok(Self { number, started: started.parse().map_err(|_| ())? })
    }
}

#[cfg(test)]
mod tests {
    use std::{
        os::unix::process::{CommandExt, ExitStatusExt},
        process::Command,
    };

    use super::*;

    #[test]
    fn a_number_that_stands_for_others_is_no_program_of_ours() {
        for number in [-1, 0, 1] {
            let started = Process::of(number).map(|process| process.started).unwrap_or_default();
            assert!(!Process { number, started }.group_is_alive(), "{number}");
        }
    }

    #[test]
    fn a_process_is_known_again_by_number_and_start() {
        let mut child = Command::new("sleep").arg("100").process_group(0).spawn().unwrap();
        let process = Process::of(i32::try_from(child.id()).unwrap()).unwrap();
        assert!(process.group_is_alive());
        assert_eq!(process.to_string().parse(), Ok(process));
        let earlier = Process { started: process.started - 1, ..process };
        assert!(!earlier.group_is_alive(), "its number was given away");
        earlier.signal_group(Signal::SIGKILL);
        process.signal_group(Signal::SIGTERM);
        while process.group_is_alive() {}
        assert_eq!(Process::of(process.number), Some(process), "nobody has waited for it");
        let ended_by = child.wait().unwrap().signal();
        assert_eq!(ended_by, Some(Signal::SIGTERM as i32), "only its own signal reached it");
        assert!(!process.group_is_alive());
    }
}
