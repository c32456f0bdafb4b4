//! What the steps of running jobs use, and how Slurm measures it.

use super::{Slurm, SlurmError, command};

/// What a step used until now, on all its nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct StepUsage {
    /// The job's own number, also of a task of an array.
    pub job: i64,
    /// As in InfluxDB: -5 is the batch script.
    pub step: i32,
    pub tasks: f64,
    /// Its nodes, as in `node[1-3]`.
    pub nodes: String,
    /// As sampled by Slurm: kHz or, where the kernel tells no frequencies, MHz.
    pub frequency: f64,
    /// Seconds of processors.
    pub cpu_seconds: f64,
    pub page_faults: f64,
    pub read_bytes: f64,
    pub written_bytes: f64,
    /// Bytes of memory of a task, on average.
    pub rss: f64,
    pub virtual_memory: f64,
    pub gpu_memory: f64,
    /// Percent, of a task, on average.
    pub gpu_utilization: f64,
}

const FIELDS: &str =
    "JobID,NTasks,Nodelist,AveCPUFreq,TRESUsageInAve,TRESUsageInTot,TRESUsageOutTot";

impl Slurm {
    /// What the steps of these jobs use; of jobs that do not run there are none.
    pub async fn sstat(&self, jobs: &[i64]) -> Result<Vec<StepUsage>, SlurmError> {
        let numbers = jobs.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let mut sstat = command::as_agent(&self.paths.sstat);
        sstat.args(["-a", "-n", "-P", "--noconvert", "-o", FIELDS, "-j", &numbers]);
        let finished = command::run(sstat, self.deadline).await?;
        // It complains of jobs without steps and goes on.
        if finished.code != Some(0) {
            let words = finished.complaints("sstat");
            return Err(SlurmError::Failed { program: "sstat", words });
        }
        Ok(finished.stdout.lines().filter_map(read).collect())
    }

    /// Whether Slurm measures what jobs use: `JobAcctGatherType` is not none.
    pub async fn measures(&self) -> Result<bool, SlurmError> {
        let mut scontrol = command::as_agent(&self.paths.scontrol);
        scontrol.args(["show", "config"]);
        let finished = command::run(scontrol, self.deadline).await?;
        let settings = finished.stdout.lines().filter_map(|line| line.split_once('='));
        let mut kinds = settings.filter(|(name, _)| name.trim() == "JobAcctGatherType");
        match kinds.next() {
            Some((_, kind)) if finished.code == Some(0) => {
                let kind = kind.trim();
                Ok(!kind.is_empty() && kind != "(null)" && !kind.ends_with("/none"))
            }
            _ => {
                let words = finished.complaints("scontrol");
                Err(SlurmError::Failed { program: "scontrol show config", words })
            }
        }
    }

    /// The names of the nodes in a list such as `node[1-3]`.
    pub async fn hostnames(&self, list: &str) -> Result<Vec<String>, SlurmError> {
        if !list.contains([',', '[']) {
            return Ok(vec![list.to_owned()]);
        }
        let mut scontrol = command::as_agent(&self.paths.scontrol);
        scontrol.args(["show", "hostnames", list]);
        let finished = command::run(scontrol, self.deadline).await?;
        if finished.code == Some(0) {
            return Ok(finished.stdout.lines().map(str::to_owned).collect());
        }
        let words = finished.complaints("scontrol");
        Err(SlurmError::Failed { program: "scontrol show hostnames", words })
    }
}

/// A line of `sstat`; nothing if it says nothing, as where Slurm does not measure.
fn read(line: &str) -> Option<StepUsage> {
    let mut fields = line.split('|');
    let (job, step) = fields.next()?.split_once('.')?;
    let tasks: f64 = fields.next()?.parse().ok()?;
    let nodes = fields.next()?.to_owned();
    let frequency = in_kilo(fields.next()?);
    let (average, total, out) = (fields.next()?, fields.next()?, fields.next()?);
    let tres = |list: &str, name: &str| tres(list, name).unwrap_or_default();
    let usage = StepUsage {
        // A component of a heterogeneous job is `5+1`.
        job: job.split('+').next()?.parse().ok()?,
        step: step_number(step)?,
        tasks,
        nodes,
        frequency,
        cpu_seconds: tres(total, "cpu"),
        page_faults: tres(total, "pages"),
        read_bytes: tres(total, "fs/disk"),
        written_bytes: tres(out, "fs/disk"),
        rss: tres(average, "mem"),
        virtual_memory: tres(average, "vmem"),
        gpu_memory: tres(average, "gres/gpumem"),
        gpu_utilization: tres(average, "gres/gpuutil"),
    };
    (tasks >= 1.0 && !total.is_empty() && !usage.nodes.is_empty()).then_some(usage)
}

