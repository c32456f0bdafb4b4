//! Each operation with each permission.

use jobbergate_api::{
    permission::Permission::{self, *},
    service,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    on_both,
    support::{Actor, Answer},
};

/// All operations that need a permission, and which suffice beside the administrator's.
const OPERATIONS: &[(&str, &str, &[Permission])] = &[
    ("POST", "/job-script-templates", &[JobTemplatesCreate]),
    ("GET", "/job-script-templates", &[JobTemplatesRead]),
    ("GET", "/job-script-templates/{id_or_identifier}", &[JobTemplatesRead]),
    ("PUT", "/job-script-templates/{id_or_identifier}", &[JobTemplatesUpdate]),
    ("DELETE", "/job-script-templates/{id_or_identifier}", &[JobTemplatesDelete]),
    ("GET", "/job-script-templates/{id_or_identifier}/questions", &[JobTemplatesRead]),
    (
        "GET",
        "/job-script-templates/{id_or_identifier}/upload/template/{file_name:path}",
        &[JobTemplatesRead],
    ),
    (
        "PUT",
        "/job-script-templates/{id_or_identifier}/upload/template/{file_type}",
        &[JobTemplatesCreate, JobTemplatesUpdate],
    ),
    (
        "DELETE",
        "/job-script-templates/{id_or_identifier}/upload/template/{file_name:path}",
        &[JobTemplatesDelete, JobTemplatesUpdate],
    ),
    ("POST", "/job-script-templates/clone/{id_or_identifier}", &[JobTemplatesCreate]),
    (
        "PUT",
        "/job-script-templates/{id_or_identifier}/upload-by-url/template/{file_type}",
        &[JobTemplatesCreate, JobTemplatesUpdate],
    ),
    ("GET", "/job-script-templates/{id_or_identifier}/upload/workflow", &[JobTemplatesRead]),
    (
        "PUT",
        "/job-script-templates/{id_or_identifier}/upload/workflow",
        &[JobTemplatesCreate, JobTemplatesUpdate],
    ),
    (
        "DELETE",
        "/job-script-templates/{id_or_identifier}/upload/workflow",
        &[JobTemplatesDelete, JobTemplatesUpdate],
    ),
    (
        "PUT",
        "/job-script-templates/{id_or_identifier}/upload-by-url/workflow",
        &[JobTemplatesCreate, JobTemplatesUpdate],
    ),
    (
        "PUT",
        "/job-scripts/{job_script_id}/upload-by-url/{file_type}",
        &[JobScriptsCreate, JobScriptsUpdate],
    ),
    ("DELETE", "/job-script-templates/upload/garbage-collector", &[JobTemplatesDelete]),
    ("DELETE", "/job-scripts/upload/garbage-collector", &[JobScriptsDelete]),
    ("DELETE", "/job-scripts/clean-unused-entries", &[JobScriptsDelete]),
    ("POST", "/job-scripts", &[JobScriptsCreate]),
    ("GET", "/job-scripts", &[JobScriptsRead]),
    ("POST", "/job-scripts/clone/{job_script_id}", &[JobScriptsCreate]),
    ("POST", "/job-scripts/render-from-template/{id_or_identifier}", &[JobScriptsCreate]),
    ("GET", "/job-scripts/{job_script_id}", &[JobScriptsRead]),
    ("PUT", "/job-scripts/{job_script_id}", &[JobScriptsUpdate]),
    ("DELETE", "/job-scripts/{job_script_id}", &[JobScriptsDelete]),
    ("GET", "/job-scripts/{job_script_id}/upload/{file_name:path}", &[JobScriptsRead]),
    (
        "PUT",
        "/job-scripts/{job_script_id}/upload/{file_type}",
        &[JobScriptsCreate, JobScriptsUpdate],
    ),
    (
        "DELETE",
        "/job-scripts/{job_script_id}/upload/{file_name}",
        &[JobScriptsDelete, JobScriptsUpdate],
    ),
    ("POST", "/job-submissions", &[JobSubmissionsCreate]),
    ("GET", "/job-submissions", &[JobSubmissionsRead]),
    ("POST", "/job-submissions/clone/{job_submission_id}", &[JobSubmissionsCreate]),
    ("GET", "/job-submissions/{job_submission_id}", &[JobSubmissionsRead]),
    ("DELETE", "/job-submissions/{job_submission_id}", &[JobSubmissionsDelete]),
    ("PUT", "/job-submissions/{job_submission_id}", &[JobSubmissionsUpdate]),
    ("PUT", "/job-submissions/cancel/{job_submission_id}", &[JobSubmissionsUpdate]),
    ("GET", "/job-submissions/{job_submission_id}/progress", &[JobSubmissionsRead]),
    ("PUT", "/job-submissions/agent/{job_submission_id}", &[JobSubmissionsUpdate]),
    ("POST", "/job-submissions/agent/submitted", &[JobSubmissionsUpdate]),
    ("POST", "/job-submissions/agent/rejected", &[JobSubmissionsUpdate]),
    ("POST", "/job-submissions/agent/waiting", &[JobSubmissionsUpdate]),
    ("GET", "/job-submissions/agent/pending", &[JobSubmissionsRead]),
    ("GET", "/job-submissions/agent/active", &[JobSubmissionsRead]),
    ("GET", "/job-submissions/agent/followed", &[JobSubmissionsRead]),
    ("GET", "/job-submissions/agent/changes", &[JobSubmissionsRead]),
    ("POST", "/job-submissions/agent/claims", &[JobSubmissionsUpdate]),
    ("DELETE", "/job-submissions/agent/claims", &[JobSubmissionsUpdate]),
    ("GET", "/job-submissions/agent/withdrawn", &[JobSubmissionsRead]),
    ("DELETE", "/job-submissions/agent/withdrawn/{job_submission_id}", &[JobSubmissionsUpdate]),
    ("GET", "/job-submissions/{job_submission_id}/output", &[JobSubmissionsRead]),
    ("POST", "/job-submissions/agent/output-requests", &[JobSubmissionsUpdate]),
    ("PUT", "/job-submissions/agent/output-requests/{request_id}", &[JobSubmissionsUpdate]),
    ("GET", "/job-submissions/events", &[JobSubmissionsRead]),
    ("GET", "/job-submissions/{job_submission_id}/events", &[JobSubmissionsRead]),
    ("GET", "/job-submissions/agent/metrics/{job_submission_id}", &[JobSubmissionsRead]),
    ("PUT", "/job-submissions/agent/metrics/{job_submission_id}", &[JobSubmissionsUpdate]),
    ("GET", "/job-submissions/{job_submission_id}/metrics", &[JobSubmissionsRead]),
    ("GET", "/job-submissions/{job_submission_id}/metrics/timestamps", &[JobSubmissionsRead]),
    ("PUT", "/clusters/status", &[ClustersUpdate]),
    ("GET", "/clusters/status", &[ClustersRead]),
    ("GET", "/clusters/status/{client_id}", &[ClustersRead]),
    ("PUT", "/clusters/facts", &[ClustersUpdate]),
    ("GET", "/clusters/facts/{client_id}", &[ClustersRead]),
    ("POST", "/personal-access-tokens", PEOPLE),
    ("GET", "/personal-access-tokens", PEOPLE),
    ("DELETE", "/personal-access-tokens/{token_id}", PEOPLE),
];

