//! Why jobs wait, or did not end well, in sentences: Slurm's words for it (`man squeue`, JOB REASON
//! CODES).

/// What a reason means, and what may be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// What it means.
    pub because: &'static str,
    /// What may be done.
    pub advice: &'static str,
}

const BY_ITSELF: &str = "There is nothing to do: it starts by itself.";
const LESS: &str = "Wait until others' or your own jobs end, or ask for less.";
const LIMIT_OF_JOB: &str = "It never starts as it is: cancel it and submit it with less, or ask the \
                            cluster's administrators for a higher limit.";
const ADMINISTRATORS: &str = "Ask the cluster's administrators.";

/// How reasons begin, and what they mean; the first counts.
const MEANINGS: &[(&str, &str, &str)] = &[
    ("Priority", "jobs with a higher priority are before it in the queue", BY_ITSELF),
    ("Resources", "the processors, memory or nodes that it asks for are in use", BY_ITSELF),
    ("None", "the scheduler has not looked at it yet", BY_ITSELF),
    (
        "BeginTime",
        "the time has not come at which it may start",
        "It starts then by itself; a job that was queued again waits for about two minutes.",
    ),
    (
        "DependencyNeverSatisfied",
        "the job that it depends on did not end as it would have to",
        "Cancel it, and submit it again without that --dependency.",
    ),
    ("Dependency", "a job that it depends on has not ended yet", BY_ITSELF),
    ("JobHeldUser", "its owner holds it", "Release it with `scontrol release` on the cluster."),
    (
        "JobHeldAdmin",
        "an administrator holds it",
        "Ask the cluster's administrators to release it.",
    ),
    (
        "launch failed requeued held",
        "it could not be started, was queued again and is held",
        "Ask the cluster's administrators what is wrong with the node; they can release it.",
    ),
    (
        "job_requeued_in_held_state",
        "it was queued again and is held",
        "Release it with `scontrol release` on the cluster.",
    ),
    (
        "PartitionDown",
        "its partition is down",
        "Wait until it is up, or submit it to another partition.",
    ),
    (
        "PartitionInactive",
        "its partition takes no jobs",
        "Wait until it does, or submit it to another partition.",
    ),
    (
        "PartitionNodeLimit",
        "it asks for more or fewer nodes than its partition allows",
        "Cancel it, and submit it again with other --nodes or to another --partition.",
    ),
    (
        "PartitionTimeLimit",
        "it asks for more time than its partition allows",
        "Cancel it, and submit it again with less --time or to another --partition.",
    ),
    (
        "ReqNodeNotAvail",
        "a node that it needs is down, drained or reserved",
        "Wait until the node is back, or don't ask for that node; a time limit that ends before the reservation begins lets it start, too.",
    ),
    (
        "ReservationDeleted",
        "its reservation was deleted",
        "Cancel it, and submit it again without the reservation.",
    ),
    ("Reservation", "the reservation that it is for has not begun", BY_ITSELF),
    (
        "Nodes required for job are DOWN",
        "nodes that it needs are down, drained or reserved for others",
        "Wait until they are back, or ask for other nodes.",
    ),
    ("NodeDown", "a node that it needs is down", ADMINISTRATORS),
    (
        "BadConstraints",
        "no node has what it asks for",
        "Cancel it, and submit it again with another --constraint.",
    ),
    ("Licenses", "the licences that it needs are in use", BY_ITSELF),
    (
        "InvalidAccount",
        "its account does not exist, or its owner may not use it",
        "Cancel it, and submit it again with an --account of yours.",
    ),
    (
        "AccountNotAllowed",
        "its account may not use its partition",
        "Cancel it, and submit it with another account or to another partition.",
    ),
    (
        "InvalidQOS",
        "its quality of service does not exist, or its owner may not use it",
        "Cancel it, and submit it again with a --qos that you may use.",
    ),
    (
        "QOSNotAllowed",
        "its quality of service may not be used there",
        "Cancel it, and submit it with another one (`--qos`) or to another partition.",
    ),
    (
        "QOSUsageThreshold",
        "its owner has used more than the quality of service allows at the moment",
        LESS,
    ),
    ("QOSResourceLimit", "a limit of its quality of service is reached", LESS),
    ("QOSTimeLimit", "the time limit of its quality of service is reached", LESS),
    ("QOSJobLimit", "as many jobs run as its quality of service allows", BY_ITSELF),
    (
        "QOSMaxSubmitJob",
        "as many jobs wait or run as its quality of service allows",
        "It is submitted as soon as one of them has ended.",
    ),
    (
        "QOSMax",
        "it asks for more than its quality of service allows, or too much of it is in use by one owner",
        LESS,
    ),
    ("QOSMin", "it asks for less than its quality of service demands", LIMIT_OF_JOB),
    ("QOSGrp", "all jobs of its quality of service together have what they may have", BY_ITSELF),
    (
        "AssocMaxSubmitJob",
        "as many jobs wait or run as its owner's account allows",
        "It is submitted as soon as one of them has ended.",
    ),
    (
        "AssocGrpSubmitJobs",
        "as many jobs wait or run as the account allows",
        "It is submitted as soon as one of them has ended.",
    ),
    ("AssocMaxJobs", "as many jobs of its owner run as the account allows", BY_ITSELF),
    ("AssocMax", "it asks for more than its owner's account allows", LIMIT_OF_JOB),
    ("AssocGrp", "all jobs of its account together have what they may have", BY_ITSELF),
    ("AssociationJobLimit", "as many jobs run as its account allows", BY_ITSELF),
    ("AssociationResourceLimit", "its account has what it may have", BY_ITSELF),
    ("AssociationTimeLimit", "its account has used up its time", ADMINISTRATORS),
    ("MaxMemPerLimit", "it asks for more memory than is allowed", LIMIT_OF_JOB),
    ("JobArrayTaskLimit", "as many tasks of the array run as it allows", BY_ITSELF),
    ("BurstBuffer", "its files are being staged in, or there is no room for them", BY_ITSELF),
    ("Prolog", "its nodes are being prepared", BY_ITSELF),
    ("Cleaning", "what is left of its earlier run is being cleaned up", BY_ITSELF),
    ("NodesBusy", "nodes are still busy with other jobs", BY_ITSELF),
    (
        "JobLaunchFailure",
        "Slurm could not start it on its node",
        "Often its user may not write to its output file or directory, or these are not there; otherwise the node is broken, of which slurmd's log says more.",
    ),
    (
        "MaxSubmitJobsPerAccount",
        "as many jobs wait or run as the account allows",
        "It is submitted as soon as one of them has ended.",
    ),
    (
        "Slurm temporarily unable to accept job",
        "the cluster has as many jobs as it takes",
        "It is submitted as soon as some of them have ended.",
    ),
    (
        "Unable to create job record, try again",
        "the cluster has as many jobs as it takes",
        "It is submitted as soon as some of them have ended.",
    ),
    (
        "MaxJobCount limit reached",
        "the cluster has as many jobs as it takes",
        "It is submitted as soon as some of them have ended.",
    ),
    (
        "Rate limit exceeded",
        "Slurm is asked too often at the moment",
        "There is nothing to do: it is submitted by itself.",
    ),
    ("MaxPollTime", "a licence server does not answer", ADMINISTRATORS),
];