fn step_number(step: &str) -> Option<i32> {
    match step {
        "batch" => Some(-5),
        "extern" => Some(-4),
        "interactive" => Some(-6),
        // `0+1` is a step of a heterogeneous job.
        number => number.split('+').next()?.parse().ok(),
    }
}

/// A value of `cpu=00:00:05,mem=3320K`.
fn tres(list: &str, name: &str) -> Option<f64> {
    let pairs = list.split(',').filter_map(|pair| pair.split_once('='));
    let value = pairs.into_iter().find(|(other, _)| *other == name)?.1;
    if value.contains(':') { seconds(value) } else { scaled(value, 1024.0) }
}

/// `1-02:03:04` or `02:03:04`.
fn seconds(text: &str) -> Option<f64> {
    let (days, clock) = text.split_once('-').unwrap_or(("0", text));
    let clock: Vec<f64> = clock.split(':').map(str::parse).collect::<Result<_, _>>().ok()?;
    let clock = clock.into_iter().fold(0.0, |total, part| total * 60.0 + part);
    Some(days.parse::<f64>().ok()? * 86_400.0 + clock)
}

/// A frequency, which Slurm shows as a multiple of 1000 times what it samples.
fn in_kilo(text: &str) -> f64 {
    let is_scaled = text.ends_with(|last: char| last.is_ascii_alphabetic());
    scaled(text, 1000.0).map_or(0.0, |number| if is_scaled { number / 1000.0 } else { number })
}

fn scaled(text: &str, base: f64) -> Option<f64> {
    let digits = text.trim_end_matches(|last: char| last.is_ascii_alphabetic());
    let power = match text[digits.len()..].chars().next() {
        None => 0,
        Some('K') => 1,
        Some('M') => 2,
        Some('G') => 3,
        Some('T') => 4,
        Some('P') => 5,
        Some(_) => return None,
    };
    Some(digits.parse::<f64>().ok()? * base.powi(power))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_read() {
        let usage = read(
            "1.0|2|node[1-2]|1771K|cpu=00:00:05,energy=0,fs/disk=1700615,mem=65421312,pages=0,\
             vmem=69967872|cpu=1-00:00:10,energy=0,fs/disk=3401230,mem=130842624,pages=7,\
             vmem=139935744|energy=0,fs/disk=3380",
        )
        .unwrap();
        assert_eq!((usage.job, usage.step, usage.tasks), (1, 0, 2.0));
        assert_eq!((usage.nodes.as_str(), usage.frequency), ("node[1-2]", 1771.0));
        assert_eq!((usage.cpu_seconds, usage.page_faults), (86_410.0, 7.0));
        assert_eq!((usage.read_bytes, usage.written_bytes), (3_401_230.0, 3380.0));
        assert_eq!((usage.rss, usage.virtual_memory), (65_421_312.0, 69_967_872.0));
    }

    #[test]
    fn steps_have_the_numbers_of_influxdb_and_units_are_known() {
        let step = |id: &str| read(&format!("{id}|1|n|2.30M|gres/gpumem=2M,mem=3K|cpu=00:00:01|"));
        let steps = ["3.batch", "3.extern", "3.interactive", "5+1.batch", "3.12"].map(step);
        let numbers = steps.map(|usage| usage.map(|usage| usage.step));
        assert_eq!(numbers, [Some(-5), Some(-4), Some(-6), Some(-5), Some(12)]);
        let usage = step("3.batch").unwrap();
        assert_eq!((usage.frequency, usage.rss, usage.gpu_memory), (2300.0, 3072.0, 2_097_152.0));
    }

    #[test]
    fn a_slurm_that_does_not_measure_says_nothing() {
        assert_eq!(read("1.batch|0|node1|0||||"), None);
        assert_eq!(read("sstat: error: couldn't get steps"), None);
    }
}
