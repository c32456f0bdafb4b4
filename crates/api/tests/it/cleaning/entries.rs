//! Archiving and deleting what is not used.

use jobbergate_api::cleaning::{Cleaned, Entries, Task};
use serde_json::{Value, json};

use super::{clean, count, days, execute, is_stored, monthly, usual};
use crate::{
    on_both,
    support::{Actor, TestApp},
};

const SCRIPTS: Task = Task::Unused(Entries::Scripts);
const TEMPLATES: Task = Task::Unused(Entries::Templates);
const SUBMISSIONS: Task = Task::Unused(Entries::Submissions);

const fn done(archived: u64, deleted: u64) -> Cleaned {
    Cleaned::Entries { archived, deleted }
}

/// The numbers of what is archived.
async fn archived(actor: &Actor, resource: &str) -> Vec<Value> {
    let query = "include_archived=true&include_null_identifier=true&size=100";
    let page = actor.get(&format!("/{resource}?{query}")).await.ok();
    let items = page["items"].as_array().unwrap().iter();
    items.filter(|item| item["is_archived"] == true).map(|item| item["id"].clone()).collect()
}

/// Submissions 1 to 6 of script 1: waiting, running, done, rejected, cancelled while it was
/// waiting, and cancelled while it was running.
async fn one_of_each(app: &TestApp) -> Actor {
    let (alice, agent) = (app.user("alice").await, app.agent("c").await);
    alice.has_script("s", "echo").await;
    for id in 1..=6 {
        alice.has_submission(1, "c").await;
        if [2, 3, 6].contains(&id) {
            let body = json!({
                "id": id, "slurm_job_id": 100 + id, "slurm_job_state": "RUNNING",
                "slurm_job_info": "{}",
            });
            agent.post("/job-submissions/agent/submitted", body).await.expect(202);
        }
    }
    let ended =
        json!({"slurm_job_id": 103, "slurm_job_state": "COMPLETED", "slurm_job_info": "{}"});
    agent.put("/job-submissions/agent/3", ended).await.expect(202);
    let rejected = json!({"id": 4, "report_message": "no"});
    agent.post("/job-submissions/agent/rejected", rejected).await.expect(202);
    for id in [5, 6] {
        alice.put(&format!("/job-submissions/cancel/{id}"), Value::Null).await.ok();
    }
    alice
}

