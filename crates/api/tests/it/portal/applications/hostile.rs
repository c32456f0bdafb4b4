//! What people write is shown, and does nothing.

use serde_json::json;

use crate::{
    identity::story::person,
    on_both,
    web::browser::{Browser, form},
};

const EVIL: &str = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>";

on_both! {
    async fn nothing_that_people_write_is_run(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let bob = app.user("bob").await;
        let body = json!({
            "name": EVIL,
            "identifier": EVIL,
            "description": format!("{EVIL} [x](javascript:alert(3)) ![y](data:text/html,z)"),
            "questions": [{
                "variable": "x", "kind": "choice", "label": EVIL, "help": EVIL, "default": EVIL,
                "choices": [EVIL, {"label": format!("{EVIL}2"), "value": 1}], "group": EVIL,
            }],
        });
        let made = bob.post("/job-script-templates", body).await.created();
        let id = made["id"].as_i64().unwrap();
        let path = format!("/job-script-templates/{id}/upload/template/ENTRYPOINT");
        bob.upload(&path, "<script>.sh", EVIL).await.ok();
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let gallery = alice.open("/applications").await.expect(200);
        alice.post(&form(&gallery, "/favourite")).await.expect(303);
        for path in ["/", "/applications", &format!("/applications/{id}")] {
            let page = alice.open(path).await.expect(200);
            assert!(page.text.contains("&#60;img src=x onerror"), "{path}: {}", page.text);
            for harm in ["<img", "<script>alert", "href=\"javascript", "href=\"data:", "<script>.sh"] {
                assert!(!page.text.contains(harm), "{harm} on {path}: {}", page.text);
            }
            assert!(!page.text.contains("style=\""), "{path}: {}", page.text);
            let policy = page.header("content-security-policy").unwrap();
            assert!(policy.contains("script-src 'self';"), "{policy}");
        }
    }
}
