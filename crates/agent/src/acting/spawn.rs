//! Starts a program without a copy of this process.
//!
//! A process that is forked has a copy of the agent's memory until it becomes the program. To make it,
//! and to copy once more whatever the agent writes next, took longer than all else that the agent does
//! for a submission. So the new process shares the agent's memory, as `posix_spawn` has it, and
//! the calling thread waits until it has become the program.

use std::{
    ffi::{CString, OsString, c_char},
    io,
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::ffi::OsStrExt,
    },
    path::Path,
    ptr,
    sync::atomic::{AtomicI32, Ordering},
};

use nix::{
    errno::Errno,
    libc,
    sched::{CloneFlags, clone},
    sys::signal::{SigHandler, SigSet, SigmaskHow, Signal, signal},
    unistd::Pid,
};

/// What the new process has of a stack, until it becomes the program.
const STACK: usize = 64 << 10;
const SHELL: &std::ffi::CStr = c"/bin/sh";

/// A program with all that it is given.
#[derive(Debug)]
pub struct Program {
    path: CString,
    arguments: Vec<CString>,
    environment: Vec<CString>,
}

/// A program that was started. Somebody has to wait for its end.
#[derive(Debug)]
pub struct Started(Pid);

impl Program {
    /// The program at this path.
    pub fn new(
        path: &Path,
        arguments: &[String],
        environment: Vec<(&str, OsString)>,
    ) -> io::Result<Self> {
        let path = CString::new(path.as_os_str().as_bytes())?;
        let arguments: Result<_, _> =
            arguments.iter().map(|word| CString::new(word.as_str())).collect();
        let variable = |(name, value): (&str, OsString)| {
            CString::new([name.as_bytes(), b"=", value.as_bytes()].concat())
        };
        let environment: Result<_, _> = environment.into_iter().map(variable).collect();
        Ok(Self { path, arguments: arguments?, environment: environment? })
    }

    /// Starts it with these as its input, output and for complaints. What `prepare` does is done in the
    /// new process. It must not change memory nor take a lock, and its system calls must not be those of
    /// the C library that reach for the other threads of a process (`setuid`).
    pub fn start(
        &self,
        stdio: &[OwnedFd; 3],
        prepare: impl Fn() -> io::Result<()>,
    ) -> io::Result<Started> {
        let words = pointers(&self.arguments);
        // Without a line that says what runs it, it is the shell's.
        let by_shell = [&[SHELL.as_ptr(), self.path.as_ptr()], words.as_slice()].concat();
        let by_itself = [&[self.path.as_ptr()], words.as_slice()].concat();
        let environment = pointers(&self.environment);
        let failed = AtomicI32::new(0);
        let become_program = || {
            let prepared = forget_signals().and_then(|()| take(stdio)).and_then(|()| prepare());
            if let Err(error) = prepared {
                failed.store(error.raw_os_error().unwrap_or(libc::EINVAL), Ordering::SeqCst);
                return 1;
            }
            #[expect(unsafe_code, reason = "it is the end of what this process was")]
            // SAFETY: the strings and the lists, which end with null, outlive the call.
            unsafe {
                libc::execve(self.path.as_ptr(), by_itself.as_ptr(), environment.as_ptr());
                if Errno::last() == Errno::ENOEXEC {
                    libc::execve(SHELL.as_ptr(), by_shell.as_ptr(), environment.as_ptr());
                }
            }
            failed.store(Errno::last_raw(), Ordering::SeqCst);
            1
        };
        let process = with_shared_memory(&become_program)?;
        match failed.load(Ordering::SeqCst) {
            0 => Ok(Started(process)),
            code => {
                Started(process).wait()?;
                Err(io::Error::from_raw_os_error(code))
            }
        }
    }
}

/// Runs `work` in a new process, and returns when that has ended or become a program.
fn with_shared_memory(work: &dyn Fn() -> isize) -> io::Result<Pid> {
    let mut stack = vec![0; STACK];
    // The agent's handlers must not run in the other process.
    let mask = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK)?;
    let flags = CloneFlags::CLONE_VM | CloneFlags::CLONE_VFORK;
    #[expect(unsafe_code, reason = "there is no safe way to a process that shares memory")]
    // SAFETY: this thread stands still meanwhile, so that what `work` uses of it stays as it is. It makes
    // system calls only, has a stack of its own, and no handler of signals runs.
    // As soon as it is the user's process, the kernel lets the user no longer look into its memory
    // (`PR_SET_DUMPABLE` becomes 0 with the user).
    let process = unsafe { clone(Box::new(work), &mut stack, flags, Some(libc::SIGCHLD)) };
    mask.thread_set_mask()?;
    Ok(process?)
}

/// A list of strings as the kernel takes it.
fn pointers(strings: &[CString]) -> Vec<*const c_char> {
    strings.iter().map(|string| string.as_ptr()).chain([ptr::null()]).collect()
}

