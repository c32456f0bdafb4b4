//! How to begin, for who has not done anything yet.

use jobbergate_types::list::Paging;

use super::{Clusters, Jobs};
use crate::{
    permission::Permission,
    resources::job_script_templates::gallery::{self, Shelf, Wanted},
    web::{errors::Failure, portal::user::User},
};

pub(super) struct Start {
    /// Whether to show what a scientist does first.
    pub(super) to_run: bool,
    /// Whether there is nothing to run yet, and they may make it.
    pub(super) to_make: bool,
    /// Whether there is nothing to run yet, and others must make it.
    pub(super) to_wait: bool,
    /// Whether no cluster is there yet, and they may connect one.
    pub(super) to_connect: bool,
}

impl Start {
    /// Nothing for whoever has begun.
    pub(super) async fn of(
        user: &User,
        jobs: Option<&Jobs>,
        clusters: Option<&Clusters>,
    ) -> Result<Option<Self>, Failure> {
        let has_cluster = clusters.is_none_or(|clusters| !clusters.shown.is_empty());
        let to_connect = !has_cluster && user.may(Permission::Admin);
        let has_begun = jobs.is_none_or(|jobs| !jobs.is_empty());
        let may_run = user.may(Permission::JobTemplatesRead)
            && user.may(Permission::JobScriptsCreate)
            && user.may(Permission::JobSubmissionsCreate);
        if has_begun || !may_run {
            let start = Self { to_run: false, to_make: false, to_wait: false, to_connect };
            return Ok(to_connect.then_some(start));
        }
        let paging = Paging { page: 1, size: 1 };
        let any = Wanted { shelf: Shelf::Everything, paging, ..Wanted::default() };
        let is_bare = gallery::page(&user.context, &any, &user.email).await?.total == 0;
        let may_make = user.may(Permission::JobTemplatesCreate);
        Ok(Some(Self {
            to_run: true,
            to_make: is_bare && may_make,
            to_wait: is_bare && !may_make,
            to_connect,
        }))
    }
}
