//! Users who submit their jobs whatever goes wrong, and remember what they were told.

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use serde_json::json;

use super::{ground_truth::GroundTruth, wishes::Wish};
use crate::{
    interrupt::Interrupt,
    lab::{Api, CLUSTER, Refused, USER, make_for},
};

/// How many submit at the same time.
pub(super) const AT_ONCE: usize = 6;
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(200);
const SCRIPT: &str = "job.sh";

/// A submission as its user knows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Memory {
    /// The submission's name; its script writes it down.
    pub(super) marker: String,
    /// The number, if the server acknowledged.
    pub(super) acknowledged: Option<i64>,
    /// Why the server would not have it.
    pub(super) refused: Option<String>,
    pub(super) support_file: bool,
    /// Whether its user asked to cancel it.
    pub(super) cancelled: bool,
}

/// All users together.
#[derive(Debug)]
pub(super) struct Users<'a> {
    pub(super) api: &'a Api,
    pub(super) interrupt: &'a Interrupt,
    pub(super) work: &'a Path,
    pub(super) ground_truth: &'a GroundTruth,
    pub(super) began: Instant,
    pub(super) wishes: Mutex<VecDeque<Wish>>,
    pub(super) memories: Mutex<Vec<Memory>>,
    pub(super) failed_requests: AtomicU32,
    /// When they give up at last.
    pub(super) deadline: Instant,
    /// Whether they need not go on.
    pub(super) over: AtomicBool,
}

impl Users<'_> {
    /// Fulfils one wish after the other.
    pub(super) fn work(&self) -> Result<()> {
        while let Some(wish) = self.next() {
            self.interrupt
                .sleep((self.began + wish.at).saturating_duration_since(Instant::now()))?;
            let mut attempt = 0;
            while !self.fulfil(&wish, attempt)? {
                attempt += 1;
            }
        }
        Ok(())
    }

    /// What users remember, and how many requests were not answered as they should be.
    pub(super) fn told(self) -> (Vec<Memory>, u32) {
        let memories = self.memories.into_inner().unwrap_or_else(PoisonError::into_inner);
        (memories, self.failed_requests.into_inner())
    }

    fn next(&self) -> Option<Wish> {
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// Whether the server answered. Otherwise it may or may not have the submission, and the next
    /// attempt is another one.
    fn fulfil(&self, wish: &Wish, attempt: u32) -> Result<bool> {
        let marker = format!("wish-{}-{attempt}", wish.number);
        let directory = self.directory(wish, &marker)?;
        let script = self.script(wish, &marker)?;
        let submission = json!({
            "name": marker,
            "job_script_id": script,
            "client_id": CLUSTER,
            "execution_directory": directory,
        });
        let mut memory = Memory { marker, support_file: wish.support_file, ..Memory::default() };
        match self.api.create("/job-submissions", &submission) {
            Ok(id) => memory.acknowledged = Some(id),
            Err(error) => {
                self.failed();
                if is_refusal(&error) {
                    memory.refused = Some(format!("{error:#}"));
                }
            }
        }
        let answered = memory.acknowledged.is_some() || memory.refused.is_some();
        if let (Some(id), Some(after)) = (memory.acknowledged, wish.cancelled_after) {
            self.interrupt.sleep(after)?;
            memory.cancelled = true;
            // When it is too late, that is the answer.
            self.insist(|api| match api.put(&format!("/job-submissions/cancel/{id}")) {
                Err(error) if is_refusal(&error) => Ok(()),
                other => other.map(drop),
            })?;
        }
        self.memories.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
        Ok(answered)
    }

    fn directory(&self, wish: &Wish, marker: &str) -> Result<PathBuf> {
        let name = match wish.shared_directory {
            Some(number) => format!("shared-{number}"),
            None => marker.to_owned(),
        };
        let directory = self.work.join(name);
        make_for(&directory, USER)?;
        Ok(directory)
    }

    fn script(&self, wish: &Wish, marker: &str) -> Result<i64> {
        // In a shared directory files of the same name replace each other.
        let support = match (wish.support_file, wish.shared_directory) {
            (false, _) => None,
            (true, None) => Some("input.txt".to_owned()),
            (true, Some(_)) => Some(format!("{marker}.txt")),
        };
        let content = self.ground_truth.script(marker, support.as_deref(), wish.takes);
        let script = self.insist(|api| api.create("/job-scripts", &json!({ "name": marker })))?;
        let upload = |kind, name: &str, content: &str| {
            let path = format!("/job-scripts/{script}/upload/{kind}");
            self.insist(|api| api.upload(&path, name, content).map(drop))
        };
        upload("ENTRYPOINT", SCRIPT, &content)?;
        if let Some(name) = support {
            upload("SUPPORT", &name, marker)?;
        }
        Ok(script)
    }

    /// Asks until there is an answer.
    fn insist<T>(&self, request: impl Fn(&Api) -> Result<T>) -> Result<T> {
        loop {
            match request(self.api) {
                Err(error) if !is_refusal(&error) => self.failed(),
                answered => return answered,
            }
            ensure!(!self.over.load(Ordering::Relaxed), "the torture has ended");
            ensure!(Instant::now() < self.deadline, "the server answers no user any more");
            self.interrupt.sleep(BETWEEN_ATTEMPTS)?;
        }
    }

    fn failed(&self) {
        self.failed_requests.fetch_add(1, Ordering::Relaxed);
    }
}

/// Whether the server said that the request itself is wrong, not that it came too slowly or at a
/// bad time.
fn is_refusal(error: &anyhow::Error) -> bool {
    let refused = error.downcast_ref::<Refused>();
    refused.is_some_and(|refused| matches!(refused.status, 400..=407 | 409..=428 | 430..=499))
}
