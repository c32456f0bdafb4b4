//! The partitions of a cluster, with their limits and how much of them is in use.

use jobbergate_types::cluster_facts::{NodeGroup, Partition};

use crate::web::portal::{slice::Slice, words::bytes};

/// How many are on a page.
const SIZE: usize = 50;

pub(super) struct PartitionRow {
    pub(super) name: String,
    pub(super) is_default: bool,
    pub(super) is_hidden: bool,
    pub(super) state: String,
    pub(super) look: &'static str,
    pub(super) nodes: Option<u64>,
    pub(super) node_names: Option<String>,
    /// How many of the nodes take no jobs.
    pub(super) out: u64,
    /// Processors in use, and all that there are.
    pub(super) cpus: Option<(u64, u64)>,
    pub(super) time: String,
    pub(super) limits: Vec<String>,
    pub(super) who: Vec<String>,
}

pub(super) fn partitions(
    all: Vec<Partition>,
    nodes: &[NodeGroup],
    page: &str,
) -> Slice<PartitionRow> {
    let Slice { items, page, pages, total } = Slice::of(all, page, SIZE);
    let items = items.into_iter().map(|partition| PartitionRow::new(partition, nodes)).collect();
    Slice { items, page, pages, total }
}

impl PartitionRow {
    fn new(partition: Partition, nodes: &[NodeGroup]) -> Self {
        let own: Vec<_> =
            nodes.iter().filter(|group| group.partitions.contains(&partition.name)).collect();
        let used = own.iter().map(|group| group.allocated_cpus).sum();
        let there: u64 = own.iter().map(|group| group.cpus.saturating_mul(group.count)).sum();
        let all = partition.total_cpus.unwrap_or(there);
        Self {
            look: if partition.state == "UP" { "good" } else { "bad" },
            nodes: partition.total_nodes,
            out: own.iter().filter(|group| is_out(group)).map(|group| group.count).sum(),
            cpus: (all > 0).then_some((used, all)),
            time: time(&partition),
            limits: limits(&partition),
            who: who(&partition),
            name: partition.name,
            is_default: partition.is_default,
            is_hidden: partition.is_hidden,
            state: partition.state,
            node_names: partition.node_names,
        }
    }
}

fn is_out(group: &NodeGroup) -> bool {
    let words = ["DOWN", "DRAIN", "NOT_RESPONDING", "FAIL", "MAINTENANCE"];
    words.contains(&group.state.as_str())
        || group.state_flags.iter().any(|flag| words.contains(&flag.as_str()))
}

fn time(partition: &Partition) -> String {
    let most = partition.max_time_minutes.map_or_else(|| "no limit".to_owned(), minutes);
    match partition.default_time_minutes {
        Some(usual) => format!("{most}; {} unless said", minutes(usual)),
        None => most,
    }
}

fn limits(partition: &Partition) -> Vec<String> {
    let memory = |mib: u64| bytes(mib.saturating_mul(1 << 20));
    let count = |what: &str, of: Option<u64>| of.map(|count| format!("{what} {count}"));
    [
        count("at least nodes:", partition.min_nodes.filter(|count| *count > 1)),
        count("at most nodes:", partition.max_nodes),
        count("processors per node:", partition.max_cpus_per_node),
        partition.max_memory_per_node_mb.map(|it| format!("memory per node: {}", memory(it))),
        partition.max_memory_per_cpu_mb.map(|it| format!("memory per processor: {}", memory(it))),
        partition
            .default_memory_per_node_mb
            .map(|it| format!("{} per node unless said", memory(it))),
        partition
            .default_memory_per_cpu_mb
            .map(|it| format!("{} per processor unless said", memory(it))),
        partition.qos.as_ref().map(|qos| format!("limits of QOS {qos}")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Who may use it, where not everybody may.
fn who(partition: &Partition) -> Vec<String> {
    let list = |what: &str, names: &Option<Vec<String>>| {
        names.as_ref().map(|names| match names.as_slice() {
            [] => format!("{what}: none"),
            names => format!("{what}: {}", names.join(", ")),
        })
    };
    [
        list("accounts", &partition.allowed_accounts),
        list("not accounts", &partition.denied_accounts),
        list("groups", &partition.allowed_groups),
        list("QOS", &partition.allowed_qos),
        list("not QOS", &partition.denied_qos),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Minutes as people say them.
pub(super) fn minutes(minutes: u64) -> String {
    let (days, hours, rest) = (minutes / 1440, minutes % 1440 / 60, minutes % 60);
    let part = |count: u64, unit: &str| (count > 0).then(|| format!("{count} {unit}"));
    let parts: Vec<_> =
        [part(days, "d"), part(hours, "h"), part(rest, "min")].into_iter().flatten().collect();
    if parts.is_empty() { "0 min".to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_told_as_people_do() {
        for (count, words) in
            [(0, "0 min"), (30, "30 min"), (60, "1 h"), (1500, "1 d 1 h"), (2880, "2 d")]
        {
            assert_eq!(minutes(count), words);
        }
    }

    #[test]
    fn nodes_that_take_no_jobs_are_counted() {
        let group = |state: &str, flags: &[&str], count| NodeGroup {
            state: state.to_owned(),
            state_flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
            count,
            cpus: 4,
            allocated_cpus: 2,
            partitions: vec!["debug".to_owned()],
            ..NodeGroup::default()
        };
        let nodes = [group("IDLE", &[], 2), group("IDLE", &["DRAIN"], 1), group("DOWN", &[], 3)];
        let partition = Partition { name: "debug".to_owned(), ..Partition::default() };
        let row = PartitionRow::new(partition, &nodes);
        assert_eq!((row.out, row.cpus), (4, Some((6, 24))));
        assert_eq!((row.look, row.time.as_str()), ("bad", "no limit"));
    }
}
