//! The page of one application.

use chrono::TimeDelta;
use serde_json::json;

use crate::{
    identity::story::person,
    on_both,
    web::browser::{Browser, heading, problem},
};

const SCRIPT: &str = "#!/bin/bash\n#SBATCH --nodes={{ nodes }}\nsrun solve < \"{{ input }}\"\n";

on_both! {
    async fn alice_sees_what_an_application_does_before_she_uses_it(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let bob = app.user("bob").await;
        let id = bob.has_template("heat", &[("job.sh.j2", SCRIPT), ("conf.yaml", "a: 1\n")]).await;
        let questions = json!([
            {"variable": "nodes", "kind": "integer", "label": "Nodes", "minimum": 1, "maximum": 8, "default": 2},
            {"variable": "input", "kind": "file", "help": "What it starts from", "required": true},
        ]);
        let body = json!({"description": "# About\nSolves *it*.", "questions": questions});
        bob.put("/job-script-templates/heat", body).await.ok();
        bob.has_workflow(id, "def workflow(data):\n    return []\n", "{}").await.ok();
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let page = alice.open("/applications/heat").await.expect(200);
        assert_eq!(heading(&page), "heat");
        for shown in [
            "<h2>About</h2>",
            "Solves <em>it</em>.",
            "Its author wrote these questions.",
            "Nodes",
            "whole number",
            "1 to 8",
            "path of a file, required",
            "What it starts from",
            "#SBATCH --nodes={{ nodes }}",
            "srun solve &#60; &#34;{{ input }}&#34;",
            "data-language=\"sh\"",
            "data-language=\"yaml\"",
            "def workflow(data):",
            "3 lines",
            "Nothing yet.",
            "href=\"/applications/heat/run\"",
            "Everybody here who may make scripts may run it: so may you.",
        ] {
            assert!(page.text.contains(shown), "{shown}: {}", page.text);
        }
        assert!(!page.text.contains("/applications/heat/edit"), "it is bob's: {}", page.text);
        let by_number = alice.open(&format!("/applications/{id}")).await.expect(200);
        assert_eq!(heading(&by_number), "heat");
    }

    async fn who_owns_it_may_edit_it(app: TestApp) {
        for (name, role) in [("alice", "expert"), ("eve", "expert"), ("mary", "admin")] {
            person(&app, name, &[role]).await;
        }
        app.user("alice").await.has_template("heat", &[("job.sh.j2", SCRIPT)]).await;
        let (edit, clone) = ("/applications/heat/edit\"", "/applications/heat/edit/clone\"");
        for (name, may) in [("alice", true), ("eve", false), ("mary", true)] {
            let mut browser = Browser::of(&app, &format!("{name}@example.com")).await;
            let page = browser.open("/applications/heat").await.expect(200);
            assert_eq!(page.text.contains(edit), may, "{name}: {}", page.text);
            assert!(page.text.contains(clone), "{name}: {}", page.text);
            assert_eq!(page.text.contains("You may clone it"), !may, "{name}: {}", page.text);
        }
    }

    async fn its_scripts_and_what_became_of_them_are_shown(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let bob = app.user("bob").await;
        app.agent("cluster").await;
        bob.has_template("heat", &[("job.sh.j2", "#!/bin/bash\n")]).await;
        let render = json!({
            "create_request": {"name": "run"},
            "render_request": {"template_output_name_mapping": {"job.sh.j2": "job.sh"}, "sbatch_params": [], "param_dict": {"data": {}}},
        });
        let mut scripts = Vec::new();
        for _ in 0..11 {
            let made = bob.post("/job-scripts/render-from-template/heat", render.clone()).await;
            scripts.push(made.created()["id"].as_i64().unwrap());
        }
        bob.has_submission(scripts[10], "cluster").await;
        let last = bob.has_submission(scripts[10], "cluster").await;
        bob.put(&format!("/job-submissions/cancel/{last}"), json!({})).await.ok();
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let page = alice.open("/applications/heat").await.expect(200);
        assert!(page.text.contains(&format!("href=\"/scripts/{}\"", scripts[10])), "{}", page.text);
        assert!(!page.text.contains(&format!("href=\"/scripts/{}\"", scripts[0])));
        let state = format!("href=\"/submissions/{last}\">Cancelled</a>");
        assert!(page.text.contains(&state), "{}", page.text);
        assert!(page.text.contains("11 scripts · Page 1 of 2"), "{}", page.text);
        let older = alice.open("/applications/heat?page=2").await.expect(200);
        assert!(older.text.contains(&format!("href=\"/scripts/{}\"", scripts[0])));
        assert!(alice.open("/applications/heat?page=9").await.text.contains("There is no such page"));
    }

    async fn what_is_archived_or_can_not_run_is_said(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let bob = app.user("bob").await;
        bob.has_template("bare", &[]).await;
        bob.put("/job-script-templates/bare", json!({"is_archived": true})).await.ok();
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let page = alice.open("/applications/bare").await.expect(200);
        for shown in ["is archived", "no file yet that is given to sbatch", "It has no files yet."] {
            assert!(page.text.contains(shown), "{shown}: {}", page.text);
        }
        assert!(!page.text.contains("/applications/bare/run"), "{}", page.text);
    }

    async fn what_is_not_there_is_said(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        for name in ["nothing", "4711", "-1", "99999999999999999999", "a%00b", "1.0", "a%2Fb"] {
            let page = alice.open(&format!("/applications/{name}")).await.expect(404);
            assert!(problem(&page).contains("There is no application"), "{}", page.text);
        }
    }

    async fn a_file_is_stored_as_it_is(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let bob = app.user("bob").await;
        let html = "<script>alert(1)</script>";
        let id = bob.has_template("heat", &[("job.sh", SCRIPT), ("dir/ü page.html", html)]).await;
        bob.has_workflow(id, "x = 1\n", "{}").await.ok();
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let page = alice.open("/applications/heat").await.expect(200);
        let at = format!("/applications/{id}/files/dir/%C3%BC%20page.html");
        assert!(page.text.contains(&format!("href=\"{at}\"")), "{}", page.text);
        let file = alice.open(&at).await.expect(200);
        assert_eq!(file.text, html);
        assert_eq!(file.header("content-type"), Some("application/octet-stream"));
        assert_eq!(
            file.header("content-disposition"),
            Some("attachment; filename*=UTF-8''%C3%BC%20page.html")
        );
        assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
        let workflow = alice.open(&format!("/applications/{id}/workflow-file")).await.expect(200);
        assert_eq!(workflow.text, "x = 1\n");
        alice.open(&format!("/applications/{id}/files/none")).await.expect(404);
    }

    async fn of_a_long_file_the_beginning_is_shown_and_of_a_binary_one_nothing(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let bob = app.user("bob").await;
        let long = "echo line\n".repeat(20_000);
        let id = bob.has_template("heat", &[("job.sh", SCRIPT), ("long.txt", &long)]).await;
        let path = format!("/job-script-templates/{id}/upload/template/SUPPORT");
        bob.upload(&path, "data.bin", b"\xff\x00\x01".as_slice()).await.ok();
        bob.upload(&path, "line.txt", "x".repeat(200_000)).await.ok();
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let page = alice.open("/applications/heat").await.expect(200);
        for shown in ["Only the first 13107 lines", "This is no text.", "too long to be shown here"] {
            assert!(page.text.contains(shown), "{shown}");
        }
        assert!(page.text.len() < 300_000, "{}", page.text.len());
    }

    async fn a_file_whose_content_is_lost_leaves_the_page_as_it_is(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let bob = app.user("bob").await;
        let id = bob.has_template("heat", &[("job.sh", SCRIPT)]).await;
        let tenant = app.app.tenants.default_tenant();
        tenant.storage.delete("job_script_template_files", id, "job.sh").await.unwrap();
        app.clock.advance(TimeDelta::seconds(1));
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let page = alice.open("/applications/heat").await.expect(200);
        assert!(page.text.contains("is missing in the file storage"), "{}", page.text);
        assert!(page.text.contains("What it asks can"), "{}", page.text);
    }
}
