//! Acts as the user whom a job belongs to.

use std::{
    ffi::CString,
    io,
    os::unix::{ffi::OsStrExt, process::CommandExt},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use nix::{
    errno::Errno,
    libc,
    sys::stat::{Mode, umask},
    unistd::{self, Gid, Uid, User},
};

use crate::fence::Fence;

/// The path of programs that a job sees.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// What a program is given of the agent's own environment.
const PASSED_ON: [&str; 2] = ["LANG", "SLURM_CONF"];
/// How long the system's directory of users may take.
const DEADLINE: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub name: String,
    pub uid: Uid,
    pub gid: Gid,
    pub groups: Vec<Gid>,
    pub home: PathBuf,
    pub shell: PathBuf,
}

impl Account {
    /// The account of this name, if there is one. Asks the system's directory, which may take
    /// long where it is a remote one.
    pub fn by_name(name: &str) -> Result<Option<Self>, Errno> {
        // Names are no numbers, options or paths.
        if name.is_empty() || name.contains(['/', '\0', ':']) {
            return Ok(None);
        }
        User::from_name(name)?.map(Self::complete).transpose()
    }

    /// The same without holding anybody up, for as long as the directory may take.
    ///
    /// # Errors
    /// In words, when it does not say.
    pub async fn look_up(name: &str) -> Result<Option<Self>, String> {
        let searched = name.to_owned();
        let search = tokio::task::spawn_blocking(move || Self::by_name(&searched));
        let trouble = |why: String| format!("looking up the user {name}: {why}");
        let found = tokio::time::timeout(DEADLINE, search);
        let found = found.await.map_err(|e| trouble(e.to_string()))?;
        found.map_err(|e| trouble(e.to_string()))?.map_err(|e| trouble(e.to_string()))
    }

    /// The account that the agent runs as.
    pub fn own() -> Result<Self, Errno> {
        User::from_uid(unistd::geteuid())?.map_or(Err(Errno::ENOENT), Self::complete)
    }

    fn complete(user: User) -> Result<Self, Errno> {
        let name = CString::new(user.name.as_str()).map_err(|_| Errno::EINVAL)?;
        let groups = unistd::getgrouplist(&name, user.gid)?;
        let User { name, uid, gid, dir: home, shell, .. } = user;
        Ok(Self { name, uid, gid, groups, home, shell })
    }

    /// Whether this process itself may act as this user.
    pub fn is_own(&self) -> bool {
        unistd::geteuid().is_root() || unistd::geteuid() == self.uid
    }

    /// The environment of a program that runs as this user: nothing of the agent's but the
    /// language and where Slurm's configuration is.
    pub fn environment(&self) -> Vec<(&'static str, std::ffi::OsString)> {
        let shell =
            if self.shell.as_os_str().is_empty() { Path::new("/bin/sh") } else { &self.shell };
        let mut environment = vec![
            ("HOME", self.home.clone().into_os_string()),
            ("USER", self.name.clone().into()),
            ("LOGNAME", self.name.clone().into()),
            ("SHELL", shell.as_os_str().to_owned()),
            ("PATH", PATH.into()),
        ];
        environment.extend(
            PASSED_ON.iter().filter_map(|name| std::env::var_os(name).map(|value| (*name, value))),
        );
        environment
    }

    /// A command that runs as this user in `directory`, in a session of its own, and not beyond a
    /// fence.
    pub fn command(
        &self,
        program: &Path,
        directory: &Path,
        fence: Option<Fence>,
    ) -> io::Result<Command> {
        let directory = CString::new(directory.as_os_str().as_bytes())?;
        if !self.is_own() {
            return Err(Errno::EPERM.into());
        }
        let mut command = Command::new(program);
        command.env_clear().envs(self.environment());
        let switch = unistd::geteuid().is_root();
        let Self { uid, gid, groups, .. } = self.clone();
        let become_user = move || {
            unistd::setsid()?;
            if switch {
                unistd::setgroups(&groups)?;
                unistd::setgid(gid)?;
                unistd::setuid(uid)?;
            }
            umask(Mode::from_bits_truncate(0o022));
            unistd::chdir(directory.as_c_str())?;
            // Last: what comes before may take long.
            fence.map_or(Ok(()), Fence::arm)
        };
        #[expect(unsafe_code, reason = "between fork and exec; only system calls, no allocation")]
        // SAFETY: the closure makes system calls on data that was prepared before the fork.
        unsafe {
            command.pre_exec(become_user);
        }
        Ok(command)
    }

    /// Lets the calling thread, and it alone, reach files as this user for the rest of its life.
    pub fn assume_for_files(&self) -> io::Result<()> {
        if !unistd::geteuid().is_root() {
            return if self.is_own() { Ok(()) } else { Err(Errno::EPERM.into()) };
        }
        self.assume_groups()?;
        unistd::setfsgid(self.gid);
        unistd::setfsuid(self.uid);
        // They return the previous value and report no error: ask again.
        if unistd::setfsgid(self.gid) != self.gid || unistd::setfsuid(self.uid) != self.uid {
            return Err(Errno::EPERM.into());
        }
        Ok(())
    }

    fn assume_groups(&self) -> io::Result<()> {
        let groups: Vec<libc::gid_t> = self.groups.iter().map(|gid| gid.as_raw()).collect();
        #[expect(unsafe_code, reason = "the C library's setgroups would change all threads")]
        // SAFETY: the pointer and the length are those of a live vector.
        let result = unsafe { libc::syscall(libc::SYS_setgroups, groups.len(), groups.as_ptr()) };
        if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }
}
