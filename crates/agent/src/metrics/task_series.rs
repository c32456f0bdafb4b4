//! The samples of one task, made of what InfluxDB has of it.

use std::collections::BTreeMap;

use jobbergate_types::metrics::MetricSample;

use super::measurement::{COUNT, Kind, Measurement, Values};

/// From here on Slurm means that it doesn't know: its largest numbers say so.
const UNKNOWN: f64 = 9_223_372_036_854_775_807.0;
/// What the server takes at most.
const LARGEST: f64 = 1e100;

/// Which task.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Task {
    pub host: String,
    pub step: i32,
    pub task: i32,
}

/// What the server has of a task.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// The second of the last sample.
    pub until: i64,
    /// The last value of what is measured in the moment; of what is counted in whole numbers, what
    /// is left over.
    held: [f64; COUNT],
}

impl Known {
    pub const fn until(second: i64) -> Self {
        Self { until: second, held: [0.0; COUNT] }
    }
}

/// Values of a task that are not samples yet, by second.
#[derive(Debug, Default)]
pub struct Gathered {
    seconds: BTreeMap<i64, [Values; COUNT]>,
    /// Until when nothing is missing.
    complete: Option<i64>,
}

impl Gathered {
    /// Adds a measurement's points, oldest first. If `limit` cut them off, what is younger than the
    /// last second but one is not complete.
    pub fn add(
        &mut self,
        measurement: Measurement,
        points: impl Iterator<Item = (i64, f64)>,
        limit: usize,
    ) {
        let (mut count, mut first, mut last) = (0, None, 0);
        for (second, value) in points {
            count += 1;
            first.get_or_insert(second);
            last = second;
            // A second of which nothing is known is one, too.
            let values = self.seconds.entry(second).or_default();
            if value < UNKNOWN && value.abs() <= LARGEST {
                values[measurement as usize].add(value);
            }
        }
        if count >= limit {
            // Of a single second there can't be had more.
            let complete = if first == Some(last) { last } else { last - 1 };
            self.complete = Some(self.complete.map_or(complete, |other| other.min(complete)));
        }
    }

    /// The samples after what is known and not after `limit`, which are known from then on.
    pub fn samples(self, task: &Task, known: &mut Known, limit: i64) -> Vec<MetricSample> {
        let end = self.complete.map_or(limit, |complete| complete.min(limit));
        let begin = known.until;
        let fresh =
            self.seconds.into_iter().filter(|(second, _)| *second > begin && *second <= end);
        fresh.map(|(second, values)| sample(task, second, &values, known)).collect()
    }
}

fn sample(task: &Task, time: i64, values: &[Values; COUNT], known: &mut Known) -> MetricSample {
    known.until = time;
    let held = &mut known.held;
    let mut float = |measurement: Measurement| {
        let (kind, index) = (measurement.kind(), measurement as usize);
        match (values[index].as_one(kind), kind) {
            (value, Kind::Amount) => value.unwrap_or_default(),
            (Some(value), _) => {
                held[index] = value;
                value
            }
            (None, _) => held[index],
        }
    };
    let cpu_frequency = float(Measurement::CpuFrequency);
    let cpu_time = float(Measurement::CpuTime);
    let cpu_utilization = float(Measurement::CpuUtilization);
    let gpu_utilization = float(Measurement::GpuUtilization);
    let mut integer = |measurement: Measurement| whole(float(measurement));
    let gpu_memory = integer(Measurement::GpuMemory);
    let page_faults = integer(Measurement::Pages);
    let memory_rss = integer(Measurement::Rss);
    let memory_virtual = integer(Measurement::VmSize);
    let mut counted = |measurement: Measurement| {
        let (index, kind) = (measurement as usize, measurement.kind());
        let total = held[index] + values[index].as_one(kind).unwrap_or_default();
        held[index] = total.fract();
        whole(total)
    };
    MetricSample {
        time,
        node_host: task.host.clone(),
        step: task.step,
        task: task.task,
        cpu_frequency,
        cpu_time,
        cpu_utilization,
        gpu_memory,
        gpu_utilization,
        page_faults,
        memory_rss,
        disk_read: counted(Measurement::ReadMb),
        memory_virtual,
        disk_write: counted(Measurement::WriteMb),
    }
}

