//! Which tables an archive holds, with which columns, and which it does not.
//!
//! A test compares this with the migrations: what they add is either exported or left out on purpose.

mod data;
pub(super) mod identity;

use std::sync::LazyLock;

use crate::db::Kind;

/// How many rows are read at once of tables whose rows are small, and of others.
const SMALL: u32 = 1000;
const LARGE: u32 = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    pub nullable: bool,
}

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, nullable: false }
}

impl Column {
    const fn or_null(self) -> Self {
        Self { nullable: true, ..self }
    }
}

/// In which database a table is, and what an import may find there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The organization's, where it must be empty.
    Data,
    /// The organization's, with rows from the start.
    Seeded,
    /// The identity provider's, which others share.
    Shared {
        /// What holds of an organization's rows; `$1` is its id.
        of_organization: &'static str,
        /// What to do about a row that is there already and differs.
        advice: &'static str,
    },
}

#[derive(Debug)]
pub struct Table {
    pub name: &'static str,
    pub columns: &'static [Column],
    /// The columns that tell its rows apart, and by which they are sorted.
    pub(super) key: &'static [&'static str],
    pub(super) place: Place,
    /// What holds of the rows that are exported.
    pub(super) only: Option<&'static str>,
    /// How many rows are read at once.
    pub(super) page: u32,
    /// Whether the database gives out its numbers.
    pub(super) is_numbered: bool,
    /// Whether each row stands for a stored file.
    pub(super) has_files: bool,
}

impl Table {
    const fn new(
        name: &'static str,
        key: &'static [&'static str],
        columns: &'static [Column],
    ) -> Self {
        Self {
            name,
            columns,
            key,
            place: Place::Data,
            only: None,
            page: LARGE,
            is_numbered: false,
            has_files: false,
        }
    }

    const fn small(self) -> Self {
        Self { page: SMALL, ..self }
    }

    const fn numbered(self) -> Self {
        Self { is_numbered: true, ..self }
    }

    const fn with_files(self) -> Self {
        Self { has_files: true, ..self }
    }

    const fn at(self, place: Place) -> Self {
        Self { place, ..self }
    }

    /// Where in a row the key is.
    pub(super) fn key_places(&self) -> impl Iterator<Item = usize> + '_ {
        self.key.iter().filter_map(|key| self.columns.iter().position(|c| c.name == *key))
    }

    pub(super) const fn is_shared(&self) -> bool {
        matches!(self.place, Place::Shared { .. })
    }
}

/// What an archive holds, in its order: nothing refers to what comes later.
pub static TABLES: LazyLock<Vec<&'static Table>> =
    LazyLock::new(|| data::TABLES.iter().chain(identity::TABLES).collect());

/// What an archive does not hold, and why.
pub const LEFT_OUT: &[(&str, &str)] = &[
    ("agent_requests", "what somebody waits for: over within a minute"),
    ("cluster_leases", "over within 20 s; agents renew them where they go on"),
    ("counted_submissions", "of PostgreSQL alone: triggers count what is imported"),
    ("file_claims", "locks of requests that are under way"),
    ("identity_address", "the server's own"),
    ("identity_attempts", "counts for a quarter of an hour"),
    ("identity_codes", "good for a minute"),
    ("identity_deleted_users", "about tokens that are signed with the server's own keys"),
    ("identity_device_codes", "good for ten minutes"),
    ("identity_families", "log-ins at the old server: people log in again"),
    (
        "identity_keys",
        "the server's own: secret, and other organizations' tokens are signed with them",
    ),
    (
        "identity_links",
        "they lead to the old server: new ones are made with `jobbergate admin user`",
    ),
    ("identity_refresh_tokens", "log-ins at the old server: people log in again"),
    ("identity_sessions", "log-ins at the old server: people log in again"),
    ("organizations", "which organizations the server has served"),
    ("submission_count_changes", "of PostgreSQL alone: triggers count what is imported"),
    ("submission_counts", "triggers count what is imported"),
    ("web_sessions", "log-ins at the old server: people log in again"),
    ("web_sign_ins", "log-ins under way"),
];

/// The table of this name, and where it is among all.
pub(super) fn find(name: &str) -> Option<(usize, &'static Table)> {
    TABLES.iter().copied().enumerate().find(|(_, table)| table.name == name)
}
