//! The S3 server of the tests, as a process of its own.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Directory;
use crate::process::{Running, tied};

const SETTINGS: [&str; 4] =
    ["S3_ENDPOINT_URL", "S3_BUCKET_NAME", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

/// It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct S3 {
    _process: Running,
    /// Those of a server that uses it.
    pub(crate) settings: Vec<(&'static str, String)>,
}

impl S3 {
    /// Has `jobbergate-bench` be one.
    pub(crate) fn start(bench: &Path, directory: &Directory) -> Result<Self> {
        let mut command = tied(bench, directory.path());
        let (process, said) = Running::start_and_hear(command.arg("s3"))?;
        let said: Value =
            serde_json::from_str(&said).context("the S3 does not say how to use it")?;
        let setting = |name| Some((name, said[name].as_str()?.to_owned()));
        Ok(Self { _process: process, settings: SETTINGS.into_iter().filter_map(setting).collect() })
    }
}
