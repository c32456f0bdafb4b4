//! Looking for an application.

use chrono::TimeDelta;
use regex::Regex;
use serde_json::json;

use crate::{
    identity::story::person,
    on_both,
    support::{Answer, TestApp},
    web::browser::{Browser, heading, plain, problem},
};

/// The names on the cards, in their order.
pub fn names(page: &Answer) -> Vec<String> {
    let name = Regex::new("<h2><a href=\"[^\"]*\">([^<]*)</a></h2>").unwrap();
    name.captures_iter(&page.text).map(|found| plain(&found[1])).collect()
}

/// Settles submissions as an agent does.
async fn settle(app: &TestApp, submission: i64, status: &str) {
    let mut db = app.db().write().await.unwrap();
    let sql = "UPDATE job_submissions SET status = $1 WHERE id = $2";
    db.execute(sql, jobbergate_api::args![status, submission]).await.unwrap();
    db.commit().await.unwrap();
}

on_both! {
    async fn alice_finds_an_application_by_its_description(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let bob = app.user("bob").await;
        for (name, description) in [("heat", "Solves **heat** equations"), ("fluid", "Navier-Stokes")] {
            let body = json!({"name": name, "identifier": name, "description": description});
            bob.post("/job-script-templates", body).await.created();
        }
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let all = alice.open("/applications").await.expect(200);
        assert_eq!(heading(&all), "Applications");
        assert_eq!(names(&all), ["fluid", "heat"]);
        assert!(all.text.contains("Solves <strong>heat</strong> equations"), "{}", all.text);
        assert!(all.text.contains("bob@example.com") && all.text.contains("<code>heat</code>"));
        assert!(all.text.contains("href=\"/applications/heat/run\""), "{}", all.text);
        let found = alice.open("/applications?q=STOKES").await.expect(200);
        assert_eq!(names(&found), ["fluid"]);
        let none = alice.open("/applications?q=chemistry").await.expect(200);
        assert!(none.text.contains("Nothing was found here."), "{}", none.text);
    }

    async fn what_is_not_published_is_seen_by_who_asks_for_it(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let bob = app.user("bob").await;
        bob.post("/job-script-templates", json!({"name": "draft"})).await.created();
        let own = app.user("alice").await;
        own.post("/job-script-templates", json!({"name": "my draft"})).await.created();
        bob.has_template("old", &[]).await;
        bob.put("/job-script-templates/old", json!({"is_archived": true})).await.ok();
        let mut alice = Browser::of(&app, "alice@example.com").await;
        for (query, found) in [
            ("", vec!["my draft"]),
            ("?show=mine", vec!["my draft"]),
            ("?show=everything", vec!["draft", "my draft"]),
            ("?archived=yes", vec!["my draft", "old"]),
            ("?show=favourites", vec![]),
            ("?show=nonsense&page=nonsense", vec!["my draft"]),
        ] {
            let page = alice.open(&format!("/applications{query}")).await.expect(200);
            assert_eq!(names(&page), found, "{query}");
        }
    }

    async fn cards_tell_how_an_application_did_lately(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let bob = app.user("bob").await;
        app.agent("cluster").await;
        bob.has_template("heat", &[("job.sh.j2", "#!/bin/bash\n")]).await;
        bob.has_template("idle", &[]).await;
        let render = json!({
            "create_request": {"name": "run"},
            "render_request": {"template_output_name_mapping": {"job.sh.j2": "job.sh"}, "sbatch_params": [], "param_dict": {"data": {}}},
        });
        let made = bob.post("/job-scripts/render-from-template/heat", render).await.created();
        let script = made["id"].as_i64().unwrap();
        let old = bob.has_submission(script, "cluster").await;
        settle(&app, old, "ABORTED").await;
        app.clock.advance(TimeDelta::days(31));
        let bob = app.user("bob").await;
        for status in ["DONE", "DONE", "ABORTED", "CREATED"] {
            let id = bob.has_submission(script, "cluster").await;
            settle(&app, id, status).await;
        }
        app.clock.advance(TimeDelta::hours(2));
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let page = alice.open("/applications").await.expect(200);
        assert!(page.text.contains("66 % succeeded"), "{}", page.text);
        assert!(page.text.contains("Of 3 submissions"), "{}", page.text);
        assert!(page.text.contains(">2 h ago</time>"), "{}", page.text);
        assert_eq!(page.text.matches("Not used yet").count(), 1);
    }

    async fn a_long_gallery_has_pages(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let bob = app.user("bob").await;
        for number in 0..25 {
            bob.has_template(&format!("app-{number:02}"), &[]).await;
        }
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let first = alice.open("/applications").await.expect(200);
        assert_eq!(names(&first).len(), 24);
        assert!(first.text.contains("25 applications · Page 1 of 2"), "{}", first.text);
        let second = alice.open("/applications?page=2").await.expect(200);
        assert_eq!(names(&second), ["app-24"]);
        let beyond = alice.open("/applications?page=99999999999").await.expect(200);
        assert!(beyond.text.contains("There is no page 99999999999."), "{}", beyond.text);
        alice.open("/applications?page=9223372036854775807").await.expect(200);
    }

    async fn what_nobody_can_search_for_is_said(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let page = alice.open(&format!("/applications?q={}", "x".repeat(256))).await.expect(422);
        assert_eq!(problem(&page), "What you search for can have 255 characters at most.");
        alice.open("/applications?q=%00%ff").await.expect(200);
    }

    async fn an_empty_gallery_says_what_to_do(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        person(&app, "eve", &["expert"]).await;
        for (name, shown) in
            [("alice", "Ask whoever looks after"), ("eve", "href=\"/applications/new\"")]
        {
            let mut browser = Browser::of(&app, &format!("{name}@example.com")).await;
            let page = browser.open("/applications").await.expect(200);
            assert!(page.text.contains("There is no application yet."), "{}", page.text);
            assert!(page.text.contains(shown), "{name}: {}", page.text);
        }
    }
}
