//! What `sbatch` wrote, where it outlives the agent.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use nix::sys::signal::Signal;

use crate::{acting, process::Process, tag::Tag};

/// How much of what `sbatch` wrote is read, in bytes.
const LONGEST: u64 = 1 << 20;

/// The file that `sbatch` writes the number of the job to, and beside it one for its complaints.
///
/// It is locked as long as `sbatch` has it open, even if the agent is gone: so a new agent can
/// wait for an `sbatch` that outlived the old one, and read what came of it.
#[derive(Debug, Clone)]
pub struct Receipt(PathBuf);

impl Receipt {
    /// The receipt of a submission, in the agent's state directory.
    pub fn new(state_directory: &Path, tag: &Tag) -> Self {
        Self(state_directory.join(format!("{tag}.sbatch")))
    }

    /// The files for what `sbatch` writes and for its complaints, empty.
    pub(super) fn create(&self) -> io::Result<(File, File)> {
        let file = File::create(&self.0)?;
        file.try_lock().map_err(io::Error::from)?;
        Ok((file, File::create(self.complaints())?))
    }

    /// Notes which process writes it.
    pub(super) fn belongs_to(&self, process: Process) -> io::Result<()> {
        fs::write(self.process_file(), process.to_string())
    }

    /// The `sbatch` that writes it, as far as that could be noted.
    pub(super) fn process(&self) -> Option<Process> {
        fs::read_to_string(self.process_file()).ok()?.parse().ok()
    }

    fn process_file(&self) -> PathBuf {
        self.0.with_extension("process")
    }

    fn complaints(&self) -> PathBuf {
        self.0.with_extension("stderr")
    }

    /// The number that `sbatch` wrote, if it wrote one; none while `sbatch` may still write it.
    pub fn read(&self) -> io::Result<Option<Option<i64>>> {
        let file = match File::open(&self.0) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Some(None)),
            opened => opened?,
        };
        // It may hold its lock long after the number: with --wait until the job has ended.
        if let Some(job) = self.number()? {
            return Ok(Some(Some(job)));
        }
        match file.try_lock_shared() {
            // What a site's program left behind keeps the file open for ever.
            Err(fs::TryLockError::WouldBlock) => {
                if self.process().is_none_or(Process::group_is_alive) {
                    return Ok(None);
                }
            }
            locked => locked.map_err(io::Error::from)?,
        }
        self.number().map(Some)
    }

    /// Whether anything has it open for writing.
    pub(super) fn is_open(&self) -> bool {
        let locked = File::open(&self.0).map(|file| file.try_lock_shared());
        matches!(locked, Ok(Err(fs::TryLockError::WouldBlock)))
    }

    /// Ends an `sbatch` that an earlier agent started and that is long overdue, and what it left
    /// in its group; whether all of it is gone. It runs as `user`, for a submission.
    pub async fn give_up(&self, user: &str, submission: i64) -> bool {
        let Some(process) = self.process() else { return false };
        acting::signal(user, &[submission], process, Signal::SIGKILL).await;
        !process.group_is_alive()
    }

    /// The number that stands there by now.
    pub(super) fn number(&self) -> io::Result<Option<i64>> {
        Ok(job_number(&read(&self.0)?))
    }

    /// All that `sbatch` said: its complaints, and what else it wrote.
    pub fn said(&self) -> (String, String) {
        // What is not there was not said.
        (read(&self.complaints()).unwrap_or_default(), read(&self.0).unwrap_or_default())
    }

    /// Removes the files; the journal has what they said.
    pub fn discard(&self) {
        // Ones that stay are small and are removed with the state directory.
        let _ = fs::remove_file(self.complaints());
        let _ = fs::remove_file(self.process_file());
        let _ = fs::remove_file(&self.0);
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LONGEST).read_to_end(&mut bytes)?;
    // The server keeps no NUL, and nobody's terminal should obey the rest.
    let readable = |c: char| if c.is_control() && !"\n\t".contains(c) { '\u{fffd}' } else { c };
    Ok(String::from_utf8_lossy(&bytes).replace("\r\n", "\n").chars().map(readable).collect())
}

/// The number in lines like `7`, `7;cluster` or `Submitted batch job 7`, complete with their ends.
/// Lines of others, such as a site's greeting, say nothing; several numbers contradict each other.
fn job_number(text: &str) -> Option<i64> {
    let lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    let mut numbers = lines.filter_map(|line| number_of(line.trim()));
    let first = numbers.next()?;
    numbers.all(|number| number == first).then_some(first)
}

fn number_of(line: &str) -> Option<i64> {
    let submitted = line.strip_prefix("Submitted batch job ");
    let number = match submitted {
        Some(rest) => rest.split(' ').next()?,
        None => line.split(';').next()?,
    };
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    number.parse().ok().filter(|id| digits && *id > 0)
}

#[cfg(test)]
mod tests {
    use std::{
        os::unix::process::CommandExt,
        process::Command,
        time::{Duration, Instant},
    };

    use super::*;

    #[test]
    fn the_number_is_read_whatever_stands_around_it() {
        for text in [
            "17\n",
            "17;lab\n",
            "Welcome to the lab!\n\n17\n",
            "17\ngood bye\n",
            "Submitted batch job 17\n",
            "Submitted batch job 17 on cluster lab\n17\n",
        ] {
            assert_eq!(job_number(text), Some(17), "{text:?}");
        }
        for text in
            ["", "\n", "17", "-1\n", "+1\n", "0\n", "1 2\n", "17\n18\n", "over budget: 17\n"]
        {
            assert_eq!(job_number(text), None, "{text:?}");
        }
    }

    #[test]
    fn an_absent_number_counts_only_when_nobody_writes_any_more() {
        let directory = tempfile::tempdir().unwrap();
        let receipt = Receipt::new(directory.path(), &Tag::restore("jobbergate:1:ff".to_owned()));
        assert_eq!(receipt.read().unwrap(), Some(None));
        let writer = receipt.create().unwrap();
        assert_eq!(receipt.read().unwrap(), None);
        fs::write(&receipt.0, "17").unwrap();
        assert_eq!(receipt.read().unwrap(), None, "more digits may follow");
        fs::write(&receipt.0, "17\n").unwrap();
        assert_eq!(receipt.read().unwrap(), Some(Some(17)), "it waits for the job's end");
        drop(writer);
        receipt.discard();
        assert_eq!(receipt.read().unwrap(), Some(None));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn what_hangs_in_the_group_of_a_program_that_ended_is_ended_before_it_counts_as_gone() {
        let directory = tempfile::tempdir().unwrap();
        let receipt = Receipt::new(directory.path(), &Tag::restore("jobbergate:1:ff".to_owned()));
        let (stdout, stderr) = receipt.create().unwrap();
        let mut wrapper = Command::new("sh");
        wrapper.args(["-c", "sleep 300 &"]).process_group(0).stdout(stdout).stderr(stderr);
        let mut child = wrapper.spawn().unwrap();
        drop(wrapper);
        let process = Process::of(i32::try_from(child.id()).unwrap()).unwrap();
        receipt.belongs_to(process).unwrap();
        child.wait().unwrap();
        assert_eq!(receipt.read().unwrap(), None, "its child may yet write a number");
        let end = Instant::now() + Duration::from_secs(10);
        while !receipt.give_up("root", 1).await {
            assert!(Instant::now() < end, "it is not gone");
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(!receipt.is_open(), "what hung is dead");
        assert_eq!(receipt.read().unwrap(), Some(None));
    }
}