/// Without its fraction, as the server would cut it off.
#[expect(clippy::cast_possible_truncation, reason = "casts of floats saturate")]
pub const fn whole(number: f64) -> i64 {
    number as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task() -> Task {
        Task { host: "n1".to_owned(), step: -5, task: 0 }
    }

    fn samples(
        points: &[(Measurement, &[(i64, f64)])],
        known: &mut Known,
        limit: usize,
    ) -> Vec<MetricSample> {
        let mut gathered = Gathered::default();
        for (measurement, points) in points {
            gathered.add(*measurement, points.iter().copied(), limit);
        }
        gathered.samples(&task(), known, 1000)
    }

    #[test]
    fn values_of_one_second_become_what_each_measurement_means() {
        let both: &[(i64, f64)] = &[(5, 1.0), (5, 4.0)];
        let all = Measurement::ALL.map(|measurement| (measurement, both));
        let found = samples(&all, &mut Known::until(0), 100);
        let [sample] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((sample.time, sample.cpu_time), (5, 5.0), "what is counted is summed up");
        assert_eq!((sample.disk_read, sample.disk_write), (5, 5));
        let rates = (sample.cpu_frequency, sample.cpu_utilization, sample.gpu_utilization);
        assert_eq!(rates, (2.5, 2.5, 2.5), "percentages and frequencies are means");
        let levels = [sample.gpu_memory, sample.page_faults, sample.memory_rss];
        assert_eq!((levels, sample.memory_virtual), ([4, 4, 4], 4), "the last one counts");
    }

    #[test]
    fn an_absent_value_is_the_one_before_or_nothing() {
        let mut known = Known::until(0);
        let rss: &[_] = &[(1, 100.0), (3, f64::from_bits(0x43f0_0000_0000_0000))];
        let time: &[_] = &[(1, 1.0), (2, 2.0), (3, 3.0)];
        let points = [(Measurement::Rss, rss), (Measurement::CpuTime, time)];
        let found = samples(&points, &mut known, 100);
        let rss: Vec<_> = found.iter().map(|sample| sample.memory_rss).collect();
        assert_eq!(rss, [100, 100, 100], "2^64 is Slurm's word for unknown");
        let later = samples(&[(Measurement::Rss, &[(4, 5.0)])], &mut known, 100);
        assert_eq!((later[0].memory_rss, later[0].cpu_time), (5, 0.0));
        assert_eq!(later[0].gpu_memory, 0, "never measured");
    }

    #[test]
    fn parts_of_a_megabyte_are_not_lost() {
        let mut known = Known::until(0);
        let points: Vec<(i64, f64)> = (1..=10).map(|second| (second, 0.4)).collect();
        let mut read = 0;
        for points in points.chunks(3) {
            let found = samples(&[(Measurement::ReadMb, points)], &mut known, 100);
            read += found.iter().map(|sample| sample.disk_read).sum::<i64>();
        }
        assert!((3..=4).contains(&read), "{read}");
    }

    #[test]
    fn what_is_known_or_cut_off_is_no_sample() {
        let mut known = Known::until(2);
        let rss: &[_] = &[(1, 1.0), (2, 1.0), (3, 1.0), (4, 1.0)];
        let time: &[_] = &[(1, 1.0), (2, 1.0), (3, 1.0)];
        let points = [(Measurement::Rss, rss), (Measurement::CpuTime, time)];
        let seconds = |samples: Vec<MetricSample>| -> Vec<i64> {
            samples.iter().map(|sample| sample.time).collect()
        };
        assert_eq!(seconds(samples(&points, &mut known, 4)), [3], "4 may have more values");
        assert_eq!((known.until, seconds(samples(&points, &mut known, 100))), (3, vec![4]));
        let one: &[_] = &[(7, 1.0), (7, 1.0)];
        let points = [(Measurement::Rss, one)];
        assert_eq!(seconds(samples(&points, &mut known, 2)), [7], "it would never end");
    }
}
