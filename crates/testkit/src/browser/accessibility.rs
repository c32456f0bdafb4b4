//! What axe-core, which knows the Web Content Accessibility Guidelines, has to say of a page.

use std::fs;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Browser;
use crate::packages::npm;

const PACKAGE: &str = include_str!("../axe/package.json");
const LOCK: &str = include_str!("../axe/package-lock.json");
/// What it found, and what it could not decide.
const RUN: &str = r"
const done = arguments[arguments.length - 1];
axe.run(document, { resultTypes: ['violations', 'incomplete'] }).then(
  (found) => done([...found.violations, ...found.incomplete].flatMap((rule) =>
    rule.nodes.map((node) => `${rule.id}: ${node.html}: ${node.failureSummary}`))),
  (error) => done([`axe-core failed: ${error}`]));
";

impl Browser {
    /// What is wrong with the page for people who see badly, use a keyboard or have it read to
    /// them.
    pub async fn accessibility_problems(&self) -> Result<Vec<String>> {
        let script = tokio::task::spawn_blocking(axe).await??;
        // A script of WebDriver's need not be one that the page's policy lets in.
        self.execute(script, Vec::new()).await?;
        let found = self.execute_async(RUN, Vec::<Value>::new()).await?;
        found.convert().context("axe-core says nothing")
    }
}

/// The source of axe-core.
fn axe() -> Result<String> {
    let script = npm("axe-core", PACKAGE, LOCK)?;
    let script = script.join("node_modules/axe-core/axe.min.js");
    fs::read_to_string(&script).with_context(|| format!("can't read {}", script.display()))
}
