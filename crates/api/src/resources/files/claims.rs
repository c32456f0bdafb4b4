//! Whose turn it is to write or remove the content of a file.
//!
//! Content is not in the database, and no transaction may last while a storage is waited for: its
//! locks and its connection would be missing elsewhere. A row stands for the lock instead. Whoever
//! writes or removes content that others could, too, has a claim to its key, and looks at the
//! file's row while the claim lasts.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use uuid::Uuid;

use super::{FileTable, claim_store};
use crate::{
    app::Context,
    db::Session,
    error::{Error, Result},
};

/// Longer than the storage may take to read a file, write it and remove another one.
const LIFETIME: TimeDelta = TimeDelta::minutes(3);
/// How long a request waits for others that change the same file.
const PATIENCE: Duration = Duration::from_secs(20);
/// The first and the longest pause between two looks.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(160));

/// The sole right to some keys, until it ends or expires.
#[derive(Debug)]
pub(crate) struct Claim {
    keys: Vec<String>,
    claimant: String,
}

impl Claim {
    /// What is to be claimed, in an order that is the same for all.
    fn of_keys(mut keys: Vec<String>) -> Self {
        keys.sort_unstable();
        keys.dedup();
        Self { keys, claimant: Uuid::new_v4().to_string() }
    }

    fn of_files(context: &Context, table: FileTable, parent: i32, names: &[&str]) -> Result<Self> {
        let mut keys = Vec::new();
        for name in names {
            keys.extend(
                context.storage.keys(table.0, parent, name)?.first().map(ToString::to_string),
            );
        }
        Ok(Self::of_keys(keys))
    }

    pub(super) fn keys(&self) -> &[String] {
        &self.keys
    }

    pub(super) fn claimant(&self) -> &str {
        &self.claimant
    }

    /// Waits for the right to change these files of a parent; 503 if others have it for too long.
    pub(super) async fn wait(
        context: &Context,
        table: FileTable,
        parent: i32,
        names: &[&str],
    ) -> Result<Self> {
        let claim = Self::of_files(context, table, parent, names)?;
        let (started, (mut pause, longest)) = (Instant::now(), PAUSES);
        while !claim.taken(context).await? {
            if started.elapsed() > PATIENCE {
                return Err(Error::NotReady(format!(
                    "The file {} is being changed by another request; try again in a moment",
                    names.join(" or ")
                )));
            }
            tokio::time::sleep(pause).await;
            pause = longest.min(pause * 2);
        }
        Ok(claim)
    }

    async fn taken(&self, context: &Context) -> Result<bool> {
        let now = context.now();
        if claim_store::is_taken(&mut context.db.read().await?, self, now).await? {
            return Ok(false);
        }
        let mut db = context.db.write().await?;
        let taken = claim_store::take(&mut db, self, now, now + LIFETIME).await?;
        if taken {
            db.commit().await?;
        }
        Ok(taken)
    }

    /// The right to a key, unless somebody else has it.
    pub(crate) async fn to_key(context: &Context, key: &str) -> Result<Option<Self>> {
        let claim = Self::of_keys(vec![key.to_owned()]);
        Ok(claim.taken(context).await?.then_some(claim))
    }

    /// The right to a file from the end of this transaction on, unless somebody else has it: who
    /// writes it finds out that it has no row any more.
    pub(super) async fn within(
        db: &mut Session,
        context: &Context,
        table: FileTable,
        parent: i32,
        name: &str,
    ) -> Result<Option<Self>> {
        let claim = Self::of_files(context, table, parent, &[name])?;
        let now = context.now();
        let taken = claim_store::take(db, &claim, now, now + LIFETIME).await?;
        Ok(taken.then_some(claim))
    }

    /// Lets it last as long again from the end of this transaction on; 503 if it was somebody
    /// else's turn meanwhile.
    pub(super) async fn renew(&self, db: &mut Session, context: &Context) -> Result<()> {
        let extended = claim_store::extend(db, self, context.now() + LIFETIME).await?;
        extended.then_some(()).ok_or_else(expired)
    }

    /// Ends it with this transaction; 503 if it was somebody else's turn meanwhile.
    pub(super) async fn end_with(&self, db: &mut Session) -> Result<()> {
        claim_store::end(db, self).await?.then_some(()).ok_or_else(expired)
    }

    /// Ends it; if that fails it expires.
    pub(crate) async fn end(self, context: &Context) {
        let ended = async {
            let mut db = context.db.write().await?;
            claim_store::end(&mut db, &self).await?;
            db.commit().await
        };
        if let Err(error) = ended.await {
            tracing::warn!(%error, keys = ?self.keys, "a claim to a file could not be ended; it expires");
        }
    }
}

/// Forgets claims that expired, such as a crash leaves behind.
pub(crate) async fn forget_expired(context: &Context) -> Result<()> {
    let mut db = context.db.write().await?;
    claim_store::delete_expired(&mut db, context.now()).await?;
    Ok(db.commit().await?)
}

fn expired() -> Error {
    let words = "Storing the file took too long, and somebody else has changed it; try again";
    Error::NotReady(words.to_owned())
}
