//! The partitions with their limits.

use jobbergate_types::cluster_facts::Partition;
use serde_json::{Map, Value};

use super::{Slurm, SlurmError, scontrol::pairs, time::minutes};

/// The longest list of a partition's nodes that is passed on, in characters.
const LONGEST_NODES: usize = 4096;

impl Slurm {
    pub async fn partitions(&self) -> Result<Vec<Partition>, SlurmError> {
        let shown = self.scontrol(&["-a", "-o", "show", "partition"]).await?;
        Ok(shown.lines().filter_map(|line| partition(&Fields(pairs(line)))).collect())
    }
}

/// What `scontrol -o` shows of one thing.
pub(super) struct Fields(pub(super) Map<String, Value>);

impl Fields {
    /// A value, unless it says that there is none.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let text = self.0.get(name)?.as_str()?.trim();
        Some(text).filter(|text| !matches!(*text, "" | "(null)" | "N/A" | "n/a" | "NONE" | "None"))
    }

    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.text(name)?.parse().ok()
    }

    fn is_set(&self, name: &str) -> bool {
        self.text(name).is_some_and(|text| text.eq_ignore_ascii_case("yes"))
    }

    /// A list with commas; none if it is that of all.
    fn list(&self, name: &str) -> Option<Vec<String>> {
        let list = self.text(name).filter(|list| !list.eq_ignore_ascii_case("all"))?;
        Some(list.split(',').map(str::to_owned).collect())
    }
}

fn partition(fields: &Fields) -> Option<Partition> {
    let nodes = fields.text("Nodes").map(|nodes| nodes.chars().take(LONGEST_NODES).collect());
    let time = |name| fields.text(name).and_then(minutes);
    Some(Partition {
        name: fields.text("PartitionName")?.to_owned(),
        is_default: fields.is_set("Default"),
        is_hidden: fields.is_set("Hidden"),
        state: fields.text("State").unwrap_or("UNKNOWN").to_owned(),
        node_names: nodes,
        total_nodes: fields.number("TotalNodes"),
        total_cpus: fields.number("TotalCPUs"),
        max_time_minutes: time("MaxTime"),
        default_time_minutes: time("DefaultTime"),
        min_nodes: fields.number("MinNodes"),
        max_nodes: fields.number("MaxNodes"),
        max_cpus_per_node: fields.number("MaxCPUsPerNode"),
        max_memory_per_node_mb: fields.number("MaxMemPerNode"),
        max_memory_per_cpu_mb: fields.number("MaxMemPerCPU"),
        default_memory_per_node_mb: fields.number("DefMemPerNode"),
        default_memory_per_cpu_mb: fields.number("DefMemPerCPU"),
        allowed_accounts: fields.list("AllowAccounts"),
        denied_accounts: fields.list("DenyAccounts"),
        allowed_groups: fields.list("AllowGroups"),
        allowed_qos: fields.list("AllowQos"),
        denied_qos: fields.list("DenyQos"),
        qos: fields.text("QoS").map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Partition {
        partition(&Fields(pairs(line))).unwrap()
    }

    #[test]
    fn the_partitions_of_slurm_22_are_read() {
        let text = include_str!("../../tests/data/scontrol.partitions.22.05.txt");
        let all: Vec<_> = text.lines().map(read).collect();
        let [debug, compute] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!(
            (debug.name.as_str(), debug.is_default, debug.state.as_str()),
            ("debug", true, "UP")
        );
        assert_eq!((debug.max_time_minutes, debug.default_time_minutes), (Some(30), Some(5)));
        assert_eq!((compute.max_time_minutes, compute.default_time_minutes), (None, Some(60)));
        assert_eq!((compute.total_nodes, compute.total_cpus), (Some(4), Some(16)));
        assert_eq!(compute.node_names.as_deref(), Some("node[1-4]"));
        assert_eq!(
            (&compute.allowed_accounts, &compute.allowed_groups, &compute.qos),
            (&None, &None, &None)
        );
        assert_eq!((compute.max_nodes, compute.max_memory_per_node_mb), (None, None));
    }

    #[test]
    fn limits_are_read_as_newer_versions_write_them() {
        // The fields of 24.05, a partition for some.
        let gpu = read(
            "PartitionName=gpu AllowGroups=ml,hpc DenyAccounts=guest DenyQos=scavenger \
             AllocNodes=ALL Default=NO QoS=gpu_limits DefaultTime=NONE DisableRootJobs=YES \
             ExclusiveUser=NO ExclusiveTopo=NO GraceTime=0 Hidden=YES MaxNodes=8 \
             MaxTime=2-12:00:30 MinNodes=1 LLN=NO MaxCPUsPerNode=48 MaxCPUsPerSocket=UNLIMITED \
             Nodes=g[01-16] PriorityJobFactor=1 PriorityTier=10 RootOnly=NO ReqResv=NO \
             OverSubscribe=NO OverTimeLimit=NONE PreemptMode=OFF State=DRAIN TotalCPUs=768 \
             TotalNodes=16 SelectTypeParameters=NONE JobDefaults=DefMemPerGPU=32000 \
             DefMemPerCPU=4000 MaxMemPerCPU=8000 TRES=cpu=768,mem=6000000M,node=16,gres/gpu=64",
        );
        assert_eq!(gpu.allowed_groups.as_deref(), Some(&["ml".to_owned(), "hpc".to_owned()][..]));
        assert_eq!(gpu.denied_accounts.as_deref(), Some(&["guest".to_owned()][..]));
        assert_eq!(gpu.denied_qos.as_deref(), Some(&["scavenger".to_owned()][..]));
        assert_eq!(
            (gpu.is_hidden, gpu.state.as_str(), gpu.qos.as_deref()),
            (true, "DRAIN", Some("gpu_limits"))
        );
        assert_eq!(
            (gpu.max_nodes, gpu.min_nodes, gpu.max_cpus_per_node),
            (Some(8), Some(1), Some(48))
        );
        assert_eq!((gpu.max_time_minutes, gpu.default_time_minutes), (Some(3601), None));
        assert_eq!(
            (gpu.default_memory_per_cpu_mb, gpu.max_memory_per_cpu_mb),
            (Some(4000), Some(8000))
        );
    }

    #[test]
    fn what_is_no_partition_is_passed_over() {
        assert_eq!(partition(&Fields(pairs("No partitions in the system"))), None);
        assert_eq!(read("PartitionName=odd NewThing=7 MaxNodes=many").max_nodes, None);
    }
}
