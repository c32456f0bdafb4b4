//! Names of files in which a node's may be.

use std::collections::HashMap;

use super::pattern;
use crate::{
    agent::Agent,
    slurm::{FileName, JobFiles},
};

/// What nodes call themselves, each asked for once.
#[derive(Debug, Default)]
pub(super) struct Hosts(HashMap<String, Option<String>>);

impl Hosts {
    /// The path that stands behind the name of a file.
    ///
    /// # Errors
    /// Why it can't be told for sure.
    pub(super) async fn resolve(
        &mut self,
        agent: &Agent,
        name: &FileName,
        files: &JobFiles,
        user: &str,
    ) -> Result<String, String> {
        let Some(node) = files.node.as_ref().filter(|_| pattern::needs_host(name)) else {
            return pattern::resolve(name, files, user, None);
        };
        if !self.0.contains_key(node) {
            let host = agent.slurm.host_name(node).await.map_err(|error| error.to_string())?;
            self.0.insert(node.clone(), host);
        }
        let host = self.0.get(node).and_then(Option::as_deref);
        pattern::resolve(name, files, user, host)
    }
}