on_both! {
    async fn scripts_are_archived_when_unused_and_deleted_much_later(app: TestApp) {
        let (alice, _agent) = (app.user("alice").await, app.agent("c").await);
        for name in ["forgotten", "submitted", "changed"] {
            alice.has_script(name, "echo").await;
        }
        days(&app, 20);
        alice.has_submission(2, "c").await;
        alice.put("/job-scripts/3", json!({"description": "better"})).await.ok();
        days(&app, 10);
        assert_eq!(clean(&app, &monthly(), SCRIPTS).await, done(0, 0), "not more than 30 days");
        days(&app, 1);
        assert_eq!(clean(&app, &monthly(), SCRIPTS).await, done(1, 0));
        assert_eq!(archived(&alice, "job-scripts").await, [1]);
        let view = alice.get("/job-scripts/1").await.ok();
        assert_eq!(view["updated_at"], "2026-02-01T00:00:00Z");
        assert_eq!(clean(&app, &monthly(), SCRIPTS).await, done(0, 0));
        days(&app, 20);
        assert_eq!(clean(&app, &monthly(), SCRIPTS).await, done(2, 0));
        days(&app, 40);
        assert_eq!(clean(&app, &monthly(), SCRIPTS).await, done(0, 0), "archived for 60 days");
        days(&app, 1);
        assert_eq!(clean(&app, &monthly(), SCRIPTS).await, done(0, 1));
        alice.get("/job-scripts/1").await.expect(404);
        assert!(!is_stored(&app, "job_script_files", 1, "run.sh").await);
        assert!(is_stored(&app, "job_script_files", 2, "run.sh").await);
        days(&app, 20);
        let alice = app.user("alice").await;
        assert_eq!(clean(&app, &monthly(), SCRIPTS).await, done(0, 2));
        let submission = alice.get("/job-submissions/1").await.ok();
        assert_eq!(submission["status"], "REJECTED");
        let words = "Parent job script was deleted before the submission.";
        assert_eq!(submission["report_message"], words);
        assert_eq!(submission["job_script_id"], json!(null));
    }

    async fn templates_are_used_by_making_scripts_of_them(app: TestApp) {
        let alice = app.user("alice").await;
        for name in ["forgotten", "rendered"] {
            alice.has_template(name, &[("job.sh.j2", "echo")]).await;
        }
        days(&app, 20);
        alice.has_script("s", "echo").await;
        execute(&app, "UPDATE job_scripts SET parent_template_id = 2").await;
        days(&app, 11);
        assert_eq!(clean(&app, &monthly(), TEMPLATES).await, done(1, 0));
        assert_eq!(archived(&alice, "job-script-templates").await, [1]);
        alice.put("/job-script-templates/2", json!({"is_archived": true})).await.ok();
        days(&app, 61);
        assert_eq!(clean(&app, &monthly(), TEMPLATES).await, done(0, 2));
        alice.get("/job-script-templates/1").await.expect(404);
        assert!(!is_stored(&app, "job_script_template_files", 1, "job.sh.j2").await);
        let script = alice.get("/job-scripts/1").await.ok();
        assert_eq!(script["parent_template_id"], json!(null));
        assert!(is_stored(&app, "job_script_files", 1, "run.sh").await);
    }

    async fn a_script_of_an_archived_template_keeps_it(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[("job.sh.j2", "echo")]).await;
        alice.put("/job-script-templates/1", json!({"is_archived": true})).await.ok();
        days(&app, 50);
        alice.has_script("s", "echo").await;
        execute(&app, "UPDATE job_scripts SET parent_template_id = 1").await;
        days(&app, 50);
        assert_eq!(clean(&app, &monthly(), TEMPLATES).await, done(0, 0));
        days(&app, 11);
        assert_eq!(clean(&app, &monthly(), TEMPLATES).await, done(0, 1));
    }

    async fn submissions_whose_jobs_may_still_run_are_never_deleted(app: TestApp) {
        let alice = one_of_each(&app).await;
        days(&app, 31);
        assert_eq!(clean(&app, &monthly(), SUBMISSIONS).await, done(6, 0));
        assert_eq!(archived(&alice, "job-submissions").await, [1, 2, 3, 4, 5, 6]);
        days(&app, 61);
        assert_eq!(count(&app, &monthly(), SUBMISSIONS).await, done(0, 3));
        assert_eq!(clean(&app, &monthly(), SUBMISSIONS).await, done(0, 3));
        assert_eq!(archived(&alice, "job-submissions").await, [1, 2, 6]);
        let ended = json!({"slurm_job_id": 106, "slurm_job_state": "CANCELLED", "slurm_job_info": "{}"});
        let agent = app
            .somebody("c@example.com", Some("c"), &[jobbergate_api::permission::Permission::JobSubmissionsUpdate])
            .await;
        agent.put("/job-submissions/agent/6", ended).await.expect(202);
        days(&app, 61);
        assert_eq!(clean(&app, &monthly(), SUBMISSIONS).await, done(0, 1));
        let alice = app.user("alice").await;
        assert_eq!(archived(&alice, "job-submissions").await, [1, 2]);
    }

    async fn a_submission_with_many_metrics_goes_with_all_of_them(app: TestApp) {
        let alice = one_of_each(&app).await;
        let numbers = "WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 340)";
        let sql = format!(
            "{numbers} INSERT INTO job_submission_metrics SELECT s.created_at, s.id, 100, 'n', \
             a.n * 1000 + b.n, s.id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 \
             FROM n AS a, n AS b, job_submissions AS s WHERE s.id = 3 \
             UNION ALL SELECT $1, s.id, 100, 'n', n.n, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 \
             FROM n, job_submissions AS s"
        );
        let mut db = app.db().write().await.unwrap();
        db.execute(&sql, jobbergate_api::args![app.clock.now() + chrono::TimeDelta::days(1)]).await.unwrap();
        db.commit().await.unwrap();
        days(&app, 31);
        assert_eq!(clean(&app, &monthly(), SUBMISSIONS).await, done(6, 0));
        days(&app, 61);
        assert_eq!(clean(&app, &monthly(), SUBMISSIONS).await, done(0, 3));
        assert_eq!(archived(&alice, "job-submissions").await, [1, 2, 6]);
        let mut db = app.db().read().await.unwrap();
        let sql = "SELECT count(*) FROM job_submission_metrics";
        let (left,): (i64,) = db.fetch_one(sql, jobbergate_api::args![]).await.unwrap();
        assert_eq!(left, 3 * 341);
    }

    async fn counting_changes_nothing(app: TestApp) {
        let alice = app.user("alice").await;
        for name in ["a", "b", "c"] {
            alice.has_script(name, "echo").await;
        }
        alice.put("/job-scripts/3", json!({"is_archived": true})).await.ok();
        days(&app, 61);
        for _ in 0..2 {
            assert_eq!(count(&app, &monthly(), SCRIPTS).await, done(2, 1));
        }
        assert_eq!(archived(&alice, "job-scripts").await, [3]);
        assert_eq!(clean(&app, &monthly(), SCRIPTS).await, done(2, 1));
        assert_eq!(archived(&alice, "job-scripts").await, [1, 2]);
    }

    async fn each_period_stands_for_itself_and_none_means_never(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_script("a", "echo").await;
        alice.has_script("b", "echo").await;
        alice.put("/job-scripts/2", json!({"is_archived": true})).await.ok();
        days(&app, 100);
        for task in Task::ALL.into_iter().filter(|task| matches!(task, Task::Unused(_))) {
            assert_eq!(clean(&app, &usual(), task).await, Cleaned::Off);
        }
        let mut settings = usual();
        settings.auto_clean_job_scripts_days_to_delete = Some(1);
        assert_eq!(clean(&app, &settings, SCRIPTS).await, done(0, 1));
        alice.get("/job-scripts/1").await.ok();
        settings.auto_clean_job_scripts_days_to_delete = None;
        settings.auto_clean_job_scripts_days_to_archive = Some(1);
        assert_eq!(clean(&app, &settings, SCRIPTS).await, done(1, 0));
    }

    async fn more_than_one_batch_is_cleaned(app: TestApp) {
        let numbers = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1200)";
        let now = app.clock.now();
        let sql = format!(
            "{numbers} INSERT INTO job_scripts (name, owner_email, is_archived, created_at, updated_at) \
             SELECT 's', 'a@example.com', false, $1, $1 FROM n"
        );
        let mut db = app.db().write().await.unwrap();
        db.execute(&sql, jobbergate_api::args![now]).await.unwrap();
        db.commit().await.unwrap();
        days(&app, 31);
        assert_eq!(clean(&app, &monthly(), SCRIPTS).await, done(1200, 0));
        days(&app, 61);
        assert_eq!(clean(&app, &monthly(), SCRIPTS).await, done(0, 1200));
    }
}
