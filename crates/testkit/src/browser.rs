//! A browser: Debian's Chromium without a window, which tests drive through WebDriver.

mod accessibility;
mod process;

use std::{ops::Deref, path::Path, time::Duration};

use anyhow::{Context, Result};
use serde_json::json;
use tempfile::TempDir;
pub use thirtyfour;
use thirtyfour::{ChromiumLikeCapabilities, DesiredCapabilities, WebDriver};

use crate::skipped;
use process::{DriverProcess, missing};

/// How long a browser looks for what a page is going to have.
const PATIENCE: Duration = Duration::from_secs(5);
const ARGUMENTS: [&str; 9] = [
    "--headless",
    // Root can't have a sandbox. Only pages of tests are opened.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
];

/// A running browser that knows nothing of others. It ends when this is dropped.
#[derive(Debug)]
pub struct Browser {
    driver: WebDriver,
    process: DriverProcess,
    /// The browser's profile and home. Removed last.
    directory: TempDir,
}

impl Browser {
    /// A new browser; none where Chromium is not installed, and then the test is skipped.
    #[track_caller]
    pub fn start() -> impl Future<Output = Result<Option<Self>>> {
        let missing = missing();
        if let Some(program) = missing {
            skipped(format!("there is no {program}: install chromium and chromium-driver"));
        }
        async move {
            if missing.is_some() {
                return Ok(None);
            }
            Self::run().await.map(Some).context("the browser does not start")
        }
    }

    async fn run() -> Result<Self> {
        let directory = TempDir::new()?;
        let mut process = DriverProcess::start(directory.path()).await?;
        let mut wanted = DesiredCapabilities::chrome();
        for argument in ARGUMENTS {
            wanted.add_arg(argument)?;
        }
        let profile = directory.path().join("profile");
        wanted.add_arg(&format!("--user-data-dir={}", profile.display()))?;
        let driver = WebDriver::new(process.url(), wanted).await?;
        let browser = driver.capabilities().get("goog:processID").and_then(|id| id.as_i64());
        process.browser = browser.and_then(|id| i32::try_from(id).ok());
        driver.set_implicit_wait_timeout(PATIENCE).await?;
        Ok(Self { driver, process, directory })
    }

    /// Where all its processes have their home.
    pub fn home(&self) -> &Path {
        self.directory.path()
    }

    /// Whether pages may run scripts; WebDriver's own run in any case.
    pub async fn set_scripts(&self, on: bool) -> Result<()> {
        self.emulate("setScriptExecutionDisabled", json!({ "value": !on })).await
    }

    /// Whether the person prefers dark pages.
    pub async fn set_dark(&self, on: bool) -> Result<()> {
        let scheme = if on { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.emulate("setEmulatedMedia", json!({ "features": features })).await
    }

    /// How large the page is, in CSS pixels.
    pub async fn set_size(&self, width: u32, height: u32) -> Result<()> {
        let size = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
        });
        self.emulate("setDeviceMetricsOverride", size).await
    }

    async fn emulate(&self, method: &str, parameters: serde_json::Value) -> Result<()> {
        self.cdp().send_raw(&format!("Emulation.{method}"), parameters).await?;
        Ok(())
    }
}

impl Deref for Browser {
    type Target = WebDriver;

    fn deref(&self) -> &WebDriver {
        &self.driver
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The processes are ended here: the driver need not be asked, which blocks.
        let _ = self.driver.clone().leak();
        self.process.end();
    }
}
