//! What is around all pages: their style and scripts, the way to other pages, who is signed in.

use super::{Site, assets, user::User};
use crate::permission::Permission;

/// Which part of the site a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Area {
    Home,
    Applications,
    Submissions,
    Scripts,
    Clusters,
    Administration,
    None,
}

#[derive(Debug)]
pub(super) struct Frame {
    /// What comes before all paths.
    pub(super) base: String,
    /// What forms carry.
    pub(super) form_token: String,
    /// Whoever is signed in: their name, their address.
    pub(super) who: Option<(String, String)>,
    pub(super) account: Option<String>,
    pub(super) log_out: String,
    pub(super) ways: Vec<Way>,
}

/// A way to a part of the site.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) path: String,
    pub(super) words: &'static str,
    pub(super) is_here: bool,
}

impl Frame {
    pub(super) fn of(site: &Site, user: &User, here: Area) -> Self {
        let all = [
            (Area::Home, "/", "Home", true),
            (
                Area::Applications,
                "/applications",
                "Applications",
                user.may(Permission::JobTemplatesRead),
            ),
            (
                Area::Submissions,
                "/submissions",
                "Submissions",
                user.may(Permission::JobSubmissionsRead),
            ),
            (Area::Scripts, "/scripts", "Scripts", user.may(Permission::JobScriptsRead)),
            (Area::Clusters, "/clusters", "Clusters", user.may(Permission::ClustersRead)),
            (Area::Administration, "/admin", "Administration", user.may(Permission::Admin)),
        ];
        let ways = all.into_iter().filter(|(.., shown)| *shown).map(|(area, path, words, _)| Way {
            path: site.path(path),
            words,
            is_here: area == here,
        });
        Self {
            form_token: user.form_token.clone(),
            who: Some((user.name.clone(), user.email.clone())),
            account: site.sign_in.account(),
            ways: ways.collect(),
            ..Self::bare(site)
        }
    }

    /// For a page of which it is not known who sees it.
    pub(super) fn bare(site: &Site) -> Self {
        Self {
            base: site.base.to_string(),
            form_token: String::new(),
            who: None,
            account: None,
            log_out: site.sign_in.log_out(site),
            ways: Vec::new(),
        }
    }

    /// The address of a style, a script or a picture: another one whenever it changes.
    pub(super) fn asset(&self, name: &str) -> String {
        assets::address(&self.base, name)
    }
}
