//! A submission as it changes: by the server's stream of events or, where there is none, by asking
//! again and again. It goes on after outages.

pub mod ending;
pub mod explain;
pub mod output;
pub mod screen;
pub mod states;

use std::{collections::VecDeque, time::Duration};

use jobbergate_client::{Client, Error, SubmissionEvent, SubmissionEvents};
use jobbergate_types::{
    job_submissions::{JobProgressDetail, JobSubmissionDetailedView},
    list::Paging,
};
use tokio::time::{Instant, sleep_until};

use crate::{
    api::failed,
    auth::is_unanswered,
    commands::Session,
    failure::{Failure, Result},
};

/// For how long a server that does not answer is asked again.
pub const PATIENCE: Duration = Duration::from_mins(10);
/// The pauses between two questions: the first, which doubles, and the longest.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(10)];
/// How many steps are asked for at a time.
const STEPS: i64 = 100;

/// What is heard of a submission.
#[derive(Debug)]
pub enum News {
    /// A step in its life.
    Step(JobProgressDetail),
    /// How it is now.
    Submission(Box<JobSubmissionDetailedView>),
    /// It was deleted.
    Deleted,
    /// The server can't be asked, and why; it is tried again.
    Away(String),
    /// It answers again.
    Back,
}

/// Somebody who follows a submission.
#[derive(Debug)]
pub struct Follower<'a> {
    session: &'a Session,
    id: i64,
    way: Way,
    /// The number of the last step that was heard of.
    last_step: i64,
    /// How many steps were read by asking.
    read: i64,
    shown: Option<JobSubmissionDetailedView>,
    untold: VecDeque<News>,
    /// Whether it is known that there is such a submission.
    is_known: bool,
    pauses: Pauses,
    next_at: Option<Instant>,
    outage: Option<Instant>,
}

#[derive(Debug)]
enum Way {
    Unconnected,
    Streaming(SubmissionEvents),
    Asking,
}

/// Pauses that grow.
#[derive(Debug)]
struct Pauses(Duration);

impl Pauses {
    fn next(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (pause * 2).min(PAUSES[1]);
        // Not all who lost the same server at the same time are to come back at the same time.
        pause.mul_f64(rand::random_range(0.8..1.2))
    }

    fn reset(&mut self) {
        self.0 = PAUSES[0];
    }
}

enum Setback {
    /// It may be otherwise soon.
    Passing(Failure),
    /// It stays so.
    Final(Failure),
}

/// A token that was refused is refused again; a provider that is away comes back.
fn without_access(failure: Failure) -> Setback {
    match &failure {
        Failure::Refused { text, .. } if is_unanswered(text) => Setback::Passing(failure),
        _ => Setback::Final(failure),
    }
}

impl<'a> Follower<'a> {
    /// Of the submission with this id; whether it `is_known` that there is one.
    pub fn new(session: &'a Session, id: i64, is_known: bool) -> Self {
        Self {
            session,
            id,
            way: Way::Unconnected,
            last_step: 0,
            read: 0,
            shown: None,
            untold: VecDeque::new(),
            is_known,
            pauses: Pauses(PAUSES[0]),
            next_at: None,
            outage: None,
        }
    }

    /// What happens next.
    ///
    /// # Errors
    /// When there is no such submission, the caller may not see it, or the server was away for too
    /// long.
    pub async fn next(&mut self) -> Result<News> {
        loop {
            if let Some(news) = self.untold.pop_front() {
                return Ok(news);
            }
            if let Some(at) = self.next_at.take() {
                sleep_until(at).await;
            }
            let gone_on = match &self.way {
                Way::Unconnected => self.connect().await,
                Way::Streaming(_) => self.hear().await,
                Way::Asking => self.ask().await,
            };
            match gone_on {
                Ok(()) => {}
                Err(Setback::Passing(failure)) if self.is_known => self.bear(failure)?,
                Err(Setback::Passing(failure) | Setback::Final(failure)) => return Err(failure),
            }
        }
    }

    fn pause(&mut self, pause: Duration) {
        self.next_at = Some(Instant::now() + pause);
    }

    fn judged(&self, error: &Error) -> Setback {
        let failure = failed(&format!("Couldn't follow job submission {}", self.id), error);
        let is_refused = error.status().is_some_and(|status| matches!(status.as_u16(), 401 | 403));
        match error.may_pass() && !is_refused {
            true => Setback::Passing(failure),
            false => Setback::Final(failure),
        }
    }

