//! Reading an archive that anybody may have made: what no export writes is refused.

mod order;
mod parts;

use std::{
    fmt,
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
};

use bytes::Bytes;
use flate2::bufread::GzDecoder;
use tar::{Archive, EntryType};

use super::{End, Entries, FORMAT, FileName, Manifest, Name, VERSION};
use crate::transfer::{
    row::{self, Row},
    tables::Table,
};
use order::Order;
use parts::{Piece, pieces};

/// How large an entry of rows may be, in bytes: a part and a line.
const MAX_ROWS: u64 = 64 << 20;
/// How large the manifest and the end may be, in bytes.
const MAX_NOTE: u64 = 1 << 20;

/// How large what is read may be.
#[derive(Debug, Clone, Copy)]
pub(in crate::transfer) struct Limits {
    /// A file, in bytes.
    pub(in crate::transfer) file: u64,
    /// The last migration that this program knows.
    pub(in crate::transfer) revision: i64,
}

/// What is wrong with an archive, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub entry: String,
    pub line: Option<usize>,
    pub reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.entry)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// What is in an archive.
#[derive(Debug)]
pub(in crate::transfer) enum Item {
    Manifest(Manifest),
    /// Some rows; the first is the first line of this entry.
    Rows {
        entry: String,
        table: &'static Table,
        rows: Vec<Row>,
    },
    File {
        entry: String,
        file: FileName,
        content: Bytes,
    },
    Missing {
        entry: String,
        file: FileName,
    },
    End(End),
}

/// Reads an archive from its beginning to its end; `each` may end it early with a fault.
pub(in crate::transfer) fn read(
    mut file: &File,
    limits: Limits,
    mut each: impl FnMut(Item) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let damaged = |error: io::Error| at("the archive", damage(&error));
    file.seek(SeekFrom::Start(0)).map_err(damaged)?;
    let mut archive = Archive::new(GzDecoder::new(BufReader::new(file)));
    let mut reading = Reading { limits, order: Order::default(), entries: Entries::default() };
    for piece in pieces(&mut archive).map_err(damaged)? {
        each(reading.item(piece?)?)?;
    }
    reading.order.require_end().map_err(|reason| at("the archive", reason))?;
    require_nothing_more(archive.into_inner()).map_err(damaged)
}

/// An archive as far as it was read.
struct Reading {
    limits: Limits,
    order: Order,
    entries: Entries,
}

impl Reading {
    fn item<R: Read>(&mut self, mut piece: Piece<'_, R>) -> Result<Item, Fault> {
        let name = known(&piece)?;
        let bytes = self.content(&name, &mut piece)?;
        self.order.pass(&name).map_err(|reason| at(&piece.name, reason))?;
        if !matches!(name, Name::End) {
            self.entries.begin(&piece.name, piece.size);
            self.entries.content(&bytes);
        }
        self.understood(name, piece.name, bytes)
    }

    /// All of an entry, unless it is larger than it may be.
    fn content<R: Read>(&self, name: &Name, piece: &mut Piece<'_, R>) -> Result<Vec<u8>, Fault> {
        let refuse = |reason: String| at(&piece.name, reason);
        let (limit, advice) = match name {
            Name::Manifest | Name::End => (MAX_NOTE, ""),
            Name::Rows(..) => (MAX_ROWS, ""),
            Name::Missing(_) => (0, ""),
            Name::File(_) => (self.limits.file, "; raise MAX_UPLOAD_FILE_SIZE here"),
        };
        let size = piece.size;
        if size > limit {
            return Err(refuse(format!("it has {size} bytes, {limit} are allowed{advice}")));
        }
        let mut bytes = Vec::new();
        piece.content.read_to_end(&mut bytes).map_err(|error| refuse(damage(&error)))?;
        match bytes.len() as u64 == size {
            true => Ok(bytes),
            false => Err(refuse("it is cut short".to_owned())),
        }
    }

    fn understood(&mut self, name: Name, entry: String, bytes: Vec<u8>) -> Result<Item, Fault> {
        Ok(match name {
            Name::Manifest => {
                let manifest = manifest(&bytes, self.limits.revision);
                Item::Manifest(manifest.map_err(|reason| at(&entry, reason))?)
            }
            Name::Rows(_, table, _) => {
                let rows = rows(table, &entry, &bytes)?;
                self.order.count_rows(table, rows.len() as u64);
                Item::Rows { entry, table, rows }
            }
            Name::File(file) => {
                self.order.count_file(bytes.len() as u64);
                Item::File { entry, file, content: bytes.into() }
            }
            Name::Missing(file) => Item::Missing { entry, file },
            Name::End => {
                let end: End = serde_json::from_slice(&bytes)
                    .map_err(|error| at(&entry, error.to_string()))?;
                let sha256 = std::mem::take(&mut self.entries).end();
                self.order.judge(&end, sha256).map_err(|reason| at(&entry, reason))?;
                Item::End(end)
            }
        })
    }
}

/// The name of an entry that an export may write.
fn known<R: Read>(piece: &Piece<'_, R>) -> Result<Name, Fault> {
    if piece.kind != EntryType::Regular {
        let reason = "it is no regular file: no export writes such entries";
        return Err(at(&piece.name, reason));
    }
    let unknown = || at(&piece.name, "no export writes an entry of this name");
    Name::read(&piece.name).ok_or_else(unknown)
}

pub(super) fn at(entry: &str, reason: impl Into<String>) -> Fault {
    Fault { entry: entry.chars().take(200).collect(), line: None, reason: reason.into() }
}

fn damage(error: &io::Error) -> String {
    format!("it is damaged or no archive of an export ({error})")
}

fn manifest(bytes: &[u8], revision: i64) -> Result<Manifest, String> {
    #[derive(serde::Deserialize)]
    struct Kind {
        format: String,
        version: u32,
    }
    let kind: Kind = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if kind.format != FORMAT {
        return Err(format!("its format is {:?}, not {FORMAT:?}", kind.format));
    }
    if kind.version != VERSION {
        return Err(format!(
            "it is of version {} of the format, this program reads {VERSION}; import it with the \
             version of Jobbergate that made it, or a newer one",
            kind.version
        ));
    }
    let manifest: Manifest = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if manifest.revision > revision {
        return Err(format!(
            "it is of the newer version {} (revision {} of the tables, this program knows \
             {revision}); install that version here first",
            manifest.program, manifest.revision
        ));
    }
    Ok(manifest)
}

fn rows(table: &Table, entry: &str, bytes: &[u8]) -> Result<Vec<Row>, Fault> {
    let Some(lines) = bytes.strip_suffix(b"\n") else {
        return Err(at(entry, "its last line is cut short"));
    };
    let lines = lines.split(|byte| *byte == b'\n').enumerate();
    let rows = lines.map(|(index, line)| {
        let line_number = Some(index + 1);
        row::from_line(table, line)
            .map_err(|reason| Fault { line: line_number, ..at(entry, reason) })
    });
    rows.collect()
}

/// Reads what is behind the last entry, so that all is compared with gzip's checksum.
fn require_nothing_more(mut gzip: GzDecoder<BufReader<&File>>) -> io::Result<()> {
    let odd = |words| io::Error::new(io::ErrorKind::InvalidData, words);
    let mut rest = Vec::new();
    (&mut gzip).take(MAX_NOTE).read_to_end(&mut rest)?;
    if rest.len() as u64 == MAX_NOTE || rest.iter().any(|byte| *byte != 0) {
        return Err(odd("something is behind its last entry"));
    }
    match gzip.into_inner().fill_buf()?.is_empty() {
        true => Ok(()),
        false => Err(odd("something is behind its end")),
    }
}
