//! A job's output, as its cluster's agent reads it.

use std::time::Duration;

use jobbergate_client::{Detail, Error};
use jobbergate_types::output::{LARGEST_LIMIT, LONGEST_WAIT, OutputPart, OutputQuery};
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::{PATIENCE, screen::Screen};
use crate::{
    auth::is_unanswered,
    commands::Session,
    failure::{Failure, Result},
};

/// The pause after an answer that came to nothing.
const PAUSE: Duration = Duration::from_secs(1);
/// The same where the agent or the server is away.
const LONG_PAUSE: Duration = Duration::from_secs(5);

/// A job's output, from somewhere on.
#[derive(Debug)]
pub struct Output<'a> {
    session: &'a Session,
    id: i64,
    query: OutputQuery,
    /// Bytes of a character that is not there as a whole yet, for programs that get texts.
    begun: Vec<u8>,
}

/// What there is of it.
#[derive(Debug)]
pub enum Found {
    /// This.
    Part(OutputPart),
    /// Nothing yet, and why.
    NotYet(String),
    /// Nothing can be had at the moment, and why.
    NotNow(String),
    /// Nothing can be had, and why.
    Never(String),
}

impl<'a> Output<'a> {
    /// Of a submission, from what `query` says.
    pub fn new(session: &'a Session, id: i64, query: OutputQuery) -> Self {
        Self { session, id, query, begun: Vec::new() }
    }

    /// Goes on at this place of the same file.
    pub fn seek(&mut self, place: i64) {
        self.query.from = Some(place);
    }

    /// Reads so many bytes at a time.
    pub fn set_limit(&mut self, limit: i64) {
        self.query.limit = limit;
    }

    /// Reads once; what follows a part is read the next time.
    ///
    /// # Errors
    /// When there is no access to the server.
    pub async fn read(&mut self) -> Result<Found> {
        let api = &self.session.api;
        // Whoever waits for what comes asks again anyway, and for longer.
        let client = match self.query.wait {
            0 => api.persistent().await?,
            _ => match api.patient().await {
                Err(Failure::Refused { text, .. }) if is_unanswered(&text) => {
                    return Ok(Found::NotNow(text));
                }
                client => client?,
            },
        };
        let call = format!("GET job-submissions/{}/output", self.id);
        let answer = client.submission_output(self.id, &self.query);
        Ok(match api.noted(&call, answer).await {
            Ok(part) => {
                self.query = self.query.after(&part);
                Found::Part(part)
            }
            Err(error) => found_nothing(&error),
        })
    }

    /// Shows a part.
    ///
    /// # Errors
    /// When nobody reads it any more.
    pub fn show(&mut self, part: &OutputPart, screen: &Screen) -> Result<()> {
        if part.replaced {
            screen.tell(&format!("{} is another file now: from its beginning", part.path));
        }
        if !screen.is_raw() {
            return screen.bytes(&part.bytes);
        }
        self.begun.extend_from_slice(&part.bytes);
        let whole = if part.ended { self.begun.len() } else { whole_characters(&self.begun) };
        let bytes: Vec<u8> = self.begun.drain(..whole).collect();
        if bytes.is_empty() {
            return Ok(());
        }
        screen.json(&json!({
            "event": "output",
            "job_submission_id": self.id,
            "stream": self.query.stream,
            "text": String::from_utf8_lossy(&bytes),
        }))
    }

    /// Shows what there is and what comes, until the job has ended and all was shown.
    ///
    /// # Errors
    /// When it can't be had, has been away for too long, or nobody reads it any more.
    pub async fn follow(&mut self, screen: &Screen) -> Result<()> {
        self.query.wait = LONGEST_WAIT;
        let (mut told, mut nothing_since) = (String::new(), None);
        loop {
            let (why, pause) = match self.read().await? {
                Found::Part(part) => {
                    screen.is_busy();
                    self.show(&part, screen)?;
                    (told, nothing_since) = (String::new(), None);
                    if part.ended {
                        return Ok(());
                    }
                    continue;
                }
                Found::NotYet(why) => {
                    nothing_since = None;
                    (why, PAUSE)
                }
                Found::NotNow(why) => {
                    let since = *nothing_since.get_or_insert_with(Instant::now);
                    if since.elapsed() > PATIENCE {
                        return Err(Failure::new(TITLE, why));
                    }
                    (why, LONG_PAUSE)
                }
                Found::Never(why) => return Err(Failure::new(TITLE, why)),
            };
            if told != why {
                screen.tell(&format!("{why} (it is tried again)"));
                told = why;
            }
            sleep(pause).await;
        }
    }