/// Those with which a job did not start, or does not as it is: its owner has to do something.
const STUCK: &[&str] = &[
    "JobLaunchFailure",
    "PartitionTimeLimit",
    "PartitionNodeLimit",
    "DependencyNeverSatisfied",
    "BadConstraints",
    "InvalidAccount",
    "InvalidQOS",
];

/// What a reason means for whose owner has to do something, and what; none for those with which a
/// job only waits for its turn, or whose word says enough.
pub fn explain(reason: &str) -> Option<String> {
    let meaning = STUCK.contains(&reason).then(|| meaning(reason)).flatten();
    meaning
        .map(|Meaning { because, advice }| format!("{because}. {}", advice.trim_end_matches('.')))
}

/// What a reason means, if it is known.
pub fn meaning(reason: &str) -> Option<Meaning> {
    let reason = reason.trim();
    let found = MEANINGS.iter().find(|(begin, _, _)| reason.starts_with(begin));
    found.map(|(_, because, advice)| Meaning { because, advice })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_understood_as_slurm_writes_them() {
        for (reason, expected) in [
            ("Resources", "are in use"),
            ("ReqNodeNotAvail, UnavailableNodes:n[1-2]", "down, drained or reserved"),
            ("DependencyNeverSatisfied", "as it would have to"),
            ("Dependency", "has not ended yet"),
            ("QOSMaxSubmitJobPerUserLimit", "wait or run"),
            ("AssocGrpCpuLimit", "together"),
            ("Nodes required for job are DOWN, DRAINED or reserved for jobs", "are down"),
            ("SomethingNew", ""),
        ] {
            let found = meaning(reason).map_or("", |meaning| meaning.because);
            assert!(
                found.contains(expected) && found.is_empty() == expected.is_empty(),
                "{reason}"
            );
        }
    }

    #[test]
    fn owners_are_told_of_what_does_not_pass() {
        for (reason, expected) in [
            (
                "PartitionTimeLimit",
                "it asks for more time than its partition allows. Cancel it, and submit it again with \
                 less --time or to another --partition",
            ),
            (
                "DependencyNeverSatisfied",
                "the job that it depends on did not end as it would have to. Cancel it, and submit it \
                 again without that --dependency",
            ),
        ] {
            assert_eq!(explain(reason).as_deref(), Some(expected));
        }
        for reason in STUCK {
            assert!(explain(reason).is_some(), "{reason}");
        }
        for reason in ["Priority", "Resources", "AssocGrpCpuLimit", "SomethingNew", ""] {
            assert_eq!(explain(reason), None, "{reason}");
        }
    }

    /// One that begins like another, and stands behind it, would never count.
    #[test]
    fn each_reason_can_be_found() {
        for (begin, because, advice) in MEANINGS {
            assert_eq!(meaning(begin).unwrap().because, *because, "{begin}");
            assert!(advice.ends_with('.'), "{begin}");
        }
    }
}
