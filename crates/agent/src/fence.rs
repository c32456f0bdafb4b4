//! The end of a program that must not outlive the agent's lease.

use std::{io, time::Duration};

use nix::{
    errno::Errno,
    sys::signal::{SigHandler, Signal, signal},
    unistd::alarm,
};
use serde::{Deserialize, Serialize};

use crate::boot_clock;

/// How long it may take from reading the clock to setting the alarm: whoever was stopped in between
/// set it too late.
const PROMPT: Duration = Duration::from_secs(1);

/// When a program is ended, by the [boot clock](boot_clock), which other processes have, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fence(pub Duration);

impl Fence {
    /// How long it is until then.
    pub fn left(self, now: Duration) -> Duration {
        self.0.saturating_sub(now)
    }

    /// Has the kernel end the calling process then, whatever program it becomes, and whatever
    /// becomes of the agent. For between fork and exec: it makes system calls only.
    ///
    /// # Errors
    /// When it is that late by now. The process must not become the program.
    pub(crate) fn arm(self) -> io::Result<()> {
        let now = boot_clock::now();
        let seconds = u32::try_from(self.left(now).as_secs()).unwrap_or(u32::MAX);
        if seconds == 0 {
            return Err(Errno::ETIME.into());
        }
        #[expect(unsafe_code, reason = "an agent whose parent ignored the signal ignores it, too")]
        // SAFETY: the default action runs no code of this process.
        unsafe {
            signal(Signal::SIGALRM, SigHandler::SigDfl)?;
        }
        alarm::set(seconds);
        if boot_clock::now().saturating_sub(now) > PROMPT {
            return Err(Errno::ETIME.into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::{
        os::unix::process::{CommandExt, ExitStatusExt},
        process::Command,
        time::Instant,
    };

    use super::*;

    fn fenced(program: &str, fence: Fence) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", program]);
        #[expect(unsafe_code, reason = "between fork and exec")]
        // SAFETY: it makes system calls only.
        unsafe {
            command.pre_exec(move || fence.arm());
        }
        command
    }

    #[test]
    fn a_program_is_ended_at_its_fence_even_if_it_was_stopped_meanwhile() {
        let fence = Fence(boot_clock::now() + Duration::from_millis(2500));
        let begin = Instant::now();
        let mut child = fenced("kill -STOP $$; exec sleep 60", fence).spawn().unwrap();
        std::thread::sleep(Duration::from_secs(3));
        let id = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
        nix::sys::signal::kill(id, Signal::SIGCONT).unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(Signal::SIGALRM as i32));
        assert!(begin.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn what_is_too_late_does_not_begin() {
        let directory = tempfile::tempdir().unwrap();
        let trace = directory.path().join("trace");
        let late = Fence(boot_clock::now() + Duration::from_millis(900));
        let touch = format!("touch {}", trace.display());
        let error = fenced(&touch, late).spawn().unwrap_err();
        assert_eq!(error.raw_os_error(), Some(Errno::ETIME as i32));
        assert!(!trace.exists());
    }
}
