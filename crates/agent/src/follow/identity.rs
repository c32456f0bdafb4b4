//! Whether a job number still stands for the job that was submitted: a controller that lost what
//! it had not saved gives numbers away again.
//!
//! The user and the tag decide. Owners may remove the tag; then the time of submission does, which
//! Slurm changes only when it queues a job again.

use super::{
    detailed::Detailed,
    followed::{Followed, SubmittedJob},
};
use crate::{
    journal::SeenJob,
    slurm::{Accounted, Details, Record, Slurm},
    tag::Tag,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    Ours,
    Anothers,
    /// What is known does not tell.
    Unsaid,
}

/// Whose the listed job of this number is. Of a job that another agent submitted only the number
/// is known, and that it is of this submission.
pub(super) async fn whose(
    slurm: &Slurm,
    job: &Followed,
    records: &[&Record],
    details: &Detailed,
) -> Whose {
    let Some(own) = job.own() else {
        let anothers = |record: &&Record| Tag::is_anothers(job.active.id, &record.comment);
        return if records.iter().any(anothers) { Whose::Anothers } else { Whose::Ours };
    };
    let said = listed(own, job.last_seen(), records);
    if said != Whose::Unsaid {
        return said;
    }
    // Being queued again changes the time of submission.
    match details.known(slurm).await.and_then(Details::restarts) {
        Some(0) => Whose::Anothers,
        Some(_) => Whose::Ours,
        None => Whose::Unsaid,
    }
}

fn listed(own: &SubmittedJob, last: Option<&SeenJob>, records: &[&Record]) -> Whose {
    if records.iter().any(|record| is_anothers(own, &record.user, &record.comment)) {
        return Whose::Anothers;
    }
    let known = last.and_then(|last| last.submit_time.as_ref());
    let tagged = records.iter().any(|record| own.tag.is_in(&record.comment));
    let same_time = |known: &String| records.iter().any(|r| r.submit_time.as_ref() == Some(known));
    if tagged || known.is_none_or(same_time) { Whose::Ours } else { Whose::Unsaid }
}

/// Whether the user or the tag says that a job is not this submission's. An owner may change the
/// comment, so the lack of a tag proves nothing.
fn is_anothers(own: &SubmittedJob, user: &str, comment: &str) -> bool {
    user != &*own.account || own.tag.contradicts(comment)
}

/// What accounting knows of this submission's job; another job may have had its number.
pub(super) fn accounted(
    submission: i64,
    own: Option<&SubmittedJob>,
    last: Option<&SeenJob>,
    mut accounted: Vec<Accounted>,
) -> Vec<Accounted> {
    let Some(own) = own else {
        accounted.retain(|one| !Tag::is_anothers(submission, &one.record.comment));
        return accounted;
    };
    let known = last.and_then(|last| last.submit_time.as_ref());
    accounted.retain(|Accounted { record, .. }| {
        let same_time = known.is_none_or(|known| record.submit_time.as_ref() == Some(known));
        !is_anothers(own, &record.user, &record.comment)
            && (same_time || own.tag.is_in(&record.comment))
    });
    accounted
}

/// Whether what Slurm says in detail is of this submission's job.
pub(super) fn is_described(submission: i64, own: Option<&SubmittedJob>, details: &Details) -> bool {
    if own.is_none() {
        return !Tag::is_anothers(submission, details.comment());
    }
    let user = details.user();
    own.zip(user).is_none_or(|(own, user)| !is_anothers(own, user, details.comment()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::TaskEnds;
    use jobbergate_types::SlurmJobState;

    fn own() -> SubmittedJob {
        let tag = Tag::restore("jobbergate:7:00ff".to_owned());
        SubmittedJob { slurm_job_id: 12, tag, account: "alice".into() }
    }

    fn record(user: &str, comment: &str, submit_time: &str) -> Record {
        Record {
            job: 12,
            task: None,
            tasks: None,
            state: Some(SlurmJobState::Completed),
            reason: None,
            user: user.to_owned(),
            submit_time: Some(submit_time.to_owned()),
            start_time: None,
            comment: comment.to_owned(),
        }
    }

    fn seen(submit_time: Option<&str>) -> SeenJob {
        SeenJob {
            submission_id: 7,
            slurm_job_id: 12,
            state: SlurmJobState::Running,
            reason: None,
            ends: TaskEnds::default(),
            submit_time: submit_time.map(str::to_owned),
            reported: true,
        }
    }

    #[test]
    fn a_job_is_ours_by_user_and_tag_or_by_user_and_time() {
        let last = seen(Some("T1"));
        for (user, comment, time, whose) in [
            ("alice", "mine jobbergate:7:00ff", "T1", Whose::Ours),
            ("alice", "jobbergate:7:00ff", "T2", Whose::Ours),
            ("alice", "edited", "T1", Whose::Ours),
            ("alice", "", "T2", Whose::Unsaid),
            ("alice", "jobbergate:7:00fe", "T1", Whose::Anothers),
            ("bob", "jobbergate:7:00ff", "T1", Whose::Anothers),
        ] {
            let record = record(user, comment, time);
            assert_eq!(listed(&own(), Some(&last), &[&record]), whose, "{user} {comment} {time}");
        }
        assert_eq!(listed(&own(), None, &[&record("alice", "", "T2")]), Whose::Ours);
    }

    #[test]
    fn accounting_tells_of_our_job_only_whatever_else_had_its_number() {
        let last = seen(Some("T1"));
        let tell =
            |record: Record| accounted(7, Some(&own()), Some(&last), vec![record.into()]).len();
        assert_eq!(tell(record("alice", "", "T1")), 1);
        assert_eq!(tell(record("alice", "jobbergate:7:00ff", "T2")), 1);
        assert_eq!(tell(record("alice", "", "T2")), 0);
        assert_eq!(tell(record("bob", "", "T1")), 0);
        // Of a job that another agent submitted.
        let tell =
            |comment| accounted(7, None, None, vec![record("bob", comment, "T1").into()]).len();
        assert_eq!((tell(""), tell("jobbergate:7:00fe"), tell("jobbergate:8:00ff")), (1, 1, 0));
    }
}
