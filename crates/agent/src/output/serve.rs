//! One request, from its owner's name to a part of a file.

use std::{path::PathBuf, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::Utc;
use jobbergate_types::{
    SlurmJobState,
    output::{OutputAnswer, OutputPart, OutputRefusalKind as Kind, OutputRequest},
};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::{
    find::{Known, find},
    place::Place,
    read::{Part, ReadPart, Unreadable},
    reader::{NotRead, Reader},
    refusal::{Refused, nobody, not_read, refuse},
};
use crate::agent::Agent;

/// How often it is looked whether there is more.
const TICK: Duration = Duration::from_millis(200);

/// What all requests have in common.
#[derive(Debug, Default)]
pub(super) struct Desk {
    known: Known,
    reader: Reader,
}

/// What is to be answered to a request. When the agent stops, nobody waits for more.
pub(super) async fn serve(
    agent: &Agent,
    desk: &Desk,
    request: &OutputRequest,
    stop: &CancellationToken,
) -> OutputAnswer {
    match read(agent, desk, request, stop).await {
        Ok(mut part) => {
            let content = BASE64_STANDARD.encode(std::mem::take(&mut part.bytes));
            OutputAnswer { part: Some(part), content, refusal: None }
        }
        Err(refused) => {
            let (submission, why) = (request.job_submission_id, &refused.message);
            tracing::debug!(submission, why, "no output");
            OutputAnswer { part: None, content: String::new(), refusal: Some(refused) }
        }
    }
}

async fn read(
    agent: &Agent,
    desk: &Desk,
    request: &OutputRequest,
    stop: &CancellationToken,
) -> Result<OutputPart, Refused> {
    if !agent.config.output.job_output {
        let words = "The agent of this cluster is set not to read what jobs write \
                     (JOBBERGATE_AGENT_JOB_OUTPUT); look at the files on the cluster";
        return Err(refuse(Kind::SwitchedOff, words.to_owned()));
    }
    let query = &request.query;
    let end = Instant::now() + Duration::from_secs(u64::try_from(query.wait).unwrap_or_default());
    let account = agent.user_map.account(&request.owner_email, Utc::now()).await.map_err(nobody)?;
    let mut was_followed = false;
    loop {
        let place = find(agent, &desk.known, request, &account).await?;
        // Asked before it is read: nothing is written afterwards.
        let ended = request.ended || has_ended(agent, request, &place, &mut was_followed).await;
        let wanted = ReadPart {
            path: PathBuf::from(&place.path),
            from: query.from,
            limit: usize::try_from(query.limit).unwrap_or_default(),
            file: query.file.clone(),
        };
        let patient = !ended && Instant::now() < end && !stop.is_cancelled();
        match desk.reader.read(&account, request.job_submission_id, wanted).await {
            Ok(part) if patient && part.bytes.is_empty() && !part.replaced => {}
            Ok(part) => return Ok(whole(part, place, ended)),
            Err(NotRead::Unreadable(Unreadable::Missing)) if patient => {}
            Err(why) => return Err(not_read(why, &Place { ended, ..place }, &account)),
        }
        tokio::select! {
            () = sleep(TICK) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Whether the job, or its task, writes no more. Whoever follows jobs knows first, and which ends are
/// none because Slurm queues the job again; of one that is not followed any more, that was its end.
async fn has_ended(
    agent: &Agent,
    request: &OutputRequest,
    place: &Place,
    was_followed: &mut bool,
) -> bool {
    if request.query.task.is_some() {
        return place.ended;
    }
    match agent.journal.seen_state(request.job_submission_id).await {
        Ok(Some(state)) => {
            *was_followed = true;
            let Ok(state) = state.parse::<SlurmJobState>();
            state.is_terminal()
        }
        Ok(None) => *was_followed || place.ended,
        Err(_) => place.ended,
    }
}

fn whole(part: Part, place: Place, ended: bool) -> OutputPart {
    let Part { from, size, file, replaced, bytes } = part;
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let mut part = OutputPart {
        from: number(from),
        size: number(size),
        file,
        path: place.path,
        ended: false,
        replaced,
        bytes,
    };
    part.ended = ended && part.next() >= part.size;
    part
}
