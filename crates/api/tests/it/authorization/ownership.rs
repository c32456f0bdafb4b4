//! What belongs to somebody is changed by them, by maintainers and by administrators only.

use jobbergate_types::Permission;
use reqwest::Method;
use serde_json::json;

use crate::{
    on_both,
    support::{Actor, Answer},
};

/// All operations that change what belongs to somebody, with the status of success.
const OWNED: &[(&str, &str, u16)] = &[
    ("PUT", "/job-script-templates/1", 200),
    ("PUT", "/job-script-templates/1/upload/template/SUPPORT?filename=b&previous_filename=a", 200),
    ("DELETE", "/job-script-templates/1/upload/template/b", 200),
    // Where the owner, too, is refused, but for another reason.
    ("PUT", "/job-script-templates/1/upload-by-url/template/SUPPORT?file_url=ftp://h/x", 400),
    ("PUT", "/job-script-templates/1/upload-by-url/workflow?file_url=ftp://h/x", 400),
    ("DELETE", "/job-script-templates/1/upload/workflow", 404),
    ("PUT", "/job-scripts/1/upload-by-url/SUPPORT?file_url=ftp://h/x", 400),
    ("DELETE", "/job-script-templates/1", 204),
    ("PUT", "/job-submissions/1", 200),
    ("PUT", "/job-submissions/cancel/1", 200),
    ("DELETE", "/job-submissions/1", 204),
    ("PUT", "/job-scripts/1", 200),
    ("PUT", "/job-scripts/1/upload/ENTRYPOINT?filename=b&previous_filename=run.sh", 200),
    ("DELETE", "/job-scripts/1/upload/b", 200),
    ("DELETE", "/job-scripts/1", 204),
];

async fn call(actor: &Actor, method: &str, path: &str) -> Answer {
    let method: Method = method.parse().unwrap();
    actor.send(actor.request(method, path).json(&json!({"description": "d"}))).await
}

on_both! {
    async fn others_are_refused(app: TestApp) {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let _agent = app.agent("c").await;
        alice.has_template("t", &[("a", "x")]).await;
        alice.has_script("s", "echo").await;
        alice.has_submission(1, "c").await;
        let shouting = app.somebody("ALICE@example.com", None, &all_for_users()).await;
        let nameless = app.client("nameless", all_for_users()).await;
        let admin = app.client("admin", vec![Permission::Admin]).await;
        for (method, path, _) in OWNED {
            for actor in [&nameless, &admin] {
                let refused = call(actor, method, path).await.expect(400).detail();
                let words = "Checked expressions failed: Access token does not contain\n  1: email";
                assert_eq!(refused, words, "{method} {path}");
            }
            for actor in [&bob, &shouting] {
                let refused = call(actor, method, path).await;
                assert_eq!(refused.status, 403, "{method} {path}: {refused:?}");
                assert_eq!(refused.detail(), "Mismatch on attribute(s): owner_email");
            }
        }
        // Nothing changed, and the owner may.
        for (method, path, status) in OWNED {
            call(&alice, method, path).await.expect(*status);
        }
    }

    async fn maintainers_are_not(app: TestApp) {
        let (alice, _agent) = (app.user("alice").await, app.agent("c").await);
        alice.has_template("t", &[("a", "x")]).await;
        alice.has_script("s", "echo").await;
        alice.has_submission(1, "c").await;
        let maintainer = app.maintainer().await;
        for (method, path, status) in OWNED {
            call(&maintainer, method, path).await.expect(*status);
        }
    }

    async fn administrators_are_not(app: TestApp) {
        let (alice, _agent) = (app.user("alice").await, app.agent("c").await);
        alice.has_template("t", &[("a", "x")]).await;
        alice.has_script("s", "echo").await;
        alice.has_submission(1, "c").await;
        let admin = app.somebody("root@example.com", None, &[Permission::Admin]).await;
        for (method, path, status) in OWNED {
            call(&admin, method, path).await.expect(*status);
        }
    }
}

fn all_for_users() -> Vec<Permission> {
    Permission::ALL.into_iter().filter(|permission| permission.is_for_users()).collect()
}
