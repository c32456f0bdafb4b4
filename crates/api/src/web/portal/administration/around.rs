//! What is around all pages of the area.

use super::{administrator::Administrator, note::Note};
use crate::web::portal::{
    Site,
    frame::{Area, Frame, Way},
};

#[derive(Debug)]
pub(super) struct Around {
    pub(super) tabs: Vec<Way>,
    pub(super) done: Option<&'static str>,
    pub(super) problem: Option<String>,
}

/// A part of the area: its path, its name, and whether it is about the whole server.
const PARTS: [(&str, &str, bool); 10] = [
    ("/admin", "Overview", false),
    ("/admin/people", "People", false),
    ("/admin/roles", "Roles", true),
    ("/admin/agents", "Agents", false),
    ("/admin/organizations", "Organizations", true),
    ("/admin/settings", "Settings", true),
    ("/admin/doctor", "Doctor", true),
    ("/admin/outbox", "Outbox", true),
    ("/admin/cleaning", "Cleaning", true),
    ("/admin/keys", "Keys", true),
];

impl Around {
    /// For a page of the part at `here`.
    pub(super) fn new(
        site: &Site,
        administrator: &Administrator,
        here: &str,
        note: &mut Note,
    ) -> (Frame, Self) {
        let shown =
            PARTS.into_iter().filter(|(.., servers)| !servers || administrator.is_of_server());
        let tabs = shown.map(|(path, words, _)| Way {
            path: site.path(path),
            words,
            is_here: path == here,
        });
        let around = Self { tabs: tabs.collect(), done: note.done, problem: note.problem.take() };
        (administrator.user.frame(site, Area::Administration), around)
    }
}