    fn bear(&mut self, failure: Failure) -> Result<()> {
        let Failure::Refused { title, text } = failure else { return Err(failure) };
        let is_new = self.outage.is_none();
        let since = *self.outage.get_or_insert_with(Instant::now);
        if since.elapsed() > PATIENCE {
            let minutes = PATIENCE.as_secs() / 60;
            return Err(Failure::new(title, format!("{text} (tried for {minutes} minutes)")));
        }
        if is_new {
            self.pauses.reset();
            self.untold.push_back(News::Away(text));
        }
        let pause = self.pauses.next();
        self.pause(pause);
        Ok(())
    }

    /// Notes that the server answers.
    fn heard(&mut self) {
        self.is_known = true;
        if self.outage.take().is_some() {
            self.pauses.reset();
            self.untold.push_back(News::Back);
        }
    }

    async fn connect(&mut self) -> std::result::Result<(), Setback> {
        let api = &self.session.api;
        let client = api.patient().await.map_err(without_access)?;
        let call = format!("GET job-submissions/{}/events", self.id);
        let last = (self.last_step > 0).then(|| self.last_step.to_string());
        let events = client.submission_events(self.id, last.as_deref());
        match api.noted(&call, events).await {
            Ok(events) => self.way = Way::Streaming(events),
            // An older server; or there is no such submission, which is found out by asking.
            Err(error) if error.is_unknown_route() && !error.is_foreign() => self.way = Way::Asking,
            // Too many streams of one person.
            Err(error) if error.status().is_some_and(|status| status.as_u16() == 429) => {
                self.way = Way::Asking;
            }
            Err(error) => return Err(self.judged(&error)),
        }
        Ok(())
    }

    async fn hear(&mut self) -> std::result::Result<(), Setback> {
        let Way::Streaming(events) = &mut self.way else { return Ok(()) };
        match events.next().await {
            Ok(Some(event)) => {
                self.heard();
                match event {
                    SubmissionEvent::Progress(step) => self.step(step),
                    SubmissionEvent::Submission(submission) => self.show(*submission),
                    SubmissionEvent::Deleted => self.untold.push_back(News::Deleted),
                }
            }
            Ok(None) if events.has_begun() => {
                let retry = events.retry();
                self.way = Way::Unconnected;
                self.pause(retry);
            }
            // Something in between keeps events back.
            Ok(None) => self.way = Way::Asking,
            Err(error) => {
                self.way = Way::Unconnected;
                return Err(self.judged(&error));
            }
        }
        Ok(())
    }

    async fn ask(&mut self) -> std::result::Result<(), Setback> {
        let api = &self.session.api;
        let client = api.patient().await.map_err(without_access)?;
        let call = format!("GET job-submissions/{}", self.id);
        let submission = match api.noted(&call, client.submission(self.id)).await {
            Err(error) if error.is_unknown_route() && !error.is_foreign() && self.is_known => {
                self.untold.push_back(News::Deleted);
                return Ok(());
            }
            answer => answer.map_err(|error| self.judged(&error))?,
        };
        // Those up to how it is now.
        let steps = match api.noted(&format!("{call}/progress"), self.steps(&client)).await {
            Err(error) if error.is_unknown_route() => Vec::new(),
            answer => answer.map_err(|error| self.judged(&error))?,
        };
        self.heard();
        self.read += i64::try_from(steps.len()).unwrap_or_default();
        steps.into_iter().for_each(|step| self.step(step));
        self.show(submission);
        if !self.untold.is_empty() {
            self.pauses.reset();
        }
        let pause = self.pauses.next();
        self.pause(pause);
        Ok(())
    }

    /// The steps beyond those that were read.
    async fn steps(&self, client: &Client) -> std::result::Result<Vec<JobProgressDetail>, Error> {
        let mut page = Paging { page: self.read / STEPS + 1, size: STEPS };
        let mut known = usize::try_from(self.read % STEPS).unwrap_or_default();
        let mut steps = Vec::new();
        loop {
            let found = client.submission_progress(self.id, &page).await?;
            steps.extend(found.items.into_iter().skip(known));
            if page.page >= found.pages {
                return Ok(steps);
            }
            page.page += 1;
            known = 0;
        }
    }

    fn step(&mut self, step: JobProgressDetail) {
        if step.id > self.last_step {
            self.last_step = step.id;
            self.untold.push_back(News::Step(step));
        }
    }

    fn show(&mut self, submission: JobSubmissionDetailedView) {
        if self.shown.as_ref() == Some(&submission) {
            return;
        }
        self.untold.push_back(News::Submission(Box::new(submission.clone())));
        self.shown = Some(submission);
    }
}
