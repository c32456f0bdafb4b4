//! A submission with what it came from and where it goes to, as people look at it.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use jobbergate_types::{
    clusters::ClusterStatusView,
    job_script_templates::JobTemplateListView,
    job_scripts::JobScriptBaseView,
    job_submissions::{
        JobProgressDetail, JobSubmissionBaseView, JobSubmissionDetailedView, JobSubmissionListView,
    },
};

use super::{progress, service, store};
use crate::{
    db::Db,
    error::Result,
    query::Lock,
    resources::{clusters, job_script_templates, job_scripts},
};

#[derive(Debug)]
pub(crate) struct Overview {
    pub(crate) submission: JobSubmissionDetailedView,
    /// None when it was deleted.
    pub(crate) script: Option<JobScriptBaseView>,
    /// The template of which the script was rendered, if it is still there.
    pub(crate) template: Option<JobTemplateListView>,
    /// None if its agent never reported.
    pub(crate) cluster: Option<ClusterStatusView>,
}

/// Steps in a submission's life, newest first.
#[derive(Debug)]
pub(crate) struct Steps {
    pub(crate) steps: Vec<JobProgressDetail>,
    /// Whether there are older ones.
    pub(crate) more: bool,
}

/// A submission; 404 if there is none.
pub(crate) async fn overview(db: &Db, id: i64, now: DateTime<Utc>) -> Result<Overview> {
    // A standby may not have the last heartbeat yet.
    let mut db = db.primary().read().await?;
    let row = service::require(&mut db, id).await?;
    let script = match row.job_script_id {
        Some(script) => job_scripts::store::find(&mut db, script.into(), Lock::None).await?,
        None => None,
    };
    let template = script.as_ref().and_then(|script| script.parent_template_id);
    let template = match template {
        Some(template) => {
            job_script_templates::store::with_ids(&mut db, [template]).await?.pop().map(Into::into)
        }
        None => None,
    };
    let cluster = clusters::store::find(&mut db, &row.client_id).await?;
    Ok(Overview {
        submission: row.try_into()?,
        script: script.map(Into::into),
        template,
        cluster: cluster.map(|row| row.view(now, &HashMap::new())),
    })
}

/// The last steps of a submission, or those before one of them.
pub(crate) async fn steps(db: &Db, id: i64, before: Option<i64>, most: usize) -> Result<Steps> {
    let rows = progress::before(&mut db.read().await?, id, before, most + 1).await?;
    let more = rows.len() > most;
    Ok(Steps { steps: rows.into_iter().take(most).map(Into::into).collect(), more })
}

/// The templates of which the scripts of a list were rendered, those that are still there.
pub(crate) async fn templates(
    db: &Db,
    list: &[JobSubmissionListView],
) -> Result<HashMap<i64, JobTemplateListView>> {
    let scripts = list.iter().filter_map(|row| row.job_script.as_ref());
    let ids: HashSet<_> = scripts.filter_map(|script| script.parent_template_id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids = ids.into_iter().filter_map(|id| i32::try_from(id).ok());
    let rows = job_script_templates::store::with_ids(&mut db.read().await?, ids).await?;
    Ok(rows.into_iter().map(JobTemplateListView::from).map(|row| (row.id, row)).collect())
}

/// How submissions stand, those that are still there.
pub(crate) async fn standing(
    db: &Db,
    ids: impl IntoIterator<Item = i64>,
) -> Result<Vec<JobSubmissionBaseView>> {
    let rows = store::with_ids(&mut db.read().await?, ids).await?;
    rows.into_iter().map(TryInto::try_into).collect()
}
