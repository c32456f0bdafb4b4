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
/// What names of its scripts begin with.
const SCRIPT: &str = "bench-script";
/// How many a page of a list may have.
const PAGE: usize = 100;
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
        let people: Vec<_> = tokens.iter().map(|token| Api::new(url, token)).collect();
        let filling = Filling::begin(&people, interrupt)?;
        let there = count(filling.api, "/job-submissions?size=1")?;
        ensure!(
            submissions <= MOST || there >= submissions,
            "{url} has {there} submissions; more than {MOST} are not made by its API: fill its \
             database, then measure with --scale {submissions}"
        );
        terminal.say(&format!("  what {url} lacks is made by its API"));
        filling.make_templates()?;
        let scripts = filling.make_scripts()?;
        filling.make_submissions(submissions, &scripts)?;
        let submission = make_job(filling.api, &scripts)?;
        let (url, tokens) = (format!("{url}/jobbergate"), tokens.to_vec());
        Ok(Self { url, tokens, subjects: Subjects { scripts, submission } })
    }
}

/// Who makes what is missing, by turns.
struct Filling<'a> {
    /// The first of them.
    api: &'a Api,
    people: &'a [Api],
    interrupt: &'a Interrupt,
}

impl<'a> Filling<'a> {
    fn begin(people: &'a [Api], interrupt: &'a Interrupt) -> Result<Self> {
        Ok(Self { api: people.first().context("there is no token")?, people, interrupt })
    }

    fn make_templates(&self) -> Result<()> {
        let there = count(self.api, "/job-script-templates?size=1")?;
        self.make(there..THINGS, |api, number| {
            // Lists leave out what has no identifier.
            let (name, identifier) =
                (format!("Application {number}"), format!("bench-application-{number}"));
            let description = format!("Solves problem {number} of many, with its own method.");
            let template =
                json!({"name": name, "identifier": identifier, "description": description});
            api.create("/job-script-templates", &template).map(drop)
        })?;
        match count(self.api, &format!("/job-script-templates?size=1&search={TEMPLATE}"))? {
            0 => create_template(self.api),
            _ => Ok(()),
        }
    }

    /// Gives the numbers of all.
    fn make_scripts(&self) -> Result<Vec<i64>> {
        let list = format!("/job-scripts?search={SCRIPT}&sort_field=id");
        let there = count(self.api, &format!("{list}&size=1"))?;
        self.make(there..THINGS, make_script)?;
        let pages = (1..=THINGS.div_ceil(PAGE))
            .map(|page| Ok(ids(&self.api.get(&format!("{list}&size={PAGE}&page={page}"))?)));
        Ok(pages.collect::<Result<Vec<_>>>()?.concat())
    }

    /// Of the scripts by turns; what waits is the newest, as in our server.
    fn make_submissions(&self, wanted: usize, scripts: &[i64]) -> Result<()> {
        let submit = |api: &Api, number: usize, more: &Value| {
            let script = number.checked_rem(scripts.len()).and_then(|place| scripts.get(place));
            submit(api, number, *script.context("there is no script")?, more)
        };
        let pending = count(self.api, "/job-submissions/agent/pending?size=1")?;
        let others = count(self.api, "/job-submissions?size=1")?.saturating_sub(pending);
        let wanted = wanted.saturating_sub(PENDING);
        self.make(others..wanted, |api, number| {
            let job = json!({"client_id": OTHERS, "slurm_job_id": 100_000 + number});
            submit(api, number, &job)
        })?;
        self.make(wanted + pending..wanted + PENDING, |api, number| submit(api, number, &json!({})))
    }

    /// Has some at once make what is missing.
    fn make(
        &self,
        missing: std::ops::Range<usize>,
        one: impl Fn(&Api, usize) -> Result<()> + Sync,
    ) -> Result<()> {
        let next = AtomicUsize::new(missing.start);
        let work = || {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= missing.end {
                    return Ok(());
                }
                self.interrupt.check()?;
                one(self.people.get(number % self.people.len()).unwrap_or(self.api), number)?;
            }
        };
        thread::scope(|scope| {
            let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
            let mut outcomes = workers.into_iter().map(|worker| worker.join());
            outcomes.try_for_each(|outcome| outcome.map_err(|_| anyhow!("a worker panicked"))?)
        })
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
fn make_script(api: &Api, number: usize) -> Result<()> {
    let description = format!("Problem {number} on sixteen nodes");
    let script = json!({"name": format!("{SCRIPT}-{number}"), "description": description});
    let script = api.create("/job-scripts", &script)?;
    for (kind, name) in
        [("ENTRYPOINT", "job.sh"), ("SUPPORT", "mesh.cfg"), ("SUPPORT", "materials.csv")]
    {
        api.upload(&format!("/job-scripts/{script}/upload/{kind}"), name, "#!/bin/bash\n")?;
    }
    Ok(())
}

fn submit(api: &Api, number: usize, script: i64, more: &Value) -> Result<()> {
    let mut submission = json!({"name": format!("submission-{number}"), "job_script_id": script,
        "execution_directory": "/home/somebody/work"});
    if let (Some(submission), Some(more)) = (submission.as_object_mut(), more.as_object()) {
        submission.extend(more.clone());
    }
    api.create("/job-submissions", &submission).map(drop)
}

/// A submission of the token's cluster, whose agent uploads metrics.
fn make_job(api: &Api, scripts: &[i64]) -> Result<i64> {
    let script = scripts.first().context("there is no script")?;
    let with_job = json!({"name": "bench", "job_script_id": script,
        "slurm_job_id": 1, "execution_directory": "/home/somebody/work"});
    api.create("/job-submissions", &with_job)
}
