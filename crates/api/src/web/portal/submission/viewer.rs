//! Who looks at a submission, as long as they do: a stream outlasts its request.

use std::sync::Arc;

use axum::http::{HeaderMap, header};
use futures::FutureExt;
use jobbergate_types::job_submissions::JobSubmissionBaseView;

use crate::{
    auth::Identity,
    permission::Permission,
    resources::job_submissions::events::watch::Right,
    web::portal::{Site, user::User},
};

#[derive(Debug)]
pub(in crate::web::portal) struct Viewer {
    /// What comes before all paths.
    pub(in crate::web::portal) base: Arc<str>,
    pub(in crate::web::portal) form_token: String,
    identity: Identity,
}

impl Viewer {
    pub(in crate::web::portal) fn of(site: &Site, user: &User) -> Self {
        let (base, form_token) = (Arc::clone(&site.base), user.form_token.clone());
        Self { base, form_token, identity: user.identity.clone() }
    }

    pub(in crate::web::portal) fn may(&self, permission: Permission) -> bool {
        self.identity.has(Permission::Admin) || self.identity.has(permission)
    }

    /// Whether they may do to a submission what takes this permission.
    pub(in crate::web::portal) fn may_to(
        &self,
        permission: Permission,
        submission: &JobSubmissionBaseView,
    ) -> bool {
        self.may(permission) && self.identity.require_ownership(&submission.owner_email).is_ok()
    }
}

/// The right to see submissions, as long as the session lasts from which the request came.
pub(in crate::web::portal) fn right(site: &Site, user: &User, headers: &HeaderMap) -> Right {
    let mut kept = HeaderMap::new();
    for cookie in headers.get_all(header::COOKIE) {
        kept.append(header::COOKIE, cookie.clone());
    }
    let watching = Arc::new((site.clone(), kept, user.identity.clone()));
    Box::new(move || {
        let watching = Arc::clone(&watching);
        async move {
            let (site, headers, before) = &*watching;
            let read = Permission::JobSubmissionsRead;
            site.sign_in.still(headers).await.is_some_and(|now| {
                now.subject == before.subject
                    && now.organization == before.organization
                    && (now.has(Permission::Admin) || now.has(read))
            })
        }
        .boxed()
    })
}
