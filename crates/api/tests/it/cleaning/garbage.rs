//! Removing stored files that belong to nothing.

use jobbergate_api::cleaning::{Cleaned, StoredFiles, Task};
use serde_json::json;

use super::{after_machine, clean, count, execute, is_stored, store, usual};
use crate::{on_both, support::in_url};

const SCRIPT_FILES: Task = Task::Garbage(StoredFiles::Scripts);
const TEMPLATE_FILES: Task = Task::Garbage(StoredFiles::Templates);
const WORKFLOW_FILES: Task = Task::Garbage(StoredFiles::Workflows);

const fn removed(files: u64) -> Cleaned {
    Cleaned::Files { removed: files, bytes: files * 7, missing: 0 }
}

const fn missing(files: u64) -> Cleaned {
    Cleaned::Files { removed: 0, bytes: 0, missing: files }
}

on_both! {
    async fn files_that_belong_to_nothing_are_removed_and_no_other(app: TestApp) {
        after_machine(&app, 61);
        let alice = app.user("alice").await;
        alice.has_script("s", "echo").await;
        alice.has_template("t", &[("job.sh.j2", "echo")]).await;
        let odd = ["dir/a b", "a%20b", "ä☃", "..", "x//y", "~x", "100%", "a#b", "[x]"];
        for name in odd {
            let path = format!("/job-scripts/1/upload/SUPPORT?filename={}", in_url(name));
            alice.upload(&path, "file", "kept").await.ok();
        }
        for (table, parent, name) in [
            ("job_script_files", 1, "gone"),
            ("job_script_files", 999, "run.sh"),
            ("job_script_files", 999, ".."),
            ("job_script_template_files", 1, "run.sh"),
            ("job_script_template_files", 2, "job.sh.j2"),
            ("workflow_files", 1, "jobbergate.py"),
        ] {
            store(&app, table, parent, name).await;
        }
        for (task, files) in [(SCRIPT_FILES, 3), (TEMPLATE_FILES, 2), (WORKFLOW_FILES, 1)] {
            assert_eq!(count(&app, &usual(), task).await, removed(files), "{task}");
            assert_eq!(clean(&app, &usual(), task).await, removed(files), "{task}");
            assert_eq!(clean(&app, &usual(), task).await, removed(0), "{task}");
        }
        assert!(!is_stored(&app, "job_script_files", 999, "run.sh").await);
        assert!(!is_stored(&app, "workflow_files", 1, "jobbergate.py").await);
        for name in odd {
            assert!(is_stored(&app, "job_script_files", 1, name).await, "{name}");
        }
        alice.get("/job-scripts/1/upload/run.sh").await.expect(200);
        alice.get("/job-script-templates/1/upload/template/job.sh.j2").await.expect(200);
    }

    async fn files_under_keys_of_the_python_server_belong_to_their_rows(app: TestApp) {
        after_machine(&app, 61);
        let alice = app.user("alice").await;
        alice.has_template("t", &[("job.sh.j2", "echo")]).await;
        for name in ["~tilde", "~", "dir/~x"] {
            store(&app, "job_script_template_files", 1, name).await;
            execute(&app, &format!(
                "INSERT INTO job_script_template_files \
                 SELECT parent_id, '{name}', file_type, created_at, updated_at \
                 FROM job_script_template_files WHERE filename = 'job.sh.j2'"
            )).await;
            if let Some(s3) = &app.s3 {
                let key = format!("job_script_template_files/1/{name}");
                assert!(s3.object(&key).unwrap().is_some(), "{name}");
            }
        }
        assert_eq!(clean(&app, &usual(), TEMPLATE_FILES).await, removed(0));
        let file = alice.get("/job-script-templates/1/upload/template/~tilde").await;
        assert_eq!(file.expect(200).text, "content");
    }

    async fn what_was_written_just_now_may_belong_to_an_upload_under_way(app: TestApp) {
        after_machine(&app, 59);
        store(&app, "job_script_files", 999, "run.sh").await;
        assert_eq!(clean(&app, &usual(), SCRIPT_FILES).await, removed(0));
        after_machine(&app, 61);
        assert_eq!(clean(&app, &usual(), SCRIPT_FILES).await, removed(1));
    }

    async fn a_file_that_is_missing_is_told_of_and_its_row_kept(app: TestApp) {
        after_machine(&app, 61);
        let alice = app.user("alice").await;
        alice.has_script("s", "echo").await;
        alice.upload("/job-scripts/1/upload/SUPPORT", "data", "content").await.ok();
        let storage = app.app.tenants.default_tenant().storage;
        storage.delete("job_script_files", 1, "data").await.unwrap();
        assert_eq!(clean(&app, &usual(), SCRIPT_FILES).await, missing(1));
        let files = alice.get("/job-scripts/1").await.ok()["files"].clone();
        assert_eq!(files.as_array().unwrap().len(), 2);
        alice.upload("/job-scripts/1/upload/SUPPORT", "data", "again").await.ok();
        assert_eq!(clean(&app, &usual(), SCRIPT_FILES).await, missing(0));
    }

    async fn what_is_not_ours_is_left_alone(app: TestApp) {
        after_machine(&app, 61);
        store(&app, "job_script_files", 99_999_999_999, "x").await;
        store(&app, "other_files", 1, "x").await;
        for task in [SCRIPT_FILES, TEMPLATE_FILES, WORKFLOW_FILES] {
            assert_eq!(clean(&app, &usual(), task).await, removed(0));
        }
        assert!(is_stored(&app, "job_script_files", 99_999_999_999, "x").await);
        assert!(is_stored(&app, "other_files", 1, "x").await);
    }

    async fn more_than_one_chunk_is_collected(app: TestApp) {
        after_machine(&app, 61);
        let alice = app.user("alice").await;
        alice.post("/job-scripts", json!({"name": "s"})).await.created();
        let stores = (0..600).map(|n| {
            let storage = app.app.tenants.default_tenant().storage;
            async move {
                let name = format!("file{n}");
                storage.put("job_script_files", 1 + n % 3, &name, "content".into()).await.unwrap();
            }
        });
        futures::future::join_all(stores).await;
        let sql = "INSERT INTO job_script_files (parent_id, filename, file_type, created_at, updated_at) \
                   SELECT id, 'file0', 'SUPPORT', created_at, updated_at FROM job_scripts";
        execute(&app, sql).await;
        assert_eq!(clean(&app, &usual(), SCRIPT_FILES).await, removed(599));
        alice.get("/job-scripts/1/upload/file0").await.expect(200);
    }
}
