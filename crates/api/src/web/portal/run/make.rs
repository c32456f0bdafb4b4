//! From a filled-in form to a script, and to a submission of it: once, however often it is sent.

use jobbergate_types::{
    job_scripts::{JobScriptCreateRequest, RenderFromTemplateBody},
    job_submissions::JobSubmissionCreateRequest,
};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{filled::Filled, preview::request, typed::DIRECTORY};
use crate::{
    app::Context,
    error::{Error, Result},
    http::input::Parts,
    idempotency::KeyedRequest,
    resources::{
        files::Upload,
        job_scripts::{self, from_template, remembered},
        job_submissions,
    },
    web::portal::{once::under_a_key, user::User},
};

/// What the keys are for.
const ROUTE: &str = "POST /applications/{id}/run";
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
    hex::encode(digest.finalize())
}

/// Makes the script, and submits it if that is wanted; the number of what was wanted.
pub(super) async fn make(
    user: &User,
    filled: &Filled,
    files: Vec<Upload>,
    (wanted, key): (Wanted, &str),
) -> Result<i64> {
    let context = &user.context;
    let request = || {
        let caller = &context.customer.caller;
        KeyedRequest::new(caller, ROUTE, key.to_owned(), &Parts::default())
    };
    let work = |keyed| async move {
        let id = work(user, filled, files, wanted, &keyed).await?;
        Ok(Numbered { id })
    };
    let Numbered { id } = under_a_key(context, request, LONGEST_ANSWER, work).await?;
    Ok(id)
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
