//! From what steps used until now to samples, as Slurm's plugin for InfluxDB would write them.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use jobbergate_types::metrics::MetricSample;

use super::task_series::whole;
use crate::slurm::StepUsage;

const KIB: f64 = 1024.0;
const MIB: f64 = 1024.0 * 1024.0;

/// The steps that run, and what they had used when they were last looked at.
#[derive(Debug, Default)]
pub struct Steps {
    seen: HashMap<(i64, i32), Seen>,
}

#[derive(Debug)]
struct Seen {
    at: i64,
    cpu_seconds: f64,
    /// In whole MiB of each node, so that no part of one is lost.
    read: i64,
    written: i64,
    nodes: Arc<[String]>,
}

impl Steps {
    /// The nodes of a step, if it was looked at before.
    pub fn nodes(&self, usage: &StepUsage) -> Option<Arc<[String]>> {
        self.seen.get(&(usage.job, usage.step)).map(|seen| Arc::clone(&seen.nodes))
    }

    /// Forgets the steps of all other jobs.
    pub fn keep(&mut self, jobs: &HashSet<i64>) {
        self.seen.retain(|(job, _), _| jobs.contains(job));
    }

    /// A sample for each node. Slurm says what a step used on all its nodes together: each gets the
    /// same part of it. What stands for a task is that of a task on average. `task` is the number
    /// that samples get.
    pub fn samples(
        &mut self,
        usage: &StepUsage,
        nodes: &Arc<[String]>,
        task: i32,
        now: i64,
    ) -> Vec<MetricSample> {
        #[expect(clippy::cast_precision_loss, reason = "there are no 2^52 nodes")]
        let share = |total: f64| total / nodes.len().max(1) as f64;
        let (read, written) = (share(usage.read_bytes) / MIB, share(usage.written_bytes) / MIB);
        let (read, written) = (whole(read), whole(written));
        let this = Seen {
            at: now,
            cpu_seconds: usage.cpu_seconds,
            read,
            written,
            nodes: Arc::clone(nodes),
        };
        let before = self.seen.insert((usage.job, usage.step), this);
        // The first time there is no difference, nor when the step began anew.
        let before = before.filter(|before| {
            before.at < now
                && before.cpu_seconds <= usage.cpu_seconds
                && before.read <= read
                && before.written <= written
        });
        let difference = before.map(|before| {
            #[expect(clippy::cast_precision_loss, reason = "it is the age of a job at most")]
            let seconds = (now - before.at) as f64;
            let cpu = usage.cpu_seconds - before.cpu_seconds;
            (cpu, 100.0 * cpu / usage.tasks / seconds, read - before.read, written - before.written)
        });
        let (cpu, cpu_utilization, disk_read, disk_write) = difference.unwrap_or_default();
        let sample = |node: &String| MetricSample {
            time: now,
            node_host: node.clone(),
            step: usage.step,
            task,
            cpu_frequency: if difference.is_some() { usage.frequency } else { 0.0 },
            cpu_time: share(cpu),
            cpu_utilization,
            gpu_memory: whole(usage.gpu_memory / MIB),
            gpu_utilization: usage.gpu_utilization,
            page_faults: whole(share(usage.page_faults)),
            memory_rss: whole(usage.rss / KIB),
            disk_read,
            memory_virtual: whole(usage.virtual_memory / KIB),
            disk_write,
        };
        nodes.iter().map(sample).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(cpu_seconds: f64, read_mib: f64) -> StepUsage {
        StepUsage {
            job: 7,
            step: 0,
            tasks: 4.0,
            nodes: "node[1-2]".to_owned(),
            frequency: 2_400_000.0,
            cpu_seconds,
            page_faults: 10.0,
            read_bytes: read_mib * MIB,
            written_bytes: 0.0,
            rss: 2048.0 * KIB,
            virtual_memory: 4096.0 * KIB,
            gpu_memory: 3.0 * MIB,
            gpu_utilization: 50.0,
        }
    }

    fn nodes() -> Arc<[String]> {
        ["node1", "node2"].map(str::to_owned).into()
    }

    #[test]
    fn samples_say_what_was_used_since_the_sample_before() {
        let mut steps = Steps::default();
        assert_eq!(steps.nodes(&usage(0.0, 0.0)), None);
        let first = steps.samples(&usage(100.0, 50.0), &nodes(), 0, 1000);
        assert_eq!((first.len(), first[0].cpu_time, first[0].disk_read), (2, 0.0, 0));
        assert_eq!((first[0].cpu_frequency, first[0].memory_rss), (0.0, 2048));
        let second = steps.samples(&usage(220.0, 53.0), &nodes(), 0, 1060);
        assert_eq!((second[1].node_host.as_str(), second[1].time), ("node2", 1060));
        assert_eq!(second[1].cpu_time, 60.0, "half of 120 s");
        assert_eq!(second[1].cpu_utilization, 50.0, "each of 4 tasks 30 s in 60 s");
        assert_eq!((second[1].disk_read, second[1].memory_virtual), (1, 4096));
        assert_eq!((second[1].gpu_memory, second[1].page_faults), (3, 5));
        let third = steps.samples(&usage(220.0, 54.0), &nodes(), 0, 1120);
        assert_eq!(third[0].disk_read, 1, "with the half that was left");
    }

    #[test]
    fn a_step_that_began_anew_begins_with_nothing() {
        let mut steps = Steps::default();
        steps.samples(&usage(100.0, 50.0), &nodes(), 0, 1000);
        let anew = steps.samples(&usage(10.0, 1.0), &nodes(), 0, 1060);
        assert_eq!((anew[0].cpu_time, anew[0].cpu_utilization, anew[0].disk_read), (0.0, 0.0, 0));
        steps.keep(&HashSet::from([8]));
        assert_eq!(steps.nodes(&usage(0.0, 0.0)), None);
    }
}
