//! What jobs write, from the agent that reads it to the owner.

use std::time::Duration;

use jobbergate_types::output::{
    ENDED_HEADER, FILE_HEADER, FROM_HEADER, OutputAnswer, OutputPart, OutputQuery, OutputRequest,
    OutputRequestsQuery, PATH_HEADER, REPLACED_HEADER, SIZE_HEADER,
};
use percent_encoding::percent_decode_str;
use reqwest::Method;

use crate::{Client, Error, request::Answer};

/// How much longer than it is to wait for more an answer may take.
const MARGIN: Duration = Duration::from_secs(30);

impl Client {
    /// A part of what a job writes, read by the agent of its cluster. To follow it, wait for what
    /// comes [after](OutputQuery::after) each answer until one has ended.
    ///
    /// # Errors
    /// See [`Error`]; 409 when the job has written nothing yet, 404 when it never will have, 501
    /// when the cluster's agent can't do this, 503 and 504 when it does not answer.
    pub async fn submission_output(
        &self,
        id: i64,
        query: &OutputQuery,
    ) -> Result<OutputPart, Error> {
        let wait = Duration::from_secs(u64::try_from(query.wait).unwrap_or_default());
        let route = ["job-submissions", &id.to_string(), "output"];
        let request = self.request(Method::GET, &route).query(query).within(wait + MARGIN);
        part(request.send().await?)
    }

    /// Takes requests for output of jobs on the caller's cluster; each is given to one agent, once.
    ///
    /// # Errors
    /// See [`Error`]; 404 or 405 when the server is one that does not have this.
    pub async fn take_output_requests(&self, most: i64) -> Result<Vec<OutputRequest>, Error> {
        let route = ["job-submissions", "agent", "output-requests"];
        let query = OutputRequestsQuery { most };
        self.request(Method::POST, &route).query(&query).receive().await
    }

    /// Answers a request that was taken.
    ///
    /// # Errors
    /// See [`Error`]; 404 when nobody waits for it any more.
    pub async fn answer_output_request(
        &self,
        id: &str,
        answer: &OutputAnswer,
    ) -> Result<(), Error> {
        let route = ["job-submissions", "agent", "output-requests", id];
        self.request(Method::PUT, &route).json(answer).done().await
    }
}

fn part(answer: Answer) -> Result<OutputPart, Error> {
    let text = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok());
    let number = |name: &str| text(name).and_then(|text| text.parse::<i64>().ok());
    let (from, size) = (number(FROM_HEADER), number(SIZE_HEADER));
    let path = percent_decode_str(text(PATH_HEADER).unwrap_or_default()).decode_utf8_lossy();
    let (path, file) = (path.into_owned(), text(FILE_HEADER).unwrap_or_default().to_owned());
    let flag = |name: &str| text(name) == Some("true");
    let (ended, replaced) = (flag(ENDED_HEADER), flag(REPLACED_HEADER));
    match (from, size) {
        (Some(from), Some(size)) => {
            Ok(OutputPart { from, size, file, path, ended, replaced, bytes: answer.body })
        }
        _ => Err(answer.undecodable(format!("it lacks {FROM_HEADER} or {SIZE_HEADER}"))),
    }
}
