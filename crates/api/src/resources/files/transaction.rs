//! The end of a transaction that notes what is stored already.

use crate::{db::Session, error::Error};

/// How a transaction ended. Without a word from the database the rows may have come to last, so
/// that what was stored for them is left alone.
pub(super) enum Ended {
    Committed,
    Undone(Error),
    Unclear(Error),
}

pub(super) async fn commit(db: Session) -> Ended {
    match db.commit().await {
        Ok(()) => Ended::Committed,
        Err(error @ sqlx::Error::Io(_)) => Ended::Unclear(error.into()),
        Err(error) => Ended::Undone(error.into()),
    }
}
