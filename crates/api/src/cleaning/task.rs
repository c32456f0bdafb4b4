//! The parts of cleaning.

use std::fmt;

use crate::{
    config::CleaningConfig,
    resources::files::{FileTable, JOB_SCRIPT_FILES, TEMPLATE_FILES, WORKFLOW_FILES},
};

/// Locks of tasks are numbered from here.
pub(super) const FIRST_LOCK: i64 = 0x6a6f_6262_6c00;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Archive and delete what is not used.
    Unused(Entries),
    /// Remove stored files that belong to nothing.
    Garbage(StoredFiles),
    /// Forget what requests with keys were answered more than a day ago.
    Keys,
    /// Forget what no agent has looked into for a week.
    Withdrawn,
}

impl Task {
    /// Every task, in a sensible order: what is deleted first leaves less to do.
    pub const ALL: [Self; 8] = [
        Self::Unused(Entries::Submissions),
        Self::Unused(Entries::Scripts),
        Self::Unused(Entries::Templates),
        Self::Garbage(StoredFiles::Scripts),
        Self::Garbage(StoredFiles::Templates),
        Self::Garbage(StoredFiles::Workflows),
        Self::Keys,
        Self::Withdrawn,
    ];

    pub(super) const fn lock(self) -> i64 {
        FIRST_LOCK
            + match self {
                Self::Unused(entries) => entries as i64,
                Self::Garbage(files) => 0x10 + files as i64,
                Self::Keys => 0x30,
                Self::Withdrawn => 0x31,
            }
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unused(entries) => f.write_str(entries.table()),
            Self::Garbage(files) => write!(f, "stored files of {}", files.table().name),
            Self::Keys => f.write_str("idempotency_keys"),
            Self::Withdrawn => f.write_str("withdrawn_submissions"),
        }
    }
}

/// What a task has done, or would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cleaned {
    /// Nothing: the settings don't ask for it.
    Off,
    /// Nothing: another process is at it.
    Busy,
    Entries {
        archived: u64,
        deleted: u64,
    },
    Files {
        removed: u64,
        /// How large they were, in bytes.
        bytes: u64,
        /// How many rows there are whose files are missing.
        missing: u64,
    },
    Keys {
        deleted: u64,
    },
    Withdrawn {
        deleted: u64,
    },
}

impl Cleaned {
    /// What was done, or is to be done if it was only counted, in words.
    pub fn describe(self, dry_run: bool) -> String {
        let done = |verb: &str, past: &str| match dry_run {
            true => format!("to {verb}"),
            false => past.to_owned(),
        };
        match self {
            Self::Off => "off".to_owned(),
            Self::Busy => "left to another process that is at it".to_owned(),
            Self::Entries { archived, deleted } => {
                let (archive, delete) = (done("archive", "archived"), done("delete", "deleted"));
                format!("{archived} {archive}, {deleted} {delete}")
            }
            Self::Files { removed, bytes, missing } => {
                let remove = done("remove", "removed");
                format!("{removed} {remove} ({bytes} bytes), {missing} missing")
            }
            Self::Keys { deleted } | Self::Withdrawn { deleted } => {
                format!("{deleted} {}", done("delete", "deleted"))
            }
        }
    }
}

/// What can be archived and deleted.
///
/// A template is used when it is changed or a script is made of it, a script when it is changed
/// or submitted, a submission when it or its job changes. Clones are on their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entries {
    Submissions,
    Scripts,
    Templates,
}

impl Entries {
    pub(super) const fn table(self) -> &'static str {
        match self {
            Self::Submissions => "job_submissions",
            Self::Scripts => "job_scripts",
            Self::Templates => "job_script_templates",
        }
    }

    /// After how many days without use they are archived, and after how many more deleted.
    pub(super) const fn periods(self, settings: &CleaningConfig) -> (Option<u32>, Option<u32>) {
        match self {
            Self::Submissions => (
                settings.auto_clean_job_submissions_days_to_archive,
                settings.auto_clean_job_submissions_days_to_delete,
            ),
            Self::Scripts => (
                settings.auto_clean_job_scripts_days_to_archive,
                settings.auto_clean_job_scripts_days_to_delete,
            ),
            Self::Templates => (
                settings.auto_clean_job_script_templates_days_to_archive,
                settings.auto_clean_job_script_templates_days_to_delete,
            ),
        }
    }
}

/// The tables that have files in the storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoredFiles {
    Scripts,
    Templates,
    Workflows,
}

impl StoredFiles {
    pub(super) const fn table(self) -> FileTable {
        match self {
            Self::Scripts => JOB_SCRIPT_FILES,
            Self::Templates => TEMPLATE_FILES,
            Self::Workflows => WORKFLOW_FILES,
        }
    }
}
