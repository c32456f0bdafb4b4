//! The first page.

use jobbergate_api::permission::Permission;
use serde_json::json;

use crate::{
    identity::story::person,
    on_both,
    web::browser::{Browser, heading},
};

on_both! {
    async fn alice_logs_in_and_is_at_home(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let page = alice.open("/").await.expect(200);
        assert_eq!(heading(&page), "Welcome, alice");
        assert!(!page.text.contains(">Administration<"), "{}", page.text);
    }

    async fn a_first_visit_says_how_to_begin(app: TestApp) {
        person(&app, "alice", &["expert"]).await;
        person(&app, "ada", &["admin"]).await;
        let reader = [
            Permission::JobTemplatesRead,
            Permission::JobScriptsCreate,
            Permission::JobSubmissionsCreate,
            Permission::JobSubmissionsRead,
        ];
        app.provider().create_role("runner", &reader).await.unwrap();
        person(&app, "rob", &["runner"]).await;
        let (steps, make, connect) =
            ("in three steps", "Make the first application", "Connect a cluster");
        for (name, shown, hidden) in [
            ("alice", vec![steps, make], vec![connect]),
            ("ada", vec![steps, make, connect, "href=\"/admin/agents\""], vec![]),
            ("rob", vec![steps, "Ask whoever looks after"], vec![make, connect]),
        ] {
            let mut browser = Browser::of(&app, &format!("{name}@example.com")).await;
            let page = browser.open("/").await.expect(200);
            for words in shown {
                assert!(page.text.contains(words), "{name}, {words}: {}", page.text);
            }
            for words in hidden {
                assert!(!page.text.contains(words), "{name}, {words}: {}", page.text);
            }
        }
    }

    async fn alice_sees_what_runs_what_ended_and_how_clusters_are(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let agent = app.agent("north").await;
        agent.send(agent.request(reqwest::Method::PUT, "/clusters/status?interval=60")).await.expect(202);
        let (own, bob) = (app.user("alice").await, app.user("bob").await);
        let script = own.has_script("heat", "#!/bin/bash\n").await;
        let body = |name: &str| json!({"name": name, "job_script_id": script, "client_id": "north"});
        own.post("/job-submissions", body("waits")).await.created();
        let gone = own.post("/job-submissions", body("is cancelled")).await.created();
        bob.post("/job-submissions", body("is bobs")).await.created();
        own.put(&format!("/job-submissions/cancel/{}", gone["id"]), json!({})).await.ok();
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let page = alice.open("/").await.expect(200);
        let (running, results) = page.text.split_once("Recent results").unwrap();
        assert!(running.contains(">waits</a>") && !running.contains(">is cancelled</a>"));
        assert!(results.contains(">is cancelled</a>") && results.contains("Cancelled"));
        assert!(!page.text.contains("is bobs"), "{}", page.text);
        assert!(!page.text.contains("in three steps"), "{}", page.text);
        assert!(page.text.contains(">Connected<"), "{}", page.text);
        app.clock.advance(chrono::TimeDelta::seconds(61));
        let page = alice.open("/").await.expect(200);
        assert!(page.text.contains(">Agent does not report<"), "{}", page.text);
    }
}
