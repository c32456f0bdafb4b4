//! From rows to lines of plots.

use std::collections::{BTreeMap, BTreeSet};

use jobbergate_types::metrics::JobSubmissionMetricSchema as Row;
use serde::Serialize;

use crate::web::portal::words;

/// How many nodes have lines of their own: more can't be told apart.
const NODES: usize = 12;
const KIB: f64 = 1024.0;
const MIB: f64 = KIB * 1024.0;

/// What was measured, as the page's script draws it.
#[derive(Debug, Default, Serialize)]
pub(super) struct Measured {
    /// How many seconds a point stands for.
    pub(super) rate: i64,
    /// In seconds since 1970.
    pub(super) times: Vec<i64>,
    pub(super) charts: Vec<Chart>,
    /// What the table has: the node, and what it used at most.
    pub(super) maxima: Vec<Maxima>,
    /// All nodes.
    pub(super) nodes: Vec<String>,
    /// How many of them are not shown.
    pub(super) hidden: usize,
    pub(super) is_active: bool,
    /// Why there is nothing.
    pub(super) why: Option<&'static str>,
}

#[derive(Debug, Serialize)]
pub(super) struct Chart {
    pub(super) title: &'static str,
    /// `percent` or `bytes`.
    pub(super) unit: &'static str,
    pub(super) lines: Vec<Line>,
}

#[derive(Debug, Serialize)]
pub(super) struct Line {
    label: String,
    values: Vec<Option<f64>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Maxima {
    pub(super) node: String,
    pub(super) cpu: String,
    pub(super) memory: String,
    pub(super) gpu: String,
    pub(super) gpu_memory: String,
    pub(super) read: String,
    pub(super) written: String,
}

impl Measured {
    pub(super) fn of(rows: &[Row], rate: i64) -> Self {
        let times: BTreeSet<_> = rows.iter().map(|row| row.time).collect();
        let times: Vec<_> = times.into_iter().collect();
        let mut by_node: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
        for row in rows {
            by_node.entry(&row.node_host).or_default().push(row);
        }
        let shown: Vec<_> = by_node.iter().take(NODES).collect();
        let mut plot = Plot { times: &times, shown: &shown, charts: Vec::new() };
        plot.levels("CPU, mean of the tasks", "percent", |row| row.cpu_utilization);
        plot.levels("Memory, mean of the tasks", "bytes", |row| row.memory_rss * KIB);
        if rows.iter().any(|row| row.gpu_utilization > 0.0 || row.gpu_memory > 0.0) {
            plot.levels("GPU", "percent", |row| row.gpu_utilization);
            plot.levels("GPU memory", "bytes", |row| row.gpu_memory * MIB);
        }
        plot.sums(
            "Disk, in all",
            &[
                ("read", &|row: &Row| row.disk_read * MIB),
                ("written", &|row: &Row| row.disk_write * MIB),
            ],
        );
        Self {
            rate,
            charts: plot.charts,
            maxima: shown.iter().map(|(node, rows)| Maxima::of(node, rows)).collect(),
            nodes: by_node.keys().map(|node| (*node).to_owned()).collect(),
            hidden: by_node.len().saturating_sub(NODES),
            times,
            ..Self::default()
        }
    }
}

type Value<'a> = &'a dyn Fn(&Row) -> f64;

struct Plot<'a> {
    times: &'a [i64],
    shown: &'a [(&'a &'a str, &'a Vec<&'a Row>)],
    charts: Vec<Chart>,
}

