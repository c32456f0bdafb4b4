//! People and agents who use the servers by nginx all the time, and remember what they were told.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow};
use serde_json::json;

use super::{
    agent::{Agent, Outcome},
    fleet::{CLUSTER, Fleet},
};
use crate::lab::{Api, Refused};

/// How many people submit, and how many look.
const SUBMITTERS: usize = 6;
const READERS: usize = 4;
/// The cluster's agents, which claim.
const AGENTS: [&str; 2] = ["first", "second"];
/// Nobody asks without a pause.
const PAUSE: Duration = Duration::from_millis(10);
const SCRIPT: &str = "#!/bin/sh\necho done\n";

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Read,
    Submit,
    /// An agent's question that is answered when there is something.
    Wait,
    Claim,
    Report,
}

/// A request that was not answered as it should be.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) kind: Kind,
    pub(super) began: Instant,
    pub(super) ended: Instant,
    pub(super) words: String,
}

pub(super) struct Traffic {
    /// Where nginx is.
    url: String,
    tokens: Vec<String>,
    /// What names of submissions begin with.
    pub(super) prefix: &'static str,
    script: i64,
    over: AtomicBool,
    next_job: AtomicU64,
    memory: Mutex<Memory>,
}

/// What everybody remembers.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) failures: Vec<Failure>,
    pub(super) answered: BTreeMap<Kind, usize>,
    /// The numbers of what was submitted, by name.
    pub(super) submitted: BTreeMap<String, i64>,
    /// Which agents were given a submission.
    pub(super) given: BTreeMap<i64, Vec<&'static str>>,
    /// What agents said of it, and the server took.
    pub(super) outcomes: BTreeMap<i64, Outcome>,
}

impl Traffic {
    pub(super) fn new(fleet: &Fleet<'_>, prefix: &'static str) -> Result<Self> {
        let api = fleet.api(0)?;
        let script = api.create("/job-scripts", &json!({ "name": prefix }))?;
        api.upload(&format!("/job-scripts/{script}/upload/ENTRYPOINT"), "job.sh", SCRIPT)?;
        Ok(Self {
            url: fleet.nginx.url(),
            tokens: fleet.tokens.clone(),
            prefix,
            script,
            over: AtomicBool::new(false),
            next_job: AtomicU64::new(script.unsigned_abs() * 1_000_000),
            memory: Mutex::default(),
        })
    }

    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets everybody work while something happens, and until agents have dealt with what was submitted.
    pub(super) fn flow_while<T>(&self, happens: impl FnOnce() -> Result<T>) -> Result<T> {
        thread::scope(|scope| {
            let mut tokens = self.tokens.iter();
            let mut api = || {
                let token = tokens.next().ok_or_else(|| anyhow!("there are too few people"))?;
                Ok::<_, anyhow::Error>(Api::of_many(&self.url, token))
            };
            let mut workers = Vec::new();
            for number in 0..SUBMITTERS {
                let api = api()?;
                workers.push(scope.spawn(move || self.submit(&api, number)));
            }
            for _ in 0..READERS {
                let api = api()?;
                workers.push(scope.spawn(move || self.read(&api)));
            }
            for name in AGENTS {
                let mut agent = Agent::new(name, api()?, self);
                workers.push(scope.spawn(move || agent.work()));
            }
            // Programs end with the thread that started them: what happens comes from this one.
            let happened = happens();
            self.over.store(true, Ordering::Relaxed);
            for worker in workers {
                worker.join().map_err(|_| anyhow!("somebody panicked"))?;
            }
            happened
        })
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    pub(super) fn next_job(&self) -> u64 {
        self.next_job.fetch_add(1, Ordering::Relaxed)
    }

    /// Asks until there is an answer: each request that has none counts as failed. Nothing if the server refuses what
    /// it may have done before.
    pub(super) fn insist<T>(&self, kind: Kind, ask: impl Fn() -> Result<T>) -> Option<T> {
        let mut asked_before = false;
        loop {
            let began = Instant::now();
            let error = match ask() {
                Ok(answer) => {
                    *self.memory().answered.entry(kind).or_default() += 1;
                    return Some(answer);
                }
                Err(error) => error,
            };
            let refused = error.downcast_ref::<Refused>();
            let is_refused = refused.is_some_and(|it| (400..500).contains(&it.status));
            if !(is_refused && asked_before) {
                let (ended, words) = (Instant::now(), format!("{error:#}"));
                self.memory().failures.push(Failure { kind, began, ended, words });
            }
            if is_refused {
                return None;
            }
            asked_before = true;
            thread::sleep(PAUSE);
        }
    }

    fn submit(&self, api: &Api, person: usize) {
        for number in (0..).take_while(|_: &u32| !self.is_over()) {
            let name = format!("{}-{person}-{number}", self.prefix);
            let submission = json!({
                "name": name, "job_script_id": self.script, "client_id": CLUSTER,
                "execution_directory": "/home/somebody",
            });
            // The name is new for each request.
            let created =
                self.insist(Kind::Submit, || api.post_once("/job-submissions", &submission, &name));
            if let Some(id) = created.and_then(|created| created["id"].as_i64()) {
                self.memory().submitted.insert(name, id);
            }
            thread::sleep(PAUSE);
        }
    }

    fn read(&self, api: &Api) {
        let file = format!("/job-scripts/{}/upload/job.sh", self.script);
        let list = "/job-submissions?size=50&sort_ascending=false";
        while !self.is_over() {
            self.insist(Kind::Read, || api.get(list).map(drop));
            self.insist(Kind::Read, || api.text(&file).map(drop));
            thread::sleep(PAUSE);
        }
    }
}
