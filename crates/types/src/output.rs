//! What jobs write to their standard output and error, on its way from the cluster to its owner.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many bytes an answer has, if it is not said how many it may have.
pub const USUAL_LIMIT: i64 = 64 << 10;
/// How many bytes an answer may have.
pub const LARGEST_LIMIT: i64 = 1 << 20;
/// The longest time to wait for more output, in seconds.
pub const LONGEST_WAIT: i64 = 30;
/// How many requests an agent may take at once.
pub const MOST_TAKEN: i64 = 64;

/// In headers: the place of the first byte in the file.
pub const FROM_HEADER: &str = "jobbergate-output-from";
/// In headers: where to go on.
pub const NEXT_HEADER: &str = "jobbergate-output-next";
/// In headers: the size of the file.
pub const SIZE_HEADER: &str = "jobbergate-output-size";
/// In headers: which file it is.
pub const FILE_HEADER: &str = "jobbergate-output-file";
/// In headers: whether nothing more will come.
pub const ENDED_HEADER: &str = "jobbergate-output-ended";
/// In headers: whether it is another file than the one that was known, or was cut.
pub const REPLACED_HEADER: &str = "jobbergate-output-replaced";
/// In headers: where the file is on the cluster, percent-encoded UTF-8.
pub const PATH_HEADER: &str = "jobbergate-output-path";

/// One of the two streams of a job.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OutputStream {
    /// Standard output.
    #[default]
    Stdout,
    /// Standard error. Slurm writes it into the file of standard output if nobody says otherwise.
    Stderr,
}

impl OutputStream {
    /// Its name, as in queries.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        }
    }
}

const fn usual_limit() -> i64 {
    USUAL_LIMIT
}

/// Which part of a job's output to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OutputQuery {
    /// Which of the two streams.
    #[serde(default)]
    pub stream: OutputStream,
    /// Which task, of a job array.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0), extend("x-integer-bits" = 32))]
    pub task: Option<i64>,
    /// The place of the first byte; a negative one is counted from the end. Without it, as many
    /// bytes from the end as the limit says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// How many bytes to answer with, at most.
    #[serde(default = "usual_limit")]
    #[schemars(range(min = 1, max = 1_048_576))]
    pub limit: i64,
    /// For how many seconds to wait for something to be there; the answer comes as soon as there is.
    #[serde(default)]
    #[schemars(range(min = 0, max = 30))]
    pub wait: i64,
    /// Which file an earlier answer was of. If it is another one now, it is read from its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub file: Option<String>,
}

impl Default for OutputQuery {
    /// The end of standard output.
    fn default() -> Self {
        let stream = OutputStream::Stdout;
        Self { stream, task: None, from: None, limit: USUAL_LIMIT, wait: 0, file: None }
    }
}

impl OutputQuery {
    /// What to ask for next: what comes after the answer to this.
    #[must_use]
    pub fn after(&self, output: &OutputPart) -> Self {
        Self { from: Some(output.next()), file: Some(output.file.clone()), ..self.clone() }
    }
}

/// How many requests an agent takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OutputRequestsQuery {
    /// How many at most.
    #[schemars(range(min = 1, max = 64))]
    pub most: i64,
}

/// What somebody wants to see of a job's output, as its cluster's agent is asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OutputRequest {
    /// What the answer has to name.
    pub id: String,
    /// The submission.
    pub job_submission_id: i64,
    /// Its job.
    pub slurm_job_id: i64,
    /// Whose it is, and as whom the file is to be read.
    pub owner_email: String,
    /// Whether the job has ended, as far as the server knows.
    pub ended: bool,
    /// Which part.
    #[serde(flatten)]
    pub query: OutputQuery,
}

/// Why there is no output to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutputRefusalKind {
    /// The job has written nothing yet.
    NotYet,
    /// There is no such file or job any more, or it is not known which it is.
    NotThere,
    /// The job's user may not read it, or it is not the owner's.
    Forbidden,
    /// It can't be read: no regular file, or a task that there is not.
    Unsuitable,
    /// The file system or Slurm did not answer in time.
    NoAnswer,
    /// The agent reads too much at once.
    Busy,
    /// The agent is set not to do this.
    SwitchedOff,
}

/// Why there is no output to show, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OutputRefusal {
    /// Of which kind the reason is.
    pub kind: OutputRefusalKind,
    /// A sentence for the owner.
    #[schemars(length(min = 1, max = 8192))]
    pub message: String,
}

/// A part of a job's output.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OutputPart {
    /// The place of the first byte in the file.
    #[schemars(range(min = 0))]
    pub from: i64,
    /// The size of the file.
    #[schemars(range(min = 0))]
    pub size: i64,
    /// Which file it is: another one has another name here, also at the same path.
    #[schemars(length(max = 64))]
    pub file: String,
    /// Where it is on the cluster.
    #[schemars(length(max = 8192))]
    pub path: String,
    /// Whether the job has ended and nothing comes after this part.
    pub ended: bool,
    /// Whether the file is another one than the one that was known, or was cut; then this is its
    /// beginning.
    pub replaced: bool,
    /// The bytes.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

impl OutputPart {
    /// The place after the last byte.
    pub fn next(&self) -> i64 {
        self.from.saturating_add(i64::try_from(self.bytes.len()).unwrap_or(i64::MAX))
    }
}

/// What an agent answers to a request: one of the two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OutputAnswer {
    /// What was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<OutputPart>,
    /// Its bytes, in Base64 (RFC 4648, section 4).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 1_398_104))]
    pub content: String,
    /// Why there is nothing to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<OutputRefusal>,
}
