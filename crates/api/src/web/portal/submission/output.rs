//! What a job writes: bytes for the page's script, which follows them, and a page for browsers
//! without scripts.

mod text;

use askama::Template;
use axum::{
    Json,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use jobbergate_types::output::{
    LARGEST_LIMIT, LONGEST_WAIT, OutputPart, OutputQuery, OutputStream, USUAL_LIMIT,
};
use serde_json::json;

use super::{download, number, query};
use crate::{
    error::Error,
    http::output::Output,
    permission::Permission,
    resources::job_submissions::{output, service},
    web::{
        errors::{Failure, plain},
        page::page,
        portal::{
            Site,
            fields::Fields,
            frame::{Area, Frame},
            user::User,
            words,
        },
    },
};

/// The kind of answer that the page's script asks for.
const BYTES: &str = "application/octet-stream";

#[derive(Template)]
#[template(path = "portal/submission/output.html")]
struct OutputPage {
    frame: Frame,
    here: String,
    id: i64,
    stream: &'static str,
    task: Option<i64>,
    shown: Result<Shown, String>,
}

struct Shown {
    /// None if it is no text.
    text: Option<String>,
    path: String,
    size: String,
    range: String,
    /// Where what comes before and after this begins.
    earlier: Option<i64>,
    later: Option<i64>,
    is_last: bool,
    ended: bool,
    may_download: bool,
}

pub(super) fn asked(fields: &Fields) -> OutputQuery {
    let number = |name: &str| fields.text(name).parse::<i64>().ok();
    let stream = match fields.text("stream") {
        "stderr" => OutputStream::Stderr,
        _ => OutputStream::Stdout,
    };
    let known = fields.get("file").filter(|file| (1..=64).contains(&file.len()));
    OutputQuery {
        stream,
        task: number("task").filter(|task| (0..=i64::from(i32::MAX)).contains(task)),
        from: number("from"),
        limit: number("limit").unwrap_or(USUAL_LIMIT).clamp(1, LARGEST_LIMIT),
        wait: number("wait").unwrap_or_default().clamp(0, LONGEST_WAIT),
        file: known.map(str::to_owned),
    }
}

pub(super) async fn show(
    State(site): State<Site>,
    user: User,
    Path(id): Path<String>,
    fields: RawQuery,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let id = readable(&user, &id).await?;
    let asked = asked(&query(fields));
    let (stream, task) = (asked.stream.as_str(), asked.task);
    let is_script = headers.get(header::ACCEPT).is_some_and(|accept| accept == BYTES);
    let read = output::read(user.context.clone(), &user.identity, id, asked).await;
    if is_script {
        return Ok(read.map_or_else(|error| refused(&error), Output::into_answer));
    }
    let shown = match read {
        Ok(part) => Ok(Shown::of(part.0)),
        Err(error) => {
            error.log();
            Err(plain(&error))
        }
    };
    let frame = user.frame(&site, Area::Submissions);
    let here = site.path(&format!("/submissions/{id}"));
    Ok(page(StatusCode::OK, &OutputPage { frame, here, id, stream, task, shown })?)
}

/// The number of a submission whose output the user may read.
pub(super) async fn readable(user: &User, id: &str) -> Result<i64, Failure> {
    user.require(Permission::JobSubmissionsRead)?;
    let id = number(id)?;
    let submission = service::get(&user.context, id).await?.submission;
    if user.may_change_of(&submission.owner_email) {
        return Ok(id);
    }
    let words = "Only its owner, maintainers and administrators see what a job writes.";
    Err(Failure::new(StatusCode::FORBIDDEN, words))
}

/// Why there is nothing, for a script, which tells by the status whether to ask again.
fn refused(error: &Error) -> Response {
    error.log();
    (error.status(), Json(json!({"detail": plain(error)}))).into_response()
}

impl Shown {
    fn of(part: OutputPart) -> Self {
        let next = part.next();
        let size = u64::try_from(part.size).unwrap_or_default();
        let is_last = next >= part.size;
        Self {
            text: text::plain(&part.bytes),
            path: part.path,
            size: words::bytes(size),
            range: format!("{} to {next}", part.from),
            earlier: (part.from > 0).then(|| (part.from - USUAL_LIMIT).max(0)),
            later: (!is_last).then_some(next),
            is_last,
            ended: part.ended,
            may_download: size <= download::LARGEST,
        }
    }
}
