//! Writing an organization's data into an archive, while the server may go on.
//!
//! Rows are those of one instant. Files are read one after the other meanwhile; one that is gone by
//! then, because its script was deleted, is noted as missing.

use std::{collections::BTreeMap, io, path::Path};

use bytes::Bytes;
use futures::TryStreamExt;
use tokio::task::spawn_blocking;
use tokio_util::io::{StreamReader, SyncIoBridge};

use super::{
    Place, TransferError, Whose,
    archive::{End, FORMAT, FileName, Manifest, VERSION, Writer},
    file_row::named,
    on_file,
    row::{self, Row},
    store,
    tables::{TABLES, Table},
};
use crate::{
    app::App,
    db::{Schema, Session},
    storage::Storage,
};

/// How large a part of a table's rows gets before the next one is begun, in bytes.
const PART: usize = 1 << 20;
/// Files up to this size are read at once, and again when they change meanwhile; others are
/// streamed.
const AT_ONCE: u64 = 8 << 20;
const ATTEMPTS: usize = 3;

/// What was exported.
#[derive(Debug)]
pub struct Exported {
    pub end: End,
    /// Some of the files that were not there.
    pub missing: Vec<String>,
}

/// How many missing files are named.
const NAMED: usize = 10;

/// Exports an organization's data, or the default data, into a new file.
pub async fn export(
    app: &App,
    organization: Option<&str>,
    target: &Path,
) -> Result<Exported, TransferError> {
    let place = Place::of(app, organization, false).await?;
    let mut data = place.tenant.db.snapshot().await?;
    let mut identity = match &place.identity {
        Some(db) => Some(db.snapshot().await?),
        None => None,
    };
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        version: VERSION,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        revision: Schema::newest(&place.tenant.db),
        organization: organization.map(str::to_owned),
        numbers: numbers(&mut data).await?,
    };
    let path = target.to_owned();
    let writer = spawn_blocking(move || Writer::create(&path, &manifest)).await;
    let writer = writer.map_err(io::Error::other).flatten().map_err(on_file(target))?;
    let mut export = Export { writer: Some(writer), target, missing: Vec::new() };
    for (index, table) in TABLES.iter().copied().enumerate() {
        let db = match &mut identity {
            Some(identity) if table.is_shared() => identity,
            _ => &mut data,
        };
        export.rows(db, (index, table), &place.whose).await?;
    }
    for table in TABLES.iter().copied().filter(|table| table.has_files) {
        export.files(&mut data, table, &place).await?;
    }
    let end = export.write(Writer::finish).await?;
    Ok(Exported { end, missing: export.missing })
}

async fn numbers(db: &mut Session) -> sqlx::Result<BTreeMap<String, i64>> {
    // A snapshot begins with the first row that is read.
    let mut numbers = BTreeMap::new();
    for table in TABLES.iter().filter(|table| table.is_numbered) {
        store::holds_rows(db, table).await?;
        numbers.insert(table.name.to_owned(), db.last_number(table.name).await?);
    }
    Ok(numbers)
}

struct Export<'a> {
    /// Nothing while another thread has it, and after a failure.
    writer: Option<Writer>,
    target: &'a Path,
    missing: Vec<String>,
}

/// Rows of a table that are written together.
#[derive(Default)]
struct Part {
    /// How many are written already.
    number: u32,
    lines: Vec<u8>,
    count: u64,
}

impl Export<'_> {
    async fn write<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(Writer) -> io::Result<T> + Send + 'static,
    ) -> Result<T, TransferError> {
        let gone = || io::Error::other("it was given up");
        let writer = self.writer.take().ok_or_else(gone).map_err(on_file(self.target))?;
        let done = spawn_blocking(move || work(writer)).await;
        done.map_err(io::Error::other).flatten().map_err(on_file(self.target))
    }

    async fn add(
        &mut self,
        work: impl FnOnce(&mut Writer) -> io::Result<()> + Send + 'static,
    ) -> Result<(), TransferError> {
        let written = self.write(move |mut writer| work(&mut writer).map(|()| writer)).await;
        self.writer = Some(written?);
        Ok(())
    }

    async fn rows(
        &mut self,
        db: &mut Session,
        (index, table): (usize, &'static Table),
        whose: &Whose,
    ) -> Result<(), TransferError> {
        let mut part = Part::default();
        let mut last: Option<Row> = None;
        loop {
            let page = store::page(db, table, whose, last.as_ref()).await?;
            for row in &page {
                let line = row::to_line(table, row).map_err(TransferError::Refused)?;
                part.lines.extend_from_slice(&line);
                part.count += 1;
                if part.lines.len() >= PART {
                    self.part((index, table), &mut part).await?;
                }
            }
            match page.into_iter().last() {
                Some(row) => last = Some(row),
                None if part.count > 0 => return self.part((index, table), &mut part).await,
                None => return Ok(()),
            }
        }
    }

    /// Writes what was gathered, and begins the next one.
    async fn part(
        &mut self,
        (index, table): (usize, &'static Table),
        part: &mut Part,
    ) -> Result<(), TransferError> {
        let number = part.number + 1;
        let Part { lines, count, .. } = std::mem::replace(part, Part { number, ..Part::default() });
        self.add(move |writer| writer.rows((index, table, number), &lines, count)).await
    }

    async fn files(
        &mut self,
        db: &mut Session,
        table: &'static Table,
        place: &Place,
    ) -> Result<(), TransferError> {
        let mut last: Option<Row> = None;
        loop {
            let page = store::page(db, table, &place.whose, last.as_ref()).await?;
            for row in &page {
                let Some((parent, name)) = named(row) else {
                    let words = format!("a row of {} names no file", table.name);
                    return Err(TransferError::Refused(words));
                };
                let file = FileName { table, parent, name: name.to_owned() };
                self.file(&place.tenant.storage, file).await?;
            }
            match page.into_iter().last() {
                Some(row) => last = Some(row),
                None => return Ok(()),
            }
        }
    }

    async fn file(&mut self, storage: &Storage, file: FileName) -> Result<(), TransferError> {
        match open(storage, &file).await? {
            Content::None => {
                if self.missing.len() < NAMED {
                    let FileName { table, parent, name } = &file;
                    self.missing.push(format!("{} {parent} {name:?}", table.name));
                }
                self.add(move |writer| writer.missing(file)).await
            }
            Content::Whole(content) => {
                let size = content.len() as u64;
                self.add(move |writer| writer.file(file, size, &content[..])).await
            }
            Content::Stream(size, content) => {
                self.add(move |writer| writer.file(file, size, content)).await
            }
        }
    }
}

enum Content {
    None,
    Whole(Bytes),
    Stream(u64, Box<dyn io::Read + Send>),
}

/// A file that is replaced between two looks at it is looked at again.
async fn open(storage: &Storage, file: &FileName) -> Result<Content, TransferError> {
    let mut attempt = 1;
    loop {
        let opened = storage.open(file.table.name, file.parent.into(), &file.name).await?;
        let Some(opened) = opened else { return Ok(Content::None) };
        if opened.size > AT_ONCE {
            let (size, content) = (opened.size, opened.content().map_err(io::Error::other));
            let content = SyncIoBridge::new(StreamReader::new(Box::pin(content)));
            return Ok(Content::Stream(size, Box::new(content)));
        }
        match opened.read().await {
            Ok(content) => return Ok(Content::Whole(content)),
            Err(error) if attempt >= ATTEMPTS => return Err(error.into()),
            Err(_) => attempt += 1,
        }
    }
}
