//! The page of a submission.

pub mod agent;
mod live;
mod metrics;
mod output;

use serde_json::json;

use self::agent::{ends, running, updates};
use crate::{
    identity::story::person,
    on_both,
    support::{Actor, TestApp},
    web::browser::{Browser, form, forms, heading, plain},
};

/// Alice with an account, whose programs and browser do as she does.
async fn alice(app: &TestApp) -> (Actor, Browser) {
    person(app, "alice", &["user"]).await;
    (app.user("alice").await, Browser::of(app, "alice@example.com").await)
}

on_both! {
    async fn alice_sees_how_her_job_stands_and_what_was_submitted(app: TestApp) {
        let (actor, mut alice) = alice(&app).await;
        let agent = app.agent("c").await;
        let id = running(&agent, &actor).await;
        updates(&agent, id, "PENDING", &json!({
            "slurm_pending_reason": "Resources", "slurm_expected_start": "2026-01-01T00:05:00Z",
            "slurm_task_counts": {"PENDING": 7, "RUNNING": 2},
        })).await;
        let page = alice.open(&format!("/submissions/{id}")).await.expect(200);
        assert_eq!(heading(&page), "name");
        for words in [
            ">Waiting in the queue<", "are in use (Resources).", "Slurm expects it to start",
            "in 5 min", "7 pending", "2 running", "alice@example.com", "job 7 in Slurm",
            "Files of the script s",
        ] {
            assert!(plain(&page.text).contains(words), "{words}: {}", page.text);
        }
        let files = alice.open(&format!("/submissions/{id}/script")).await.expect(200);
        assert!(files.text.contains("echo"), "{}", files.text);
    }

    async fn what_people_and_slurm_write_is_shown_as_text(app: TestApp) {
        let (actor, mut alice) = alice(&app).await;
        let agent = app.agent("c").await;
        let evil = "<script>alert(1)</script>\"'<img src=x>";
        let script = actor.has_script(evil, &format!("echo {evil}")).await;
        let body = json!({
            "name": evil, "description": evil, "job_script_id": script, "client_id": "c",
            "execution_directory": format!("/{evil}"), "sbatch_arguments": [evil],
        });
        let id = actor.post("/job-submissions", body).await.created()["id"].as_i64().unwrap();
        let body = json!({
            "id": id, "slurm_job_id": 7, "slurm_job_state": "PENDING",
            "slurm_job_info": json!({"comment": evil}).to_string(),
            "slurm_job_state_reason": evil, "slurm_pending_reason": evil,
            "slurm_task_counts": {evil: 1},
        });
        agent.post("/job-submissions/agent/submitted", body).await.expect(202);
        updates(&agent, id, "RUNNING", &json!({"slurm_pending_reason": evil})).await;
        for path in ["", "/script", "?done=<script>", "/metrics"] {
            let page = alice.open(&format!("/submissions/{id}{path}")).await.expect(200);
            assert!(!page.text.contains("<script>alert") && !page.text.contains("<img"), "{path}");
            assert!(page.header("content-security-policy").unwrap().contains("script-src 'self';"));
        }
        let list = alice.open("/submissions").await.expect(200);
        assert!(!list.text.contains("<script>alert") && list.text.contains("&#60;script"));
    }

    async fn alice_cancels_repeats_and_deletes(app: TestApp) {
        let (actor, mut alice) = alice(&app).await;
        let agent = app.agent("c").await;
        let id = running(&agent, &actor).await;
        let here = format!("/submissions/{id}");
        let page = alice.open(&here).await.expect(200);
        assert!(!page.text.contains(&format!("{here}/delete")), "its job runs");
        alice.open(&format!("{here}/delete")).await.expect(409);
        let answer = alice.submit_surely(&page, "/cancel").await;
        let page = alice.follow(&answer).await.expect(200);
        assert!(page.text.contains("Cancelled: its cluster") && page.text.contains(">Being cancelled<"));
        assert!(forms(&page, "/cancel").is_empty());
        ends(&agent, id, "CANCELLED").await;

        let page = alice.open(&here).await.expect(200);
        let answer = alice.submit(&page, "/clone", &[]).await;
        let again = alice.follow(&answer).await.expect(200);
        assert_ne!(alice.at, format!("{here}?done=cloned"));
        assert!(again.text.contains("Submitted once more") && again.text.contains(&format!("submission {id}<")));

        let asked = alice.open(&format!("{here}/delete")).await.expect(200);
        assert_eq!(heading(&asked), "Delete name?");
        let answer = alice.submit(&asked, "/delete", &[]).await;
        let list = alice.follow(&answer).await.expect(200);
        assert!(list.text.contains(&format!("Submission {id} was deleted.")));
        alice.open(&here).await.expect(404);
    }

    async fn what_has_ended_meanwhile_is_not_cancelled(app: TestApp) {
        let (actor, mut alice) = alice(&app).await;
        let agent = app.agent("c").await;
        let id = running(&agent, &actor).await;
        let page = alice.open(&format!("/submissions/{id}")).await.expect(200);
        ends(&agent, id, "COMPLETED").await;
        let answer = alice.submit_surely(&page, "/cancel").await.expect(400);
        assert!(plain(&answer.text).contains("Cannot cancel job submission with status 'DONE'"));
    }

    async fn others_look_but_change_nothing_and_see_no_output(app: TestApp) {
        let (actor, _) = alice(&app).await;
        let agent = app.agent("c").await;
        let id = running(&agent, &actor).await;
        person(&app, "bob", &["user"]).await;
        let mut bob = Browser::of(&app, "bob@example.com").await;
        let here = format!("/submissions/{id}");
        let page = bob.open(&here).await.expect(200);
        assert!(forms(&page, "/cancel").is_empty());
        assert!(page.text.contains("Only its owner, maintainers and administrators see"));
        let mut forged = form(&page, "/clone");
        forged.action = format!("{here}/cancel");
        bob.post(&forged).await.expect(403);
        forged.action = format!("{here}/delete");
        bob.post(&forged).await.expect(403);
        let output = bob.open(&format!("{here}/output")).await.expect(403);
        assert!(output.text.contains("Only its owner, maintainers"), "{}", output.text);
        bob.open(&format!("{here}/output/file")).await.expect(403);
        assert_eq!(actor.get(&format!("/job-submissions/{id}")).await.ok()["status"], "SUBMITTED");
    }

    async fn a_form_of_another_site_does_nothing(app: TestApp) {
        let (actor, mut alice) = alice(&app).await;
        let agent = app.agent("c").await;
        let id = running(&agent, &actor).await;
        let page = alice.open(&format!("/submissions/{id}")).await.expect(200);
        let mut forged = form(&page, "/cancel");
        alice.post_from(&forged, &[("origin", "https://evil.example.com")]).await.expect(403);
        forged.fields.clear();
        alice.post(&forged).await;
        assert_eq!(actor.get(&format!("/job-submissions/{id}")).await.ok()["status"], "SUBMITTED");
    }

    async fn who_may_not_see_submissions_is_told_which_permission_it_takes(app: TestApp) {
        let (actor, _) = alice(&app).await;
        let agent = app.agent("c").await;
        let id = running(&agent, &actor).await;
        person(&app, "eve", &[]).await;
        let mut eve = Browser::of(&app, "eve@example.com").await;
        for path in ["", "/live", "/output", "/output/file", "/metrics", "/script"] {
            let page = eve.open(&format!("/submissions/{id}{path}")).await.expect(403);
            assert!(page.text.contains("jobbergate:job-submissions:read"), "{path}");
        }
        let mut nobody = Browser::new(&app);
        let page = nobody.open(&format!("/submissions/{id}")).await.expect(200);
        assert_eq!(heading(&page), "Log in");
    }

    async fn what_there_is_not_is_said(app: TestApp) {
        let (_, mut alice) = alice(&app).await;
        for id in ["7", "0", "-1", "x", "99999999999999999999", "%3Cscript%3E"] {
            let page = alice.open(&format!("/submissions/{id}")).await.expect(404);
            assert!(!page.text.contains("<script>"), "{}", page.text);
        }
    }

    async fn ten_thousand_steps_are_shown_a_page_at_a_time(app: TestApp) {
        let (actor, mut alice) = alice(&app).await;
        let agent = app.agent("c").await;
        let id = running(&agent, &actor).await;
        let mut db = app.db().write().await.unwrap();
        for part in 0..10 {
            let rows: Vec<_> = (0..1000)
                .map(|n| format!("({id}, '2026-01-01T00:00:00Z', 'RUNNING', 'step {}')", part * 1000 + n))
                .collect();
            let sql = format!(
                "INSERT INTO job_progresses (job_submission_id, timestamp, slurm_job_state, \
                 additional_info) VALUES {}", rows.join(", "));
            db.execute(&sql, jobbergate_api::args![]).await.unwrap();
        }
        db.commit().await.unwrap();
        let page = alice.open(&format!("/submissions/{id}")).await.expect(200);
        assert!(page.text.contains("step 9999<") && page.text.contains("step 9980<"));
        assert!(!page.text.contains("step 9979<"));
        let older = regex::Regex::new(r"\?before=(\d+)").unwrap();
        let before = older.captures(&page.text).unwrap()[0].to_owned();
        let page = alice.open(&format!("/submissions/{id}{before}")).await.expect(200);
        assert!(page.text.contains("step 9979<") && !page.text.contains("step 9980<"));
        assert!(page.text.contains("Newest entries") && !page.text.contains("sse-connect"));
    }
}