/// Signals do what they do with a program that has just begun; what is ignored stays so.
fn forget_signals() -> io::Result<()> {
    #[expect(unsafe_code, reason = "the default action runs no code of this process")]
    // SAFETY: only pointers to a local structure are passed.
    unsafe {
        for number in 1..=libc::SIGRTMAX() {
            let mut action: libc::sigaction = std::mem::zeroed();
            let known = libc::sigaction(number, ptr::null(), &raw mut action) == 0;
            if known && action.sa_sigaction != libc::SIG_IGN {
                action.sa_sigaction = libc::SIG_DFL;
                libc::sigaction(number, &raw const action, ptr::null_mut());
            }
        }
        // This is ignored by all programs in Rust, for themselves.
        signal(Signal::SIGPIPE, SigHandler::SigDfl)?;
    }
    Ok(SigSet::empty().thread_set_mask()?)
}

fn take(stdio: &[OwnedFd; 3]) -> io::Result<()> {
    for (number, file) in (0..).zip(stdio) {
        #[expect(unsafe_code, reason = "these three numbers belong to nobody in this process")]
        // SAFETY: the new process owns its table of files; both numbers are open in it.
        Errno::result(unsafe { libc::dup2(file.as_raw_fd(), number) })?;
    }
    Ok(())
}

impl Started {
    pub const fn number(&self) -> i32 {
        self.0.as_raw()
    }

    /// Waits for its end; how it ended, as `wait` has it.
    pub fn wait(self) -> io::Result<i32> {
        let mut status = 0;
        loop {
            #[expect(unsafe_code, reason = "the safe one does not know all signals")]
            // SAFETY: the pointer is one to a local variable.
            let waited = unsafe { libc::waitpid(self.number(), &raw mut status, 0) };
            match Errno::result(waited) {
                Ok(_) => return Ok(status),
                Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, File, Permissions},
        os::unix::fs::PermissionsExt,
    };

    use super::*;

    fn nothing() -> [OwnedFd; 3] {
        [(); 3].map(|()| File::options().read(true).write(true).open("/dev/null").unwrap().into())
    }

    fn shell(script: &str, output: &Path) -> Started {
        let program = Program::new(
            "/bin/sh".as_ref(),
            &["-c".to_owned(), script.to_owned()],
            vec![("A", "b c".into())],
        );
        let [input, _, complaints] = nothing();
        let stdio = [input, File::create(output).unwrap().into(), complaints];
        program.unwrap().start(&stdio, || Ok(())).unwrap()
    }

    #[test]
    fn a_program_has_what_it_is_given_and_nothing_else() {
        let output = tempfile::NamedTempFile::new().unwrap();
        let started = shell("env | grep -v PWD; exit 3", output.path());
        assert_eq!(started.wait().unwrap(), 3 << 8);
        let said = fs::read_to_string(output.path()).unwrap();
        assert!(said.contains("A=b c\n") && !said.contains("HOME"), "{said}");
    }

    #[test]
    fn signals_end_it_whatever_this_thread_has_blocked() {
        let blocked = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK).unwrap();
        let output = tempfile::NamedTempFile::new().unwrap();
        // By the shell itself, which blocks signals while it starts others.
        let status = "while read -r line; do echo \"$line\"; done < /proc/$$/status; kill $$";
        let started = shell(status, output.path());
        blocked.thread_set_mask().unwrap();
        assert_eq!(started.wait().unwrap(), Signal::SIGTERM as i32);
        let said = fs::read_to_string(output.path()).unwrap();
        assert!(said.contains("SigBlk:\t0000000000000000\n"), "{said}");
    }

    #[test]
    fn what_does_not_start_is_an_error_and_leaves_no_process() {
        let none = Program::new("/nonexistent/sbatch".as_ref(), &[], vec![]).unwrap();
        let error = none.start(&nothing(), || Ok(())).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        let program = Program::new("/bin/true".as_ref(), &[], vec![]).unwrap();
        let late = program.start(&nothing(), || Err(Errno::ETIME.into())).unwrap_err();
        assert_eq!(late.raw_os_error(), Some(Errno::ETIME as i32));
    }

    #[test]
    fn a_script_that_does_not_say_what_runs_it_is_run_by_the_shell() {
        let directory = tempfile::tempdir().unwrap();
        let script = directory.path().join("sbatch");
        fs::write(&script, "exit $1\n").unwrap();
        fs::set_permissions(&script, Permissions::from_mode(0o755)).unwrap();
        let program = Program::new(&script, &["7".to_owned()], vec![]).unwrap();
        assert_eq!(program.start(&nothing(), || Ok(())).unwrap().wait().unwrap(), 7 << 8);
    }

    #[test]
    fn many_threads_start_programs_at_once() {
        let start = || {
            for code in 0..50_u8 {
                let program = Program::new(
                    "/bin/sh".as_ref(),
                    &["-c".into(), format!("exit {code}")],
                    vec![],
                );
                let started = program.unwrap().start(&nothing(), || Ok(())).unwrap();
                assert_eq!(started.wait().unwrap(), i32::from(code) << 8);
            }
        };
        std::thread::scope(|scope| (0..8).for_each(|_| drop(scope.spawn(start))));
    }
}
