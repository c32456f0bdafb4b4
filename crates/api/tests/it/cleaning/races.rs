//! Cleaning while others work, and while others clean.

use std::time::Duration;

use futures::future::join;
use jobbergate_api::{
    args,
    cleaning::{Entries, Outcome, StoredFiles, Task, perform},
};
use serde_json::json;

use super::{after_machine, clean, context, days, execute, monthly, store, usual};
use crate::{
    on_both,
    support::{TestApp, eventually},
};

const SCRIPTS: Task = Task::Unused(Entries::Scripts);
const SCRIPT_FILES: Task = Task::Garbage(StoredFiles::Scripts);

/// A task that is begun and has come as far as it can while somebody else has a lock.
async fn begun(app: &TestApp, task: Task) -> tokio::task::JoinHandle<Outcome> {
    let context = context(app);
    let running =
        tokio::spawn(async move { perform(&context, &monthly(), task, false).await.unwrap() });
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!(!running.is_finished());
    running
}

on_both! {
    async fn an_upload_under_way_keeps_the_file_whose_name_was_garbage(app: TestApp) {
        after_machine(&app, 61);
        let alice = app.user("alice").await;
        alice.post("/job-scripts", json!({"name": "s"})).await.created();
        store(&app, "job_script_files", 1, "run.sh").await;
        // As an upload does it: claim the key, write the content, note the row with the claim's end.
        let claim = "INSERT INTO file_claims VALUES ('job_script_files/1/run.sh', 'upload', $1)";
        let mut upload = app.db().write().await.unwrap();
        upload.execute(claim, args![app.clock.now()]).await.unwrap();
        upload.commit().await.unwrap();
        let nothing = Outcome::Files { removed: 0, bytes: 0, missing: 0 };
        assert_eq!(clean(&app, &usual(), SCRIPT_FILES).await, nothing);
        store(&app, "job_script_files", 1, "run.sh").await;
        let mut upload = app.db().write().await.unwrap();
        let sql = "INSERT INTO job_script_files VALUES (1, 'run.sh', 'ENTRYPOINT', $1, $1)";
        upload.execute(sql, args![app.clock.now()]).await.unwrap();
        upload.execute("DELETE FROM file_claims", args![]).await.unwrap();
        upload.commit().await.unwrap();
        assert_eq!(clean(&app, &usual(), SCRIPT_FILES).await, nothing);
        assert_eq!(alice.get("/job-scripts/1/upload/run.sh").await.expect(200).text, "content");
    }

    async fn however_uploads_and_cleaning_meet_every_row_has_its_file(app: TestApp) {
        after_machine(&app, 61);
        let alice = app.user("alice").await;
        alice.post("/job-scripts", json!({"name": "s"})).await.created();
        let path = "/job-scripts/1/upload/ENTRYPOINT";
        for round in 0..25 {
            store(&app, "job_script_files", 1, "run.sh").await;
            let content = format!("round {round}");
            let upload = alice.upload(path, "run.sh", content.clone());
            let (uploaded, cleaned) = join(upload, clean(&app, &usual(), SCRIPT_FILES)).await;
            uploaded.ok();
            assert!(matches!(cleaned, Outcome::Files { missing: 0, .. }), "{cleaned:?}");
            assert_eq!(alice.get("/job-scripts/1/upload/run.sh").await.expect(200).text, content);
            execute(&app, "DELETE FROM job_script_files").await;
        }
    }

    async fn a_script_that_is_submitted_just_in_time_stays(app: TestApp) {
        let (alice, _agent) = (app.user("alice").await, app.agent("c").await);
        alice.has_script("s", "echo").await;
        alice.put("/job-scripts/1", json!({"is_archived": true})).await.ok();
        days(&app, 61);
        let mut submission = app.db().write().await.unwrap();
        let lock = "UPDATE job_scripts SET name = name WHERE id = 1";
        submission.execute(lock, args![]).await.unwrap();
        let cleaning = begun(&app, SCRIPTS).await;
        let sql = "INSERT INTO job_submissions (name, owner_email, client_id, status, job_script_id, \
                   is_archived, created_at, updated_at) \
                   VALUES ('j', 'alice@example.com', 'c', 'CREATED', 1, false, $1, $1)";
        submission.execute(sql, args![app.clock.now()]).await.unwrap();
        submission.commit().await.unwrap();
        let done = cleaning.await.unwrap();
        assert_eq!(done, Outcome::Entries { archived: 0, deleted: 0 });
        assert_eq!(alice.get("/job-submissions/1").await.ok()["status"], "CREATED");
        alice.get("/job-scripts/1/upload/run.sh").await.expect(200);
    }

    async fn one_process_at_a_time_does_a_task(app: TestApp) {
        let turn = app.db().take_turn(7).await.unwrap().unwrap();
        assert!(app.db().take_turn(7).await.unwrap().is_none());
        let other = app.db().take_turn(8).await.unwrap().unwrap();
        turn.end().await;
        let again = app.db().take_turn(7).await.unwrap().unwrap();
        drop((again, other));
        let db = app.db();
        assert!(eventually(async || db.take_turn(7).await.unwrap().is_some()).await);
    }

    async fn those_who_come_second_leave_the_task_to_the_first(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_script("s", "echo").await;
        alice.put("/job-scripts/1", json!({"is_archived": true})).await.ok();
        days(&app, 61);
        let mut holdup = app.db().write().await.unwrap();
        holdup.execute("UPDATE job_scripts SET name = name", args![]).await.unwrap();
        let first = begun(&app, SCRIPTS).await;
        assert_eq!(clean(&app, &monthly(), SCRIPTS).await, Outcome::Busy);
        holdup.commit().await.unwrap();
        assert_eq!(first.await.unwrap(), Outcome::Entries { archived: 0, deleted: 1 });
        assert_eq!(clean(&app, &monthly(), SCRIPTS).await, Outcome::Entries { archived: 0, deleted: 0 });
    }
}