impl Plot<'_> {
    fn levels(&mut self, title: &'static str, unit: &'static str, value: impl Fn(&Row) -> f64) {
        let lines = self.shown.iter().map(|(node, rows)| Line {
            label: (**node).to_owned(),
            values: self.placed(rows.iter().map(|row| (row.time, value(row)))),
        });
        let lines = lines.collect();
        self.charts.push(Chart { title, unit, lines });
    }

    /// What is counted grows: how much it is per second is not known, since agents measure less
    /// often than there may be points.
    fn sums(&mut self, title: &'static str, values: &[(&str, Value<'_>)]) {
        let mut lines = Vec::new();
        for (node, rows) in self.shown {
            for (word, value) in values {
                let mut sum = 0.0;
                let grown = rows.iter().map(|row| {
                    sum += value(row);
                    (row.time, sum)
                });
                let values = self.placed(grown);
                lines.push(Line { label: format!("{node} {word}"), values });
            }
        }
        self.charts.push(Chart { title, unit: "bytes", lines });
    }

    /// Values at their places among all times.
    fn placed(&self, values: impl Iterator<Item = (i64, f64)>) -> Vec<Option<f64>> {
        let mut placed = vec![None; self.times.len()];
        for (time, value) in values {
            let place = self.times.binary_search(&time).ok();
            if let Some(place) = place.and_then(|place| placed.get_mut(place)) {
                *place = Some(value);
            }
        }
        placed
    }
}

impl Maxima {
    fn of(node: &str, rows: &[&Row]) -> Self {
        let most = |value: fn(&Row) -> f64| rows.iter().map(|row| value(row)).fold(0.0, f64::max);
        let sum = |value: fn(&Row) -> f64| rows.iter().map(|row| value(row)).sum::<f64>();
        let percent = |value: f64| format!("{value:.0} %");
        Self {
            node: node.to_owned(),
            cpu: percent(most(|row| row.cpu_utilization)),
            memory: size(most(|row| row.memory_rss) * KIB),
            gpu: percent(most(|row| row.gpu_utilization)),
            gpu_memory: size(most(|row| row.gpu_memory) * MIB),
            read: size(sum(|row| row.disk_read) * MIB),
            written: size(sum(|row| row.disk_write) * MIB),
        }
    }
}

/// What is no number of bytes counts as none.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
fn size(bytes: f64) -> String {
    words::bytes(bytes as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(time: i64, node: &str) -> Row {
        let row = serde_json::json!({
            "time": time, "node_host": node, "step": null, "task": null, "cpu_frequency": 0.0,
            "cpu_time": 0.0, "cpu_utilization": 50.0, "gpu_memory": 0.0, "gpu_utilization": 0.0,
            "page_faults": 0.0, "memory_rss": 2048.0, "memory_virtual": 0.0, "disk_read": 1.0,
            "disk_write": 0.0,
        });
        serde_json::from_value(row).unwrap()
    }

    #[test]
    fn each_node_has_a_line_with_gaps() {
        let measured = Measured::of(&[row(10, "b"), row(20, "a"), row(20, "b")], 10);
        assert_eq!(measured.times, [10, 20]);
        let titles: Vec<_> = measured.charts.iter().map(|chart| chart.title).collect();
        let [cpu, memory, disk] = titles.as_slice() else { panic!("{titles:?}: there is no GPU") };
        assert!(cpu.starts_with("CPU") && memory.starts_with("Memory") && disk.starts_with("Disk"));
        let lines = &measured.charts[0].lines;
        assert_eq!(
            (lines[0].label.as_str(), lines[0].values.as_slice()),
            ("a", &[None, Some(50.0)][..])
        );
        assert_eq!(lines[1].values, [Some(50.0), Some(50.0)]);
        let read = &measured.charts[2].lines[2];
        assert_eq!(
            (read.label.as_str(), read.values.as_slice()),
            ("b read", &[Some(MIB), Some(2.0 * MIB)][..])
        );
        assert_eq!(
            (measured.maxima[0].memory.as_str(), measured.maxima[1].read.as_str()),
            ("2.00 MiB", "2.00 MiB")
        );
    }

    #[test]
    fn what_can_not_be_told_apart_is_not_drawn() {
        let rows: Vec<_> = (0..40).map(|node| row(10, &format!("n{node:02}"))).collect();
        let measured = Measured::of(&rows, 10);
        assert_eq!((measured.nodes.len(), measured.hidden, measured.maxima.len()), (40, 28, NODES));
    }
}
