//! What the servers have in the end, beside what everybody was told.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde_json::Value;

use super::{agent::Outcome, fleet::Fleet, traffic::Traffic};
use crate::{interrupt::Interrupt, lab::Api};

const PAGE: usize = 100;
/// How long e-mail may take to arrive. What a killed server had in hand is sent after a minute.
const MAIL_DEADLINE: Duration = Duration::from_secs(90);
/// Within this time of its end a server's connections end, too, on a machine that has other things to do.
const ENDING: Duration = Duration::from_millis(500);
/// So many failures are named.
const NAMED: usize = 5;

/// Which requests may fail.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mercy {
    None,
    /// Those that were under way then.
    UnderWayAt(Instant),
}

/// A submission as the server has it.
#[derive(Debug)]
struct Row {
    id: i64,
    status: String,
    job: Option<u64>,
}

#[derive(Debug)]
pub(super) struct Findings {
    /// By name; there is to be one of each.
    rows: BTreeMap<String, Vec<Row>>,
    /// The messages that each owner got about a submission, by its name: their ids.
    mail: BTreeMap<String, Vec<String>>,
    times_cleaned: usize,
}

impl Findings {
    /// Waits for e-mail that is on its way.
    pub(super) fn collect(
        fleet: &Fleet<'_>,
        traffic: &Traffic,
        interrupt: &Interrupt,
    ) -> Result<Self> {
        let rows = rows(&fleet.api(0)?, traffic.prefix)?;
        let rejected = rows.values().flatten().filter(|row| row.status == "REJECTED").count();
        let began = Instant::now();
        let mut mail = mail(fleet, traffic.prefix)?;
        while mail.len() < rejected && began.elapsed() < MAIL_DEADLINE {
            interrupt.sleep(Duration::from_millis(200))?;
            mail = self::mail(fleet, traffic.prefix)?;
        }
        // What comes a second time comes soon.
        interrupt.sleep(Duration::from_secs(2))?;
        let mail = self::mail(fleet, traffic.prefix)?;
        Ok(Self { rows, mail, times_cleaned: fleet.times_cleaned()? })
    }

    /// What a person wants to know.
    pub(super) fn summary(&self, traffic: &Traffic) -> Vec<String> {
        let memory = traffic.memory();
        let count = |outcome: fn(&Outcome) -> bool| {
            memory.outcomes.values().filter(|it| outcome(it)).count()
        };
        let again = self.mail.values().map(|ids| ids.len() - 1).sum::<usize>();
        let mut lines = vec![
            format!("answered: {:?}", memory.answered),
            format!(
                "{} submissions: {} became jobs, {} were rejected, of which {} e-mails came ({again} of them twice)",
                self.rows.len(),
                count(|it| matches!(it, Outcome::Job(_))),
                count(|it| *it == Outcome::Rejected),
                self.mail.len(),
            ),
            format!("{} requests failed", memory.failures.len()),
        ];
        let named = memory.failures.iter().take(NAMED);
        lines.extend(named.map(|failure| format!("  {:?}: {}", failure.kind, failure.words)));
        lines
    }

    /// What must not be.
    pub(super) fn judge(&self, traffic: &Traffic, mercy: Mercy) -> Vec<String> {
        let memory = traffic.memory();
        let mut violations = Vec::new();
        for failure in &memory.failures {
            let forgiven = match mercy {
                Mercy::None => false,
                Mercy::UnderWayAt(moment) => {
                    failure.began <= moment + ENDING && failure.ended >= moment
                }
            };
            if !forgiven {
                violations.push(format!("a request failed: {:?}: {}", failure.kind, failure.words));
            }
        }
        for (name, id) in &memory.submitted {
            match self.rows.get(name).map(Vec::as_slice) {
                Some([row]) if row.id == *id => {}
                other => violations
                    .push(format!("{name} is to be number {id}, once; there is {other:?}")),
            }
        }
        for (name, row) in
            self.rows.iter().flat_map(|(name, rows)| rows.iter().map(move |it| (name, it)))
        {
            violations.extend(
                problem(row, memory.outcomes.get(&row.id)).map(|it| format!("{name}: {it}")),
            );
            violations.extend(self.problem_with_mail(name, row, mercy));
        }
        let given = memory.given.iter().filter(|(_, agents)| agents.len() != 1);
        violations.extend(given.map(|(id, agents)| format!("number {id} was given to {agents:?}")));
        // At first, and in the place of the killed one.
        let lives = self.times_cleaned;
        if matches!(mercy, Mercy::UnderWayAt(_)) && lives != 2 {
            violations.push(format!("it was cleaned {lives} times instead of twice"));
        }
        violations
    }

