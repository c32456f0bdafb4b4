//! What entries are called. No name is ever used as a path: neither here, nor, being encoded, by
//! whoever unpacks an archive by hand.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::transfer::tables::{self, Table};

const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

#[derive(Debug, Clone)]
pub(in crate::transfer) struct FileName {
    pub(in crate::transfer) table: &'static Table,
    pub(in crate::transfer) parent: i32,
    pub(in crate::transfer) name: String,
}

#[derive(Debug, Clone)]
pub(in crate::transfer) enum Name {
    Manifest,
    /// The table's place among all, and which part of its rows.
    Rows(usize, &'static Table, u32),
    File(FileName),
    Missing(FileName),
    End,
}

impl Name {
    pub(in crate::transfer) fn write(&self) -> String {
        match self {
            Self::Manifest => "manifest.json".to_owned(),
            Self::Rows(_, table, part) => format!("tables/{}/{part:06}.jsonl", table.name),
            Self::File(file) => format!("files/{}", file.write()),
            Self::Missing(file) => format!("missing/{}", file.write()),
            Self::End => "end.json".to_owned(),
        }
    }

    /// `None` for what no export writes.
    pub(in crate::transfer) fn read(text: &str) -> Option<Self> {
        let parts: Vec<_> = text.split('/').collect();
        let name = match *parts.as_slice() {
            ["manifest.json"] => Self::Manifest,
            ["end.json"] => Self::End,
            ["tables", table, part] => {
                let (place, table) = tables::find(table)?;
                Self::Rows(place, table, part.strip_suffix(".jsonl")?.parse().ok()?)
            }
            ["files", table, parent, name] => Self::File(FileName::read(table, parent, name)?),
            ["missing", table, parent, name] => Self::Missing(FileName::read(table, parent, name)?),
            _ => return None,
        };
        // One thing has one name.
        (name.write() == text).then_some(name)
    }
}

impl FileName {
    fn write(&self) -> String {
        let encoded = utf8_percent_encode(&self.name, ENCODED).to_string();
        let encoded = match encoded.strip_prefix('.') {
            Some(rest) => format!("%2E{rest}"),
            None if encoded.is_empty() => "%".to_owned(),
            None => encoded,
        };
        format!("{}/{}/{encoded}", self.table.name, self.parent)
    }

    fn read(table: &str, parent: &str, name: &str) -> Option<Self> {
        let (_, table) = tables::find(table).filter(|(_, table)| table.has_files)?;
        let name = match name {
            "%" => String::new(),
            name => percent_decode_str(name).decode_utf8().ok()?.into_owned(),
        };
        Some(Self { table, parent: parent.parse().ok()?, name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written() {
        let (_, table) = tables::find("job_script_files").unwrap();
        for odd in ["run.sh", "..", ".", "", "../../etc/passwd", "/a", "naïve ☃\n", "%41", "a/b"]
        {
            let name = Name::File(FileName { table, parent: 7, name: odd.to_owned() }).write();
            assert!(name.starts_with("files/job_script_files/7/"), "{name}");
            assert_eq!(name.split('/').count(), 4, "{name}");
            assert!(!name.ends_with("/.") && !name.ends_with("/.."), "{name}");
            let Some(Name::File(file)) = Name::read(&name) else { panic!("{name}") };
            assert_eq!((file.parent, file.name.as_str()), (7, odd));
        }
    }

    #[test]
    fn names_that_no_export_writes_are_refused() {
        for odd in [
            "../manifest.json",
            "/etc/passwd",
            "./manifest.json",
            "tables/sqlite_master/000001.jsonl",
            "tables/job_scripts/1.jsonl",
            "tables/job_scripts/../../x.jsonl",
            "files/job_script_files/7/..",
            "files/job_script_files/7/.bashrc",
            "files/job_script_files/7/%2e",
            "files/job_script_files/07/a",
            "files/job_script_files/a/a",
            "files/job_script_files/7/a/b",
            "files/job_scripts/7/a",
            "files/job_script_files/7/%41",
            "",
        ] {
            assert!(Name::read(odd).is_none(), "{odd}");
        }
    }
}
