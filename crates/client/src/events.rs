//! A submission as it changes: the server's stream of events (WHATWG HTML, section 9.2).

use std::{fmt, time::Duration};

use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use jobbergate_types::{
    changes::EventsQuery,
    job_submissions::{JobProgressDetail, JobSubmissionDetailedView},
};
use reqwest::{Method, Response, header};
use serde::de::DeserializeOwned;
use sse_stream::{Sse, SseByteStream};

use crate::{Client, Error, request::Opened};

/// After which time a stream is given up; servers end theirs before.
const LIFE: Duration = Duration::from_mins(15);
/// How long nothing may come: servers send something every 15 seconds.
const SILENCE: Duration = Duration::from_secs(45);
/// Within what time to come back after a stream ended, whatever the server says.
const SHORTEST_RETRY: Duration = Duration::from_millis(200);
const LONGEST_RETRY: Duration = Duration::from_secs(30);

/// What is told of a submission.
#[derive(Debug, Clone, PartialEq)]
pub enum SubmissionEvent {
    /// A step in its life.
    Progress(JobProgressDetail),
    /// How it is now.
    Submission(Box<JobSubmissionDetailedView>),
    /// It was deleted.
    Deleted,
}

/// A stream of what is told of a submission.
pub struct SubmissionEvents {
    call: String,
    blocks: BoxStream<'static, Result<Sse, sse_stream::Error>>,
    last_event_id: Option<String>,
    retry: Duration,
    has_begun: bool,
}

impl fmt::Debug for SubmissionEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.call)
    }
}

impl Client {
    /// Follows a submission: its steps after the one of this event, how it is, and what happens then.
    /// The stream ends now and then; whoever wants more comes back.
    ///
    /// # Errors
    /// See [`Error`]; 404 when there is no such submission, or the server does not have this.
    pub async fn submission_events(
        &self,
        id: i64,
        last_event_id: Option<&str>,
    ) -> Result<SubmissionEvents, Error> {
        let route = ["job-submissions", &id.to_string(), "events"];
        let query = EventsQuery { last_event_id: last_event_id.map(str::to_owned) };
        let request = self.request(Method::GET, &route).query(&query).within(LIFE);
        let undecodable =
            |why: &str| Error::Undecodable { call: format!("{request:?}"), why: why.to_owned() };
        let opened = tokio::time::timeout(Self::DEADLINE, request.open()).await;
        let Opened { call, response } =
            opened.map_err(|_| undecodable("it does not begin in time"))??;
        let media_type = response.headers().get(header::CONTENT_TYPE);
        let media_type = media_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !media_type.starts_with("text/event-stream") {
            return Err(undecodable(&format!("it is {media_type:?} and no stream of events")));
        }
        let blocks = blocks(response);
        let last_event_id = last_event_id.map(str::to_owned);
        let retry = Duration::from_secs(1);
        Ok(SubmissionEvents { call, blocks, last_event_id, retry, has_begun: false })
    }
}

/// What comes, until nothing has come for too long, or too much.
fn blocks(response: Response) -> BoxStream<'static, Result<Sse, sse_stream::Error>> {
    let chunks = stream::try_unfold((response, 0), async |(mut response, read)| {
        let next = tokio::time::timeout(SILENCE, response.chunk()).await;
        let next = next.unwrap_or(Ok(None)).map_err(reqwest::Error::without_url)?;
        let next = next.filter(|_| read < Client::LONGEST_ANSWER);
        Ok::<_, reqwest::Error>(next.map(|chunk| {
            let read = read + chunk.len();
            (chunk, (response, read))
        }))
    });
    SseByteStream::new(chunks.boxed()).boxed()
}

impl SubmissionEvents {
    /// What is told next; nothing when the stream ended or broke.
    ///
    /// # Errors
    /// When it can't be understood.
    pub async fn next(&mut self) -> Result<Option<SubmissionEvent>, Error> {
        loop {
            let block = match self.blocks.next().await {
                None | Some(Err(sse_stream::Error::Body(_))) => return Ok(None),
                Some(Err(error)) => return Err(self.undecodable(&error)),
                Some(Ok(block)) => block,
            };
            let retry = block.retry.map(Duration::from_millis);
            self.retry = retry.unwrap_or(self.retry).clamp(SHORTEST_RETRY, LONGEST_RETRY);
            let event = self.event(&block)?;
            self.last_event_id = block.id.or_else(|| self.last_event_id.take());
            if event.is_some() {
                self.has_begun = true;
                return Ok(event);
            }
        }
    }

    fn event(&self, block: &Sse) -> Result<Option<SubmissionEvent>, Error> {
        let data = block.data.as_deref().unwrap_or_default();
        Ok(match block.event.as_deref() {
            Some("progress") => Some(SubmissionEvent::Progress(self.read(data)?)),
            Some("submission") => Some(SubmissionEvent::Submission(Box::new(self.read(data)?))),
            Some("deleted") => Some(SubmissionEvent::Deleted),
            // Of a newer server.
            _ => None,
        })
    }

    fn read<T: DeserializeOwned>(&self, data: &str) -> Result<T, Error> {
        serde_json::from_str(data).map_err(|error| self.undecodable(&error))
    }

    fn undecodable(&self, why: &dyn fmt::Display) -> Error {
        Error::Undecodable { call: self.call.clone(), why: why.to_string() }
    }

    /// The event to go on after.
    pub fn last_event_id(&self) -> Option<&str> {
        self.last_event_id.as_deref()
    }

    /// How soon to come back when it has ended.
    pub fn retry(&self) -> Duration {
        self.retry
    }

    /// Whether anything was told at all. Servers begin at once, but what is between may keep it back.
    pub fn has_begun(&self) -> bool {
        self.has_begun
    }
}