    /// Of a rejection there is one message. A server that is killed may have sent it and not noted so: it comes again then,
    /// under the same id, by which mail programs know it.
    fn problem_with_mail(&self, name: &str, row: &Row, mercy: Mercy) -> Option<String> {
        let ids = self.mail.get(name).map(Vec::as_slice).unwrap_or_default();
        let different: BTreeSet<_> = ids.iter().collect();
        let expected = usize::from(row.status == "REJECTED");
        let is_right = different.len() == expected
            && (ids.len() == expected || matches!(mercy, Mercy::UnderWayAt(_)));
        (!is_right).then(|| format!("{name} is {} and has the e-mails {ids:?}", row.status))
    }
}

fn problem(row: &Row, outcome: Option<&Outcome>) -> Option<String> {
    let is_right = match outcome {
        Some(Outcome::Job(job)) => row.status == "SUBMITTED" && row.job == Some(*job),
        Some(Outcome::Rejected) => row.status == "REJECTED" && row.job.is_none(),
        None => false,
    };
    (!is_right).then(|| format!("an agent said {outcome:?}, and the server has {row:?}"))
}

fn rows(api: &Api, prefix: &str) -> Result<BTreeMap<String, Vec<Row>>> {
    let mut rows: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for page in 1.. {
        let path =
            format!("/job-submissions?sort_field=id&sort_ascending=false&size={PAGE}&page={page}");
        let answer = api.get(&path)?;
        let items = answer["items"].as_array().context("a list has no items")?;
        let ours = items.iter().filter_map(|it| Some((it["name"].as_str()?, it)));
        let ours: Vec<_> = ours.filter(|(name, _)| name.starts_with(prefix)).collect();
        for (name, item) in &ours {
            rows.entry((*name).to_owned()).or_default().push(row(item)?);
        }
        // The newest come first.
        if ours.is_empty() {
            break;
        }
    }
    Ok(rows)
}

fn row(item: &Value) -> Result<Row> {
    Ok(Row {
        id: item["id"].as_i64().context("a submission has no number")?,
        status: item["status"].as_str().unwrap_or_default().to_owned(),
        job: item["slurm_job_id"].as_u64(),
    })
}

fn mail(fleet: &Fleet<'_>, prefix: &str) -> Result<BTreeMap<String, Vec<String>>> {
    let mut mail: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in fs::read_dir(&fleet.mail)?.flatten() {
        if entry.path().extension().is_none_or(|it| it != "json") {
            continue;
        }
        let message: Value = serde_json::from_slice(&fs::read(entry.path())?)?;
        let header = |name: &str| {
            let headers = message["headers"].as_array()?;
            let found = headers.iter().find(|it| it[0].as_str() == Some(name))?;
            found[1].as_str().map(str::to_owned)
        };
        let subject = header("subject").context("a message has no subject")?;
        let name = subject.rsplit(' ').next().unwrap_or_default();
        if name.starts_with(prefix) {
            let id = header("message-id").context("a message has no id")?;
            mail.entry(name.to_owned()).or_default().push(id);
        }
    }
    Ok(mail)
}
