//! What agents take and answer.

use base64::{Engine, prelude::BASE64_STANDARD};
use jobbergate_types::output::{
    LARGEST_LIMIT, OutputAnswer, OutputPart, OutputRefusal, OutputRefusalKind, OutputRequest,
};
use serde_json::json;

use super::part::JobOutput;
use crate::{
    app::Context,
    error::{Error, Result},
    events::requests::{self, AnswerRow},
};

/// Gives requests to the agent of a cluster; each is given once.
pub(super) async fn take(
    context: &Context,
    client_id: &str,
    most: i64,
) -> Result<Vec<OutputRequest>> {
    if !requests::is_asked(&mut context.db.read().await?, client_id).await? {
        return Ok(Vec::new());
    }
    let mut db = context.db.write().await?;
    let rows = requests::take(&mut db, client_id, most, context.now()).await?;
    db.commit().await?;
    // Others need not be told of them any more.
    context.app.events.requested(context.organization.as_deref(), &context.db);
    let read = rows.into_iter().map(|row| serde_json::from_value(row.request.0));
    read.collect::<Result<_, _>>().map_err(Error::internal)
}

/// Keeps an answer for whoever waits for it; 404 if nobody does any more.
pub(super) async fn keep(
    context: &Context,
    client_id: &str,
    id: &str,
    answer: OutputAnswer,
) -> Result<()> {
    let content = BASE64_STANDARD.decode(&answer.content).map_err(|error| {
        Error::Unprocessable(format!("`content` is not valid Base64 (RFC 4648): {error}"))
    })?;
    if content.len() > LARGEST_LIMIT as usize {
        return Err(Error::TooLarge(format!(
            "`content` stands for more than {LARGEST_LIMIT} bytes"
        )));
    }
    if answer.part.is_some() == answer.refusal.is_some() {
        let words = "An answer has either `part` or `refusal`, and not both";
        return Err(Error::Unprocessable(words.to_owned()));
    }
    let head = json!({"part": answer.part, "refusal": answer.refusal});
    let mut db = context.db.write().await?;
    let kept = requests::answer(&mut db, id, client_id, head, content).await?;
    db.commit().await?;
    if !kept {
        let words = format!("Nobody waits for an answer to the request {id} any more");
        return Err(Error::NotFound(words));
    }
    context.app.events.requested(context.organization.as_deref(), &context.db);
    Ok(())
}

/// An answer as whoever asked sees it.
pub(super) fn delivered(row: AnswerRow) -> Result<JobOutput> {
    let AnswerRow { answer, content } = row;
    let answer: OutputAnswer = serde_json::from_value(answer.0).map_err(Error::internal)?;
    match (answer.part, answer.refusal) {
        (Some(part), _) => Ok(JobOutput(OutputPart { bytes: content.unwrap_or_default(), ..part })),
        (None, Some(refusal)) => Err(refused(refusal)),
        (None, None) => Err(Error::internal("an answer without a part or a refusal")),
    }
}

fn refused(refusal: OutputRefusal) -> Error {
    use OutputRefusalKind as Kind;
    let OutputRefusal { kind, message } = refusal;
    match kind {
        Kind::NotYet => Error::Conflict(message),
        Kind::NotThere => Error::NotFound(message),
        Kind::Forbidden => Error::Forbidden(message),
        Kind::Unsuitable => Error::Unprocessable(message),
        Kind::NoAnswer => Error::NoAnswer(message),
        Kind::Busy => Error::NotReady(message),
        Kind::SwitchedOff => Error::NotImplemented(message),
    }
}
