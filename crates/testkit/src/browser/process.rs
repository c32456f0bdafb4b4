//! The processes of a browser.

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

const PROGRAMS: [&str; 2] = ["chromium", "chromedriver"];
const SAYS_PORT: &str = "started successfully on port ";
const STARTING: Duration = Duration::from_secs(20);
const ENDING: Duration = Duration::from_secs(5);

/// Chromium's WebDriver server. It stays in the test's process group, and so does the browser: who
/// kills the test kills them.
#[derive(Debug)]
pub(super) struct DriverProcess {
    process: Child,
    port: u16,
    directory: PathBuf,
    /// The browser that it started.
    pub(super) browser: Option<i32>,
}

impl DriverProcess {
    /// Starts one that keeps everything in this directory.
    pub(super) async fn start(directory: &Path) -> Result<Self> {
        let log = directory.join("driver.log");
        let process = Command::new("chromedriver")
            .arg("--port=0")
            .env("HOME", directory)
            .env("XDG_CONFIG_HOME", directory)
            .env("XDG_CACHE_HOME", directory)
            .env("TMPDIR", directory)
            .stdin(Stdio::null())
            .stdout(File::create(&log)?)
            .stderr(Stdio::null())
            .spawn()
            .context("can't run chromedriver")?;
        let directory = directory.to_owned();
        let mut driver = Self { process, port: 0, directory, browser: None };
        driver.port = driver.say_port(&log).await?;
        Ok(driver)
    }

    async fn say_port(&mut self, log: &Path) -> Result<u16> {
        let deadline = Instant::now() + STARTING;
        loop {
            let said = fs::read_to_string(log)?;
            let port = said.split(SAYS_PORT).nth(1).and_then(|rest| rest.split_once('.'));
            if let Some((port, _)) = port {
                return port.parse().context("chromedriver says no port");
            }
            if Instant::now() > deadline || self.process.try_wait()?.is_some() {
                bail!("chromedriver does not start: {said}");
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Ends the driver and its browser, and waits for all processes that keep something here.
    pub(super) fn end(&mut self) {
        // Whatever of this fails, it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
        if let Some(browser) = self.browser {
            let _ = kill(Pid::from_raw(browser), Signal::SIGKILL);
        }
        let deadline = Instant::now() + ENDING;
        while Instant::now() < deadline {
            let left = processes_of(&self.directory);
            if left.is_empty() {
                return;
            }
            for process in left {
                let _ = kill(process, Signal::SIGKILL);
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for DriverProcess {
    fn drop(&mut self) {
        self.end();
    }
}

/// A program that a browser needs and that is not there.
pub(super) fn missing() -> Option<&'static str> {
    let path = env::var_os("PATH").unwrap_or_default();
    let is_there = |program: &str| env::split_paths(&path).any(|it| it.join(program).is_file());
    PROGRAMS.into_iter().find(|program| !is_there(program))
}

/// The processes that were started for this directory: helpers of the browser have groups of their
/// own.
fn processes_of(directory: &Path) -> Vec<Pid> {
    let home = format!("HOME={}", directory.display());
    let is_ours = |pid: &i32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == home.as_bytes())
    };
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(is_ours).map(Pid::from_raw).collect()
}
