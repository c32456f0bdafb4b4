//! Asks the controller: for details of a single job, and whether it answers.

use serde_json::{Map, Value};

use super::{Details, Slurm, SlurmError, command};

impl Slurm {
    /// What Slurm says of a job; none if it says that there is no such job.
    pub async fn details(&self, job: i64) -> Result<Option<Details>, SlurmError> {
        self.describe(job, &job.to_string()).await
    }

    /// What Slurm says of one task of an array; none if it says that there is no such task.
    pub async fn task_details(&self, job: i64, task: u32) -> Result<Option<Details>, SlurmError> {
        self.describe(job, &format!("{job}_{task}")).await
    }

    async fn describe(&self, job: i64, name: &str) -> Result<Option<Details>, SlurmError> {
        // `--local`: without asking first which other clusters there are, which is one question less.
        if self.shows_json().await {
            let shown = self.scontrol(&["--local", "--json", "show", "job", name]).await;
            if let Some(details) = shown.ok().and_then(|text| Details::from_json(job, &text)) {
                return Ok(Some(details));
            }
        }
        match self.scontrol(&["--local", "show", "job", name]).await {
            Ok(text) => Ok(Details::from_text(job, &text)),
            Err(SlurmError::Failed { words, .. }) if is_unknown(&words) => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// What a node calls itself, which need not be its name.
    pub async fn host_name(&self, node: &str) -> Result<Option<String>, SlurmError> {
        let text = self.scontrol(&["show", "node", node]).await?;
        let name = pairs(&text).get("NodeHostName").and_then(Value::as_str).map(str::to_owned);
        Ok(name.filter(|name| !name.is_empty()))
    }

    pub async fn is_up(&self) -> Result<bool, SlurmError> {
        match self.scontrol(&["ping"]).await {
            Ok(answer) => Ok(answer.contains(" is UP")),
            Err(error) => {
                self.hearing.missed("scontrol", &error);
                if matches!(error, SlurmError::Failed { .. }) { Ok(false) } else { Err(error) }
            }
        }
    }

    /// `scontrol show job --json` came with version 23.02.
    async fn shows_json(&self) -> bool {
        let ask = || async { Ok(version(&self.version().await?) >= (23, 2)) };
        let known: Result<&bool, SlurmError> = self.shows_json.get_or_try_init(ask).await;
        known.is_ok_and(|shows| *shows)
    }

    /// What Slurm's commands call themselves, such as `slurm-wlm 22.05.8`.
    pub async fn version(&self) -> Result<String, SlurmError> {
        Ok(self.scontrol(&["--version"]).await?.trim().to_owned())
    }

    pub(super) async fn scontrol(&self, arguments: &[&str]) -> Result<String, SlurmError> {
        let mut scontrol = command::as_agent(&self.paths.scontrol);
        scontrol.args(arguments);
        let finished = command::run(scontrol, self.deadline).await?;
        if finished.code == Some(0) {
            if arguments != ["--version"] {
                self.hearing.heard("scontrol");
            }
            return Ok(finished.stdout);
        }
        let mut words = finished.complaints("scontrol");
        if words.is_empty() {
            // That there is no such task is said there.
            finished.stdout.trim().clone_into(&mut words);
        }
        Err(SlurmError::Failed { program: "scontrol", words })
    }
}

/// `Job 24_9 not found` is said of a task.
fn is_unknown(words: &str) -> bool {
    words.contains("Invalid job id specified") || words.ends_with(" not found")
}

/// `slurm-wlm 22.05.8` → (22, 5)
fn version(text: &str) -> (u32, u32) {
    let number = text.split_whitespace().nth(1).unwrap_or_default();
    let mut parts = number.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

/// `JobId=7 JobName=two words Power=` → three pairs. A word that is no pair belongs to the value
/// before it; the first of several equal keys counts.
pub(super) fn pairs(block: &str) -> Map<String, Value> {
    let mut pairs: Vec<(&str, String)> = Vec::new();
    for line in block.lines() {
        for word in line.split_whitespace() {
            match (word.split_once('='), pairs.last_mut()) {
                (Some((key, value)), _) if is_key(key) => pairs.push((key, value.to_owned())),
                (_, Some((_, value))) => {
                    value.push(' ');
                    value.push_str(word);
                }
                (_, None) => {}
            }
        }
    }
    let mut map = Map::new();
    for (key, value) in pairs {
        map.entry(key).or_insert(Value::String(value));
    }
    map
}

fn is_key(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "/:*_-".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_contain_spaces() {
        let info = pairs("NodeName=n7 OS=two words a=b\n   Comment=1 = 2\n   Power=\n");
        assert_eq!(info["OS"], "two words a=b");
        assert_eq!(info["Comment"], "1 = 2");
        assert_eq!(info["Power"], "");
    }

    #[test]
    fn the_version_is_read() {
        assert_eq!(version("slurm-wlm 22.05.8\n"), (22, 5));
        assert_eq!(version("slurm 23.02.0-0rc1\n"), (23, 2));
        assert!(version("garbage") < (23, 2));
    }
}