    /// Where the last so many lines begin.
    ///
    /// # Errors
    /// When there is no access to the server.
    pub async fn tail(&mut self, lines: usize) -> Result<std::result::Result<i64, Found>> {
        let mut wanted = Wanted { lines, at: None };
        self.query.from = Some(-self.query.limit);
        loop {
            let part = match self.read().await? {
                Found::Part(part) => part,
                nothing => return Ok(Err(nothing)),
            };
            if let Some(begin) = wanted.begin(&part) {
                return Ok(Ok(begin));
            }
            self.query.limit = LARGEST_LIMIT.min(part.from);
            self.seek(part.from - self.query.limit);
        }
    }
}

/// Above what can't be shown.
pub const TITLE: &str = "Couldn't show the output";

/// Lines that are looked for, from the end of a file backwards.
struct Wanted {
    lines: usize,
    /// The end of what was looked through.
    at: Option<i64>,
}

impl Wanted {
    /// Where they begin, if it is in this part.
    fn begin(&mut self, part: &OutputPart) -> Option<i64> {
        let end = usize::try_from(self.at.unwrap_or(part.next()) - part.from).unwrap_or_default();
        let mut bytes = part.bytes.get(..end).unwrap_or(&part.bytes);
        if self.at.is_none() {
            // What ends the last line begins none.
            bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        }
        self.at = Some(part.from);
        if self.lines == 0 {
            return Some(part.next());
        }
        let ends = bytes.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n');
        let mut ends = ends.map(|(place, _)| place);
        if let Some(place) = ends.clone().nth(self.lines - 1) {
            return Some(part.from + i64::try_from(place).unwrap_or_default() + 1);
        }
        self.lines -= ends.by_ref().count();
        (part.from == 0).then_some(0)
    }
}

fn found_nothing(error: &Error) -> Found {
    let Error::Status { status, detail, .. } = error else {
        return Found::NotNow(error.to_string());
    };
    let why = detail.to_string();
    let is_of_server = !matches!(detail, Detail::Foreign(_));
    match status.as_u16() {
        404 | 405 if is_of_server && matches!(why.as_str(), "Not Found" | "Method Not Allowed") => {
            Found::Never(
                "This server cannot show what jobs write: it is the Python server, or an old one. \
                 Look at the job's files on the cluster"
                    .to_owned(),
            )
        }
        409 => Found::NotYet(why),
        408 | 429 | 500..=599 if status.as_u16() != 501 => Found::NotNow(why),
        404 if !is_of_server => Found::NotNow(why),
        _ => Found::Never(why),
    }
}

/// How many bytes make whole characters; what is no text at all counts as whole.
fn whole_characters(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        // After what is no text, a character may have begun, too.
        Err(error) => {
            let after = error.valid_up_to() + error.error_len().unwrap_or(1);
            after + whole_characters(bytes.get(after..).unwrap_or_default())
        }
        Ok(text) => text.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(from: i64, text: &str) -> OutputPart {
        OutputPart { from, size: 100, bytes: text.as_bytes().to_vec(), ..OutputPart::default() }
    }

    #[test]
    fn the_last_lines_are_found_from_the_end() {
        let begin = |lines, text: &str| Wanted { lines, at: None }.begin(&part(0, text));
        assert_eq!(begin(1, "a\nb\nc\n"), Some(4));
        assert_eq!(begin(2, "a\nb\nc"), Some(2));
        assert_eq!(begin(3, "a\nb\nc\n"), Some(0));
        assert_eq!(begin(9, "a\nb\nc\n"), Some(0));
        assert_eq!(begin(0, "a\nb\nc\n"), Some(6));
        assert_eq!(begin(1, ""), Some(0));
        assert_eq!(begin(2, "a\n\n\n"), Some(2));
    }

    #[test]
    fn the_last_lines_may_begin_further_before() {
        let mut wanted = Wanted { lines: 3, at: None };
        assert_eq!(wanted.begin(&part(10, "b\nc\nd\n")), None);
        assert_eq!(wanted.begin(&part(4, "x\naaaa")), Some(6));
        let mut wanted = Wanted { lines: 2, at: None };
        assert_eq!(wanted.begin(&part(10, "\nc\n")), None);
        // The file has grown meanwhile, and the part reaches into what was looked through.
        assert_eq!(wanted.begin(&part(4, "x\naaaa\nc\nd\n")), Some(6));
    }

    #[test]
    fn characters_are_told_whole() {
        assert_eq!(whole_characters("aé".as_bytes()), 3);
        assert_eq!(whole_characters(&"aé".as_bytes()[..2]), 1);
        assert_eq!(whole_characters(b"a\xffb"), 3);
        assert_eq!(whole_characters(b"a\xffb\xe2\x82"), 3);
        assert_eq!(whole_characters(b"\xff\xff"), 2);
    }
}
