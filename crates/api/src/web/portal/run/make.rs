//! From a filled-in form to a script, and to a submission of it: once, however often it is sent.

use std::{sync::Arc, time::Duration};

use jobbergate_types::{
    job_scripts::{JobScriptCreateRequest, RenderFromTemplateBody},
    job_submissions::JobSubmissionCreateRequest,
};
use serde::Deserialize;
use serde_json::Map;
use sha2::{Digest, Sha256};

use super::{filled::Filled, preview::request, typed::DIRECTORY};
use crate::{
    app::Context,
    error::{Error, Result},
    http::input::Parts,
    idempotency::{self, Begun, KeyedRequest},
    resources::{
        files::Upload,
        job_scripts::{self, from_template, remembered},
        job_submissions,
    },
    web::portal::user::User,
};

/// What the keys are for.
const ROUTE: &str = "POST /applications/{id}/run";
/// How often, and how long, a form waits that is sent while it is being worked on.
const ATTEMPTS: usize = 20;
const PAUSE: Duration = Duration::from_millis(500);
/// The longest answer that is kept under a key, in bytes.
const LONGEST_ANSWER: usize = 16 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Script,
    Submission,
}

#[derive(Deserialize)]
struct Numbered {
    id: i64,
}

/// What tells a form from the same one filled in otherwise.
pub(super) fn key(form_id: &str, wanted: Wanted, filled: &Filled, files: &[Upload]) -> String {
    let mut digest = Sha256::new();
    let mut feed = |bytes: &[u8]| {
        digest.update(bytes.len().to_le_bytes());
        digest.update(bytes);
    };
    feed(form_id.as_bytes());
    feed(format!("{wanted:?} {}", filled.asked.template.id).as_bytes());
    for (name, text) in filled.typed.pairs() {
        feed(name.as_bytes());
        feed(text.as_bytes());
    }
    for Upload { filename, content } in files {
        feed(filename.as_bytes());
        feed(content);
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Makes the script, and submits it if that is wanted; the number of what was wanted.
pub(super) async fn make(
    user: &User,
    filled: &Filled,
    files: Vec<Upload>,
    (wanted, key): (Wanted, &str),
) -> Result<i64> {
    let context = &user.context;
    let caller = &context.customer.caller;
    let mut left = ATTEMPTS;
    loop {
        let parts = Parts { path: Map::new(), ..Parts::default() };
        let request = KeyedRequest::new(caller, ROUTE, key.to_owned(), &parts);
        match idempotency::begin(context, request).await {
            Ok(Begun::Before(answer)) => {
                let body = axum::body::to_bytes(answer.into_body(), LONGEST_ANSWER).await;
                let body = body.map_err(Error::internal)?;
                let Numbered { id } = serde_json::from_slice(&body).map_err(Error::internal)?;
                return Ok(id);
            }
            Ok(Begun::First(attempt)) => {
                let attempt = Arc::new(attempt);
                let mut keyed = context.clone();
                keyed.attempt = Some(Arc::clone(&attempt));
                let work = work(user, filled, files, wanted, &keyed);
                return idempotency::perform(context, &attempt, work).await;
            }
            Err(Error::UnderWay(_)) if left > 0 => {
                left -= 1;
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(error),
        }
    }
}

async fn work(
    user: &User,
    filled: &Filled,
    files: Vec<Upload>,
    wanted: Wanted,
    keyed: &Context,
) -> Result<i64> {
    let without = filled.asked.outputs.as_ref().err();
    let render_request = request(filled)
        .ok_or_else(|| Error::Unprocessable(without.cloned().unwrap_or_default()))?;
    let create_request =
        JobScriptCreateRequest { name: filled.name().to_owned(), description: None };
    let body = RenderFromTemplateBody { create_request, render_request };
    let context = if wanted == Wanted::Script { keyed } else { &user.context };
    let template = filled.asked.template.id.to_string();
    let script = from_template::create(context, &user.email, &template, body, files).await?;
    let id = script.script.id;
    remember(user, filled, id).await;
    if wanted == Wanted::Script {
        return Ok(id);
    }
    let request = JobSubmissionCreateRequest {
        name: filled.name().to_owned(),
        job_script_id: id,
        execution_directory: Some(filled.typed.text(DIRECTORY).to_owned())
            .filter(|directory| !directory.is_empty()),
        client_id: Some(filled.cluster.clone()),
        ..JobSubmissionCreateRequest::default()
    };
    match job_submissions::service::create(keyed, &user.email, None, request).await {
        Ok(submission) => Ok(submission.submission.id),
        Err(error) => {
            take_back(user, id).await;
            Err(error)
        }
    }
}

/// The form stays filled in, so that the script would only be there a second time.
async fn take_back(user: &User, script: i64) {
    let deleted = job_scripts::service::delete(&user.context, &user.identity, script).await;
    if let Err(error) = deleted {
        tracing::warn!(%error, script, "a script that could not be submitted stays");
    }
}

/// What was made is there whether or not it is remembered how.
async fn remember(user: &User, filled: &Filled, script: i64) {
    let answers = filled.typed.clone().without_secrets(&filled.asked).as_json();
    if let Err(error) = remembered::remember(&user.context, script, answers).await {
        tracing::warn!(%error, script, "what was filled in is not remembered");
    }
}
