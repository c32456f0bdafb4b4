//! The scripts that were made from an application, and what became of them.

use jobbergate_types::{
    job_scripts::JobScriptListQuery,
    job_submissions::JobSubmissionBaseView,
    list::{ListQuery, Paging},
};

use crate::{
    error::Result,
    permission::Permission,
    resources::{job_scripts, job_submissions::recent},
    web::portal::{
        Site,
        user::User,
        words::{Moment, State},
    },
};

/// How many are on a page.
const PAGE: i64 = 10;

pub(super) struct History {
    pub(super) scripts: Vec<Made>,
    pub(super) total: i64,
    pub(super) earlier: Option<i64>,
    pub(super) later: Option<i64>,
    pub(super) place: String,
    pub(super) shows_submissions: bool,
}

pub(super) struct Made {
    pub(super) address: String,
    pub(super) name: String,
    pub(super) owner: String,
    pub(super) made: Moment,
    pub(super) last: Option<Last>,
}

/// The newest submission of a script.
pub(super) struct Last {
    pub(super) address: String,
    pub(super) cluster: String,
    pub(super) state: State,
    pub(super) at: Moment,
}

impl History {
    /// Nothing for those who may not see scripts.
    pub(super) async fn of(
        site: &Site,
        user: &User,
        template: i64,
        page: i64,
    ) -> Result<Option<Self>> {
        if !user.may(Permission::JobScriptsRead) {
            return Ok(None);
        }
        let query = JobScriptListQuery {
            from_job_script_template_id: Some(template),
            list: ListQuery {
                sort_ascending: false,
                paging: Paging { page, size: PAGE },
                ..ListQuery::default()
            },
        };
        let found = job_scripts::service::list(&user.context, &query, None).await?;
        let ids: Vec<_> = found.items.iter().map(|it| it.script.id).collect();
        let shows_submissions = user.may(Permission::JobSubmissionsRead);
        let ids = if shows_submissions { ids.as_slice() } else { &[] };
        let mut newest = recent::newest_of_scripts(&user.context.db, ids).await?;
        let now = user.context.now();
        let scripts = found.items.into_iter().map(|it| Made {
            address: site.path(&format!("/scripts/{}", it.script.id)),
            made: Moment::new(now, it.script.created_at.0),
            last: newest.remove(&it.script.id).map(|it| Last::of(site, user, it)),
            name: it.script.name,
            owner: it.script.owner_email,
        });
        Ok(Some(Self {
            scripts: scripts.collect(),
            total: found.total,
            earlier: (page > 1).then(|| (page - 1).min(found.pages.max(1))),
            later: (page < found.pages).then_some(page + 1),
            place: format!("Page {page} of {}", found.pages.max(1)),
            shows_submissions,
        }))
    }
}

impl Last {
    fn of(site: &Site, user: &User, submission: JobSubmissionBaseView) -> Self {
        Self {
            address: site.path(&format!("/submissions/{}", submission.id)),
            state: State::of(submission.status, submission.slurm_job_state),
            at: Moment::new(user.context.now(), submission.created_at.0),
            cluster: submission.client_id,
        }
    }
}
