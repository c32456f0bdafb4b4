//! Another server that speaks the API: it gets by it what it lacks, and is asked the same.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::{Value, json};

use super::{
    operations::{OTHERS, Subjects, TEMPLATE},
    stage::create_template,
};
use crate::{
    interrupt::Interrupt,
    lab::{Api, Terminal},
};

/// More is for whoever runs that server to fill in, in its database.
const MOST: usize = 10_000;
/// What its scripts are called.
const SCRIPT: &str = "bench-script";
const PENDING: usize = 100;
const THINGS: usize = 1000;
/// How many ask at once for something to be made.
const AT_ONCE: usize = 8;

#[derive(Debug)]
pub(super) struct Other {
    /// With what is before the operations' paths.
    pub(super) url: String,
    pub(super) tokens: Vec<String>,
    pub(super) subjects: Subjects,
}

impl Other {
    /// Makes what there is too little of, and a script and a submission to ask for.
    pub(super) fn prepare(
        url: &str,
        tokens: &[String],
        submissions: usize,
        terminal: &Terminal,
        interrupt: &Interrupt,
    ) -> Result<Self> {
        let url = url.trim_end_matches('/').trim_end_matches("/jobbergate");
        let api = Api::new(url, tokens.first().context("there is no token")?);
        let there = count(&api, "/job-submissions?size=1")?;
        ensure!(
            submissions <= MOST || there >= submissions,
            "{url} has {there} submissions; more than {MOST} are not made by its API: fill its \
             database, then measure with --scale {submissions}"
        );
        terminal.say(&format!("  what {url} lacks is made by its API"));
        if count(&api, &format!("/job-script-templates?size=1&search={TEMPLATE}"))? == 0 {
            create_template(&api)?;
        }
        let make = |wanted: usize, there: usize, one: &(dyn Fn(usize) -> Result<()> + Sync)| {
            interrupt.check()?;
            fill(there..wanted, interrupt, one)
        };
        make(THINGS, count(&api, "/job-script-templates?size=1")?, &|number| {
            // Lists leave out what has no identifier.
            let (name, identifier) =
                (format!("Application {number}"), format!("bench-application-{number}"));
            let template = json!({"name": name, "identifier": identifier});
            api.create("/job-script-templates", &template).map(drop)
        })?;
        let scripts = format!("/job-scripts?size=100&search={SCRIPT}");
        make(THINGS, count(&api, &scripts)?, &|_| make_script(&api))?;
        let scripts = ids(&api.get(&scripts)?);
        let script = *scripts.first().context("there is no script")?;
        let pending = count(&api, "/job-submissions/agent/pending?size=1")?;
        make(PENDING, pending, &|_| submit(&api, script, &json!({})))?;
        let there = count(&api, "/job-submissions?size=1")?;
        make(submissions, there, &|number| {
            submit(&api, script, &json!({"client_id": OTHERS, "slurm_job_id": 100_000 + number}))
        })?;
        // Of the token's cluster, whose agent uploads metrics.
        let with_job = json!({"name": "bench", "job_script_id": script,
            "slurm_job_id": 1, "execution_directory": "/home/somebody/work"});
        let submission = api.create("/job-submissions", &with_job)?;
        let (url, tokens) = (format!("{url}/jobbergate"), tokens.to_vec());
        Ok(Self { url, tokens, subjects: Subjects { scripts, submission } })
    }
}

fn count(api: &Api, path: &str) -> Result<usize> {
    let total = api.get(path)?["total"].as_u64();
    Ok(usize::try_from(total.with_context(|| format!("{path} is answered without total"))?)?)
}

fn ids(page: &Value) -> Vec<i64> {
    let items = page["items"].as_array().into_iter().flatten();
    items.filter_map(|item| item["id"].as_i64()).collect()
}

/// Makes a script with three files.
fn make_script(api: &Api) -> Result<()> {
    let script = api.create("/job-scripts", &json!({"name": SCRIPT}))?;
    for (kind, name) in
        [("ENTRYPOINT", "job.sh"), ("SUPPORT", "mesh.cfg"), ("SUPPORT", "materials.csv")]
    {
        api.upload(&format!("/job-scripts/{script}/upload/{kind}"), name, "#!/bin/bash\n")?;
    }
    Ok(())
}

fn submit(api: &Api, script: i64, more: &Value) -> Result<()> {
    let mut submission = json!({"name": "submission", "job_script_id": script,
        "execution_directory": "/home/somebody/work"});
    if let (Some(submission), Some(more)) = (submission.as_object_mut(), more.as_object()) {
        submission.extend(more.clone());
    }
    api.create("/job-submissions", &submission).map(drop)
}

/// Has some at once make what is missing.
fn fill(
    missing: std::ops::Range<usize>,
    interrupt: &Interrupt,
    one: &(dyn Fn(usize) -> Result<()> + Sync),
) -> Result<()> {
    let next = AtomicUsize::new(missing.start);
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= missing.end {
                return Ok(());
            }
            interrupt.check()?;
            one(number)?;
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        let mut outcomes = workers.into_iter().map(|worker| worker.join());
        outcomes.try_for_each(|outcome| outcome.map_err(|_| anyhow!("a worker panicked"))?)
    })
}
