//! In which order entries come, and whether all are there.

use std::collections::HashSet;

use super::super::{End, FileName, Name};
use crate::transfer::tables::{self, Table};

/// How many files a template or script may have: their names are kept in memory.
const MAX_FILES: usize = 100_000;

/// What was read so far.
#[derive(Debug, Default)]
pub(super) struct Order {
    began: bool,
    ended: bool,
    /// The table of the last rows and which part they were.
    rows: Option<(usize, u32)>,
    /// Whose files the last one is, and the names of those.
    files: Option<(usize, i32)>,
    names: HashSet<String>,
    found: End,
}

const OUT_OF_ORDER: &str = "it is not where an export writes it";

impl Order {
    /// Goes on to an entry; fails if it can't be the next one.
    pub(super) fn pass(&mut self, name: &Name) -> Result<(), String> {
        let fits = match name {
            Name::Manifest => !std::mem::replace(&mut self.began, true),
            _ if !self.began => {
                return Err("the archive does not begin with manifest.json".to_owned());
            }
            _ if self.ended => false,
            Name::Rows(place, _, part) => {
                let next = match self.rows {
                    Some((last, part)) if last == *place => part + 1,
                    Some((last, _)) if last > *place => 0,
                    _ => 1,
                };
                self.rows = Some((*place, *part));
                self.files.is_none() && *part == next
            }
            Name::File(file) => return self.pass_file(file),
            Name::Missing(file) => {
                self.found.missing += 1;
                return self.pass_file(file);
            }
            Name::End => !std::mem::replace(&mut self.ended, true),
        };
        if fits { Ok(()) } else { Err(OUT_OF_ORDER.to_owned()) }
    }

    /// Each file once: by parent, and those of a parent under names of their own.
    fn pass_file(&mut self, file: &FileName) -> Result<(), String> {
        let place = tables::find(file.table.name).map(|(place, _)| (place, file.parent));
        if place < self.files {
            return Err(OUT_OF_ORDER.to_owned());
        }
        if place != self.files {
            self.names.clear();
        }
        self.files = place;
        match self.names.insert(file.name.clone()) {
            true if self.names.len() > MAX_FILES => {
                Err(format!("more than {MAX_FILES} files are of the same parent"))
            }
            true => Ok(()),
            false => Err("it is there twice".to_owned()),
        }
    }

    pub(super) fn count_rows(&mut self, table: &Table, rows: u64) {
        *self.found.rows.entry(table.name.to_owned()).or_default() += rows;
    }

    pub(super) const fn count_file(&mut self, size: u64) {
        self.found.files += 1;
        self.found.bytes += size;
    }

    /// Compares what was found with what there must be.
    pub(super) fn judge(&mut self, end: &End, sha256: String) -> Result<(), String> {
        self.found.sha256 = sha256;
        if self.found != *end {
            return Err("what it says is not what is in the archive, which was changed".to_owned());
        }
        let with_files = end
            .rows
            .iter()
            .filter(|(name, _)| tables::find(name).is_some_and(|(_, table)| table.has_files));
        let named: u64 = with_files.map(|(_, count)| count).sum();
        if named != end.files + end.missing {
            return Err(format!(
                "there are {} files, and {} that were missing, for {named} rows that name one",
                end.files, end.missing
            ));
        }
        Ok(())
    }

    pub(super) fn require_end(&self) -> Result<(), String> {
        match self.ended {
            true => Ok(()),
            false => Err("it is cut short: end.json is missing".to_owned()),
        }
    }
}
