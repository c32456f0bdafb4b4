//! What a doctor finds, of a server or of an agent: a line for each check, which says what to do if
//! something is wrong.

use std::{fmt, future::Future, time::Duration};

/// How long one check may take.
pub const DEADLINE: Duration = Duration::from_secs(15);

/// What a check found.
#[derive(Debug, Clone)]
pub struct Finding {
    pub check: &'static str,
    pub outcome: Result<String, Problem>,
}

/// What is wrong, and what to do about it.
#[derive(Debug, Clone)]
pub struct Problem {
    what: String,
    advice: String,
}

impl Problem {
    pub fn new(what: impl fmt::Display, advice: impl Into<String>) -> Self {
        Self { what: what.to_string(), advice: advice.into() }
    }

    pub fn what(&self) -> &str {
        &self.what
    }

    /// What to do about it.
    pub fn advice(&self) -> &str {
        &self.advice
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Ok(found) => write!(f, "ok      {}: {found}", self.check),
            Err(Problem { what, advice }) => {
                write!(f, "failed  {}: {what}; {advice}", self.check)
            }
        }
    }
}

/// Makes a check, which fails if it takes longer than [`DEADLINE`].
pub async fn within(
    check: &'static str,
    checking: impl Future<Output = Result<String, Problem>>,
) -> Finding {
    let outcome = tokio::time::timeout(DEADLINE, checking).await.unwrap_or_else(|_| {
        let what = format!("no answer within {} s", DEADLINE.as_secs());
        Err(Problem::new(what, "see whether it is overloaded or unreachable"))
    });
    Finding { check, outcome }
}
