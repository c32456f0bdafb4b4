//! Reading an archive into an organization that is empty: first all of it without doing anything,
//! then again, in a transaction.

mod files;
mod rows;

use std::{collections::HashSet, fs::File, path::Path, sync::Arc};

use chrono::{DateTime, Utc};
use tokio::{sync::mpsc, task::spawn_blocking};

use super::{
    End, Fault, Place, TransferError, Whose,
    archive::{self, Item, Limits, Manifest},
    on_file, store,
    tables::{self, TABLES},
};
use crate::{
    app::App,
    db::{Schema, Session},
};
use files::{Files, MARK_KEY};

/// How many entries are read ahead: each may be as large as a file may be.
const AHEAD: usize = 1;

/// Imports an archive into an organization, or into the default data; gives what was imported.
///
/// A failure leaves nothing, unless it says so. If this process is killed, files may be left, which the next import removes.
pub async fn import(
    app: &App,
    organization: Option<&str>,
    path: &Path,
) -> Result<End, TransferError> {
    let file = Arc::new(File::open(path).map_err(on_file(path))?);
    let limits = Limits {
        file: app.max_upload_file_size as u64,
        revision: Schema::newest(&app.tenants.default_tenant().db),
    };
    let refuse = |fault| TransferError::Archive { path: path.to_owned(), fault };
    let checked = Arc::clone(&file);
    let check = spawn_blocking(move || check(&checked, limits)).await;
    let found = check.map_err(|error| on_file(path)(error.into()))?.map_err(refuse)?;
    let place = Place::of(app, organization, true).await?;
    files::require_room(app, found.bytes).map_err(on_file(path))?;
    let mut target = Target::begin(place).await?;
    target.files.begin().await?;
    let filled = async {
        target.read(&file, limits).await?;
        target.prepare(app.clock.now()).await
    };
    if let Err(stop) = filled.await {
        let error = match stop {
            Stop::Fault(fault) => refuse(fault),
            Stop::Error(error) => error,
        };
        return Err(target.give_up(error).await);
    }
    let files = target.commit().await?;
    files.keep().await.map_err(|cause| TransferError::Marked { key: MARK_KEY, cause })?;
    Ok(found)
}

/// Reads an archive for what is wrong with it.
fn check(file: &File, limits: Limits) -> Result<End, Fault> {
    let mut found = End::default();
    archive::read(file, limits, |item| {
        if let Item::End(end) = item {
            found = end;
        }
        Ok(())
    })?;
    Ok(found)
}

/// Why an import ends.
#[derive(Debug)]
enum Stop {
    Fault(Fault),
    Error(TransferError),
}

impl<E: Into<TransferError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

/// Where an archive is imported: its transactions, and its files.
struct Target {
    data: Session,
    /// Where people and clients are, if that is elsewhere.
    identity: Option<Session>,
    files: Files,
    whose: Whose,
    manifest: Option<Manifest>,
    /// The ids of the accounts in the archive.
    accounts: HashSet<String>,
}

impl Target {
    /// Fails if there is something already.
    async fn begin(place: Place) -> Result<Self, TransferError> {
        let mut data = place.tenant.db.write().await?;
        data.take_time().await?;
        store::keep_others_out(&mut data).await?;
        for table in TABLES.iter().filter(|table| table.place == tables::Place::Data) {
            if store::holds_rows(&mut data, table).await? {
                return Err(TransferError::Refused(format!(
                    "there is something already (the table {} has rows): an archive is imported \
                     only where nothing is. Name another organization, or another database, \
                     bucket or data directory, or delete these, and import before agents and people use it",
                    table.name
                )));
            }
        }
        let identity = match &place.identity {
            Some(db) => Some(db.write().await?),
            None => None,
        };
        let files = Files::new(place.tenant.storage.clone());
        files.require_none().await?;
        let (whose, accounts) = (place.whose, HashSet::new());
        let mut target = Self { data, identity, files, whose, manifest: None, accounts };
        if let Some(identity) = &mut target.identity {
            identity.take_time().await?;
        }
        Ok(target)
    }

    /// Reads the archive on a thread of its own, which is never far ahead.
    async fn read(&mut self, file: &Arc<File>, limits: Limits) -> Result<(), Stop> {
        let (sender, mut items) = mpsc::channel(AHEAD);
        let file = Arc::clone(file);
        let reading = spawn_blocking(move || {
            archive::read(&file, limits, |item| {
                let stopped =
                    |_| Fault { entry: String::new(), line: None, reason: "given up".to_owned() };
                sender.blocking_send(item).map_err(stopped)
            })
        });
        while let Some(item) = items.recv().await {
            self.take(item).await?;
        }
        drop(items);
        match reading.await {
            Ok(read) => read.map_err(Stop::Fault),
            Err(error) => Err(TransferError::Refused(error.to_string()).into()),
        }
    }

    async fn take(&mut self, item: Item) -> Result<(), Stop> {
        match item {
            Item::Manifest(manifest) => self.manifest = Some(manifest),
            Item::Rows { entry, table, rows } => self.insert(&entry, table, rows).await?,
            Item::File { entry, file, content } => {
                self.require_row(&entry, &file).await?;
                self.files.put(file, content).await?;
            }
            Item::Missing { entry, file } => self.require_row(&entry, &file).await?,
            Item::End(_) => {}
        }
        Ok(())
    }

    /// Removes what was stored while others are still kept out.
    async fn give_up(self, error: TransferError) -> TransferError {
        match self.files.remove().await {
            Ok(()) => error,
            Err(cause) => TransferError::Left { error: Box::new(error), cause },
        }
    }

    async fn prepare(&mut self, now: DateTime<Utc>) -> Result<(), Stop> {
        store::prepare_for_move(&mut self.data, now).await?;
        let numbers = self.manifest.take().map(|manifest| manifest.numbers).unwrap_or_default();
        for table in TABLES.iter().filter(|table| table.is_numbered) {
            if let Some(number) = numbers.get(table.name) {
                self.data.pass_number(table.name, *number).await?;
            }
        }
        Ok(())
    }

    /// People first: an organization's data is not there without them. Of a commit that fails nobody
    /// knows whether it was made: files stay until the next import sees.
    async fn commit(self) -> Result<Files, TransferError> {
        let Some(identity) = self.identity else {
            self.data.commit().await?;
            return Ok(self.files);
        };
        identity.commit().await?;
        self.data.commit().await.map_err(TransferError::PeopleOnly)?;
        Ok(self.files)
    }
}
