//! What InfluxDB is asked, and what its answers say.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};

use super::{
    influx::{Influx, InfluxError, answer::Series},
    measurement::Measurement,
    task_series::Gathered,
};

/// How many values are asked for at once, about.
const VALUES: usize = 20_000;
const LEAST_PER_SERIES: usize = 20;
const MOST_PER_SERIES: usize = 2_000;

/// A task as InfluxDB knows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tags {
    pub job: i64,
    pub step: i32,
    pub host: String,
    pub task: i32,
}

/// Some tasks of one step of a job, and from when to when.
#[derive(Debug)]
pub struct Part {
    pub job: i64,
    pub step: i32,
    pub hosts: Vec<String>,
    pub tasks: usize,
    pub from: i64,
    pub to: i64,
}

impl Influx {
    /// The second of the last value of each task of these jobs.
    pub async fn newest(&self, jobs: &[i64]) -> Result<HashMap<Tags, i64>, InfluxError> {
        let mut newest = HashMap::new();
        let mut left = vec![jobs];
        while let Some(jobs) = left.pop() {
            let query = newest_query(&any_measurement(), jobs);
            let series = match (self.query(&query, &json!({})).await, jobs) {
                (Err(InfluxError::TooLong { .. }), [job]) => self.newest_memory(*job).await?,
                (Err(InfluxError::TooLong { .. }), jobs) => {
                    let (some, others) = jobs.split_at(jobs.len() / 2);
                    left.extend([some, others]);
                    continue;
                }
                (series, _) => series?,
            };
            note_newest(&series, &mut newest);
        }
        Ok(newest)
    }

    /// The same of a job of very many tasks, by one measurement that all of them have.
    async fn newest_memory(&self, job: i64) -> Result<Vec<Series>, InfluxError> {
        let query = newest_query(Measurement::Rss.name(), &[job]);
        match self.query(&query, &json!({})).await {
            Err(error @ InfluxError::TooLong { .. }) => {
                tracing::debug!(slurm_job_id = job, %error, "no metrics of a job of so many tasks");
                Ok(Vec::new())
            }
            series => series,
        }
    }

    /// The values of a part, by host and task. Of each series those that come first.
    pub async fn values(
        &self,
        part: &Part,
    ) -> Result<BTreeMap<(String, i32), Gathered>, InfluxError> {
        let limit = VALUES / (part.tasks * Measurement::ALL.len()).max(1);
        let limit = limit.clamp(LEAST_PER_SERIES, MOST_PER_SERIES);
        let (query, parameters) = values_query(part, limit);
        let series = self.query(&query, &parameters).await?;
        let mut points: BTreeMap<_, Vec<_>> = BTreeMap::new();
        // A series may come in pieces.
        for piece in &series {
            let measurement = Measurement::of_name(&piece.name);
            let task = number(piece.tag("task"));
            let Some((measurement, task)) = measurement.zip(task) else { continue };
            let key = (piece.tag("host").to_owned(), task, measurement.name());
            points.entry(key).or_default().extend(piece.points());
        }
        let mut gathered: BTreeMap<(String, i32), Gathered> = BTreeMap::new();
        for ((host, task, name), points) in points {
            let Some(measurement) = Measurement::of_name(name) else { continue };
            let task = gathered.entry((host, task)).or_default();
            task.add(measurement, points.into_iter(), limit);
        }
        Ok(gathered)
    }
}

/// All measurements that there are: `/^(CPUFrequency|CPUTime|…)$/`.
fn any_measurement() -> String {
    format!("/^({})$/", Measurement::ALL.map(Measurement::name).join("|"))
}

fn newest_query(measurement: &str, jobs: &[i64]) -> String {
    let jobs: Vec<_> = jobs.iter().map(|job| format!("job = '{job}'")).collect();
    format!(
        r#"SELECT last("value") FROM {measurement} WHERE {} GROUP BY job, step, host, task"#,
        jobs.join(" OR ")
    )
}

fn note_newest(series: &[Series], newest: &mut HashMap<Tags, i64>) {
    for series in series {
        let tags = || {
            Some(Tags {
                job: series.tag("job").parse().ok()?,
                step: number(series.tag("step"))?,
                host: series.tag("host").to_owned(),
                task: number(series.tag("task"))?,
            })
        };
        let last = series.points().map(|(second, _)| second).max();
        if let Some((tags, last)) = tags().zip(last) {
            let known = newest.entry(tags).or_insert(last);
            *known = last.max(*known);
        }
    }
}

/// A number as Slurm writes it, so that the same text is asked for.
fn number(text: &str) -> Option<i32> {
    text.parse().ok().filter(|number: &i32| number.to_string() == text)
}

fn values_query(part: &Part, limit: usize) -> (String, Value) {
    let mut parameters = Map::new();
    let mut hosts = Vec::new();
    for (index, host) in part.hosts.iter().enumerate() {
        parameters.insert(format!("h{index}"), host.as_str().into());
        hosts.push(format!("host = $h{index}"));
    }
    let query = format!(
        r#"SELECT "value" FROM {} WHERE job = '{}' AND step = '{}' AND ({}) AND time >= {}s AND time < {}s GROUP BY host, task ORDER BY time LIMIT {limit}"#,
        any_measurement(),
        part.job,
        part.step,
        hosts.join(" OR "),
        part.from,
        part.to + 1,
    );
    (query, parameters.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_nodes_are_no_part_of_a_query() {
        let host = "n' OR job = '1";
        let hosts = vec!["n1".to_owned(), host.to_owned()];
        let part = Part { job: 7, step: -5, hosts, tasks: 2, from: 5, to: 9 };
        let (query, parameters) = values_query(&part, 100);
        assert!(
            query.contains("job = '7' AND step = '-5' AND (host = $h0 OR host = $h1)"),
            "{query}"
        );
        assert!(query.contains("time >= 5s AND time < 10s"), "{query}");
        assert_eq!(parameters, json!({"h0": "n1", "h1": host}));
    }

    #[test]
    fn only_numbers_as_slurm_writes_them_are_steps() {
        assert_eq!(["-5", "0", "12"].map(number), [Some(-5), Some(0), Some(12)]);
        assert_eq!(["", "batch", "007", "4294967295"].map(number), [None; 4]);
    }
}