/// All permissions but that of agents.
const PEOPLE: &[Permission] = &[
    Maintainer,
    ClustersRead,
    JobTemplatesCreate,
    JobTemplatesRead,
    JobTemplatesUpdate,
    JobTemplatesDelete,
    JobScriptsCreate,
    JobScriptsRead,
    JobScriptsUpdate,
    JobScriptsDelete,
    JobSubmissionsCreate,
    JobSubmissionsRead,
    JobSubmissionsUpdate,
    JobSubmissionsDelete,
];

/// The operations that not even administrators may use without their permission.
const AGENTS_ALONE: [(&str, &str); 2] = [("PUT", "/clusters/status"), ("PUT", "/clusters/facts")];

/// Calls an operation on something that does not exist.
async fn call(actor: &Actor, method: &str, pattern: &str) -> Answer {
    let path: Vec<_> = pattern
        .split('/')
        .map(|segment| match segment {
            "{file_type}" => "SUPPORT",
            segment if segment.starts_with('{') => "999",
            segment => segment,
        })
        .collect();
    let method: Method = method.parse().unwrap();
    actor.send(actor.request(method, &path.join("/")).json(&json!({}))).await
}

on_both! {
    async fn every_operation_is_in_the_list_and_only_health_is_open(_app: TestApp) {
        let routes = service::routes().0;
        let mut unlisted: Vec<_> =
            routes.iter().map(|route| (route.method.to_string(), route.pattern)).collect();
        for (method, pattern, _) in OPERATIONS {
            let position = unlisted.iter().position(|(m, p)| (m.as_str(), p) == (method, pattern));
            unlisted.remove(position.unwrap_or_else(|| panic!("{method} {pattern} is gone")));
        }
        assert_eq!(unlisted, [("GET".to_owned(), "/health")]);
    }

    async fn nobody_gets_in_without_a_token_that_can_be_trusted(app: TestApp) {
        let elsewhere = crate::support::TestApp::on_sqlite().await;
        let stranger = elsewhere.user("alice").await;
        let expired = app.expired().await;
        let actors = [
            app.anonymous(),
            app.bearer("garbage"),
            app.bearer(stranger.token().unwrap()),
            app.bearer(expired.token().unwrap()),
        ];
        for (method, pattern, _) in OPERATIONS {
            for (index, actor) in actors.iter().enumerate() {
                let answer = call(actor, method, pattern).await;
                assert_eq!(answer.status, 401, "{method} {pattern} by {index}");
                assert_eq!(answer.json(), json!({"detail": "Not authenticated"}));
                assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
            }
        }
    }

    async fn each_permission_opens_its_operations_and_no_other(app: TestApp) {
        for permission in Permission::ALL {
            let actor = app.somebody("x@example.com", Some("c"), &[permission]).await;
            for (method, pattern, sufficient) in OPERATIONS {
                let by_admin = permission == Admin && !AGENTS_ALONE.contains(&(*method, *pattern));
                let answer = call(&actor, method, pattern).await;
                let words = format!("{method} {pattern} with {permission}: {answer:?}");
                if by_admin || sufficient.contains(&permission) {
                    assert!(matches!(answer.status.as_u16(), 200 | 202 | 400 | 404 | 422), "{words}");
                } else {
                    assert_eq!(answer.status, 403, "{words}");
                    assert_eq!(answer.json(), json!({"detail": "Not authorized"}));
                    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
                }
            }
        }
    }

    async fn the_heartbeat_needs_its_own_permission(app: TestApp) {
        let admin = app.somebody("root@example.com", Some("c"), &[Admin]).await;
        admin.put("/clusters/status?interval=60", Value::Null).await.expect(403);
    }
}
