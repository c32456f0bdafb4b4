//! Why something was not delivered.

/// What went wrong, for the log.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug)]
pub(super) enum Failure {
    /// This is refused for now; something else may be accepted.
    Refused(Cause),
    /// The other end does not answer, or does not accept us: nothing can be delivered for now.
    Unreachable(Cause),
    /// It never will be.
    ForEver(Cause),
}

impl<E: Into<Cause>> From<E> for Failure {
    fn from(cause: E) -> Self {
        Self::Unreachable(cause.into())
    }
}
