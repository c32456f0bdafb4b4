//! The nodes, those that are alike and in the same state together.

use std::collections::BTreeMap;

use jobbergate_types::cluster_facts::NodeGroup;

use super::{Slurm, SlurmError, partitions::Fields, scontrol::pairs};

impl Slurm {
    pub async fn nodes(&self) -> Result<Vec<NodeGroup>, SlurmError> {
        Ok(grouped(&self.scontrol(&["-a", "-o", "show", "node"]).await?))
    }
}

fn grouped(shown: &str) -> Vec<NodeGroup> {
    let mut groups: BTreeMap<_, NodeGroup> = BTreeMap::new();
    for node in shown.lines().filter_map(|line| node(&Fields(pairs(line)))) {
        let kind = (
            node.partitions.clone(),
            node.state.clone(),
            node.state_flags.clone(),
            (node.cpus, node.memory_mb),
            node.features.clone(),
            node.gres.clone(),
        );
        match groups.get_mut(&kind) {
            Some(group) => {
                group.count += 1;
                group.allocated_cpus += node.allocated_cpus;
                group.allocated_memory_mb += node.allocated_memory_mb;
            }
            None => drop(groups.insert(kind, node)),
        }
    }
    groups.into_values().collect()
}

fn node(fields: &Fields) -> Option<NodeGroup> {
    fields.text("NodeName")?;
    let (state, state_flags) = state(fields.text("State").unwrap_or("UNKNOWN"));
    let list = |name| fields.text(name).map(split).unwrap_or_default();
    Some(NodeGroup {
        state,
        state_flags,
        count: 1,
        partitions: list("Partitions"),
        cpus: fields.number("CPUTot").unwrap_or_default(),
        memory_mb: fields.number("RealMemory").unwrap_or_default(),
        features: list("AvailableFeatures"),
        gres: list("Gres").into_iter().map(without_place).collect(),
        allocated_cpus: fields.number("CPUAlloc").unwrap_or_default(),
        allocated_memory_mb: fields.number("AllocMem").unwrap_or_default(),
    })
}

/// `DOWN*+DRAIN` is `DOWN` with two flags; the star says that a node does not respond.
fn state(text: &str) -> (String, Vec<String>) {
    let mut parts = text.split('+');
    let base = parts.next().unwrap_or_default();
    let mut flags: Vec<String> = parts.map(|flag| flag.trim_end_matches('*').to_owned()).collect();
    if text.contains('*') {
        flags.push("NOT_RESPONDING".to_owned());
    }
    flags.sort_unstable();
    flags.dedup();
    (base.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned(), flags)
}

/// The parts between commas that are not in parentheses: `gpu:a100:4(S:0,2),shard:8`.
fn split(list: &str) -> Vec<String> {
    let mut depth = 0_u32;
    let parts = list.split(|c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    });
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Which sockets a resource belongs to is nobody's concern here.
fn without_place(gres: String) -> String {
    match gres.split_once("(S:") {
        Some((resource, _)) => resource.to_owned(),
        None => gres,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(text: &str) -> (String, String) {
        let (state, flags) = state(text);
        (state, flags.join(" "))
    }

    #[test]
    fn nodes_of_slurm_22_that_are_alike_stand_together() {
        let groups = grouped(include_str!("../../tests/data/scontrol.nodes.22.05.txt"));
        let [three, first] = groups.as_slice() else { panic!("{groups:?}") };
        assert_eq!((first.count, three.count), (1, 3));
        assert_eq!((three.state.as_str(), three.cpus, three.memory_mb), ("IDLE", 4, 2000));
        assert_eq!(first.partitions, ["debug", "compute"]);
        assert_eq!((&first.features, &first.gres), (&vec![], &vec![]));
    }

    #[test]
    fn nodes_of_newer_versions_have_features_resources_and_flags() {
        // The fields of 24.05, with a reason that looks like fields.
        let line = "NodeName=g01 Arch=x86_64 CoresPerSocket=24  CPUAlloc=12 CPUEfctv=96 CPUTot=96 \
             CPULoad=1.20 AvailableFeatures=a100,nvlink ActiveFeatures=a100 \
             Gres=gpu:a100:4(S:0,2),shard:8 NodeAddr=g01 NodeHostName=g01 Version=24.05.3 \
             OS=Linux 5.14.0 #1 SMP x  RealMemory=512000 AllocMem=64000 FreeMem=1 Sockets=2 \
             Boards=1 State=MIXED+DRAIN+DYNAMIC_NORM ThreadsPerCore=2 TmpDisk=0 Weight=1 Owner=N/A \
             MCS_label=N/A Partitions=gpu  BootTime=2026-11-29T05:36:07 LastBusyTime=Unknown \
             ResumeAfterTime=None CfgTRES=cpu=96,mem=500G,gres/gpu=4 AllocTRES=cpu=12 \
             CurrentWatts=0 AveWatts=0  Reason=see State=FAIL Gres=x [root@2026-11-29T12:00:00]";
        let groups = grouped(&format!("{line}\n{}\n", line.replace("g01", "g02")));
        let [group] = groups.as_slice() else { panic!("{groups:?}") };
        assert_eq!(
            (group.count, group.allocated_cpus, group.allocated_memory_mb),
            (2, 24, 128_000)
        );
        assert_eq!(group.features, ["a100", "nvlink"]);
        assert_eq!(group.gres, ["gpu:a100:4", "shard:8"]);
        assert_eq!(
            (group.state.as_str(), group.state_flags.join(" ")),
            ("MIXED", "DRAIN DYNAMIC_NORM".to_owned())
        );
    }

    #[test]
    fn a_state_is_read_in_old_and_new_ways() {
        let pair = |state: &str, flags: &str| (state.to_owned(), flags.to_owned());
        assert_eq!(flags("IDLE"), pair("IDLE", ""));
        assert_eq!(flags("DOWN*"), pair("DOWN", "NOT_RESPONDING"));
        assert_eq!(flags("DOWN*+DRAIN"), pair("DOWN", "DRAIN NOT_RESPONDING"));
        assert_eq!(flags("IDLE+CLOUD+NOT_RESPONDING"), pair("IDLE", "CLOUD NOT_RESPONDING"));
        assert_eq!(flags("IDLE~"), pair("IDLE", ""));
        assert_eq!(flags("MIXED+COMPLETING"), pair("MIXED", "COMPLETING"));
    }
}
