//! `/job-scripts/{id}/upload/…`

use serde_json::json;

use crate::on_both;

const ENTRYPOINT: &str = "/job-scripts/1/upload/ENTRYPOINT";
const SUPPORT: &str = "/job-scripts/1/upload/SUPPORT";

on_both! {
    async fn a_script_has_one_entrypoint(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_script("s", "#!/bin/bash\necho hi\n").await;
        let refused = alice.upload(ENTRYPOINT, "run2.sh", "echo").await.expect(422);
        let words = "A job script can not have more than one entry point file. Consider deleting \
                     the existing one first. Found: run.sh";
        assert_eq!(refused.detail(), words);
        // Writing it again, renaming it or making another of it is no second one.
        alice.upload(ENTRYPOINT, "run.sh", "echo 2").await.ok();
        let rename = format!("{ENTRYPOINT}?filename=run3.sh&previous_filename=run.sh");
        assert_eq!(alice.put(&rename, json!(null)).await.ok()["filename"], "run3.sh");
        alice.upload(&format!("{SUPPORT}?filename=run3.sh"), "x", "x").await.ok();
        alice.upload(ENTRYPOINT, "run4.sh", "echo 4").await.ok();
        assert_eq!(alice.get("/job-scripts/1/upload/run4.sh").await.expect(200).text, "echo 4");
    }

    async fn a_file_in_a_folder_is_read_but_not_deleted(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_script("s", "echo").await;
        alice.upload(&format!("{SUPPORT}?filename=d%2Fe.txt"), "x", "e").await.ok();
        for path in ["/job-scripts/1/upload/d/e.txt", "/job-scripts/1/upload/d%2Fe.txt"] {
            let answer = alice.get(path).await.expect(200);
            assert_eq!((answer.text.as_str(), answer.header("filename")), ("e", Some("d/e.txt")));
            alice.delete(path).await.expect(405);
        }
    }

    async fn a_file_is_deleted_once(app: TestApp) {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        alice.has_script("s", "echo").await;
        bob.delete("/job-scripts/1/upload/run.sh").await.expect(403);
        assert_eq!(alice.delete("/job-scripts/1/upload/run.sh").await.expect(200).text, "null");
        let words = "job_script_files row not found by parent_id=1, filename='run.sh'";
        assert_eq!(alice.delete("/job-scripts/1/upload/run.sh").await.expect(404).detail(), words);
        assert_eq!(alice.get("/job-scripts/1/upload/run.sh").await.expect(404).detail(), words);
        if let Some(s3) = &app.s3 {
            assert_eq!(s3.keys().unwrap(), Vec::<String>::new());
        }
    }

    async fn only_the_owner_and_maintainers_write(app: TestApp) {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        alice.has_script("s", "echo").await;
        let refused = bob.upload(SUPPORT, "b.txt", "b").await.expect(403);
        assert_eq!(refused.detail(), "Mismatch on attribute(s): owner_email");
        app.maintainer().await.upload(SUPPORT, "b.txt", "b").await.ok();
        let refused = alice.upload("/job-scripts/9999/upload/SUPPORT", "b", "b").await.expect(404);
        assert_eq!(refused.detail(), "job_scripts entry was not found by locator=9999");
    }

    async fn a_file_above_the_limit_changes_nothing(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_script("s", "old").await;
        let large = vec![b'x'; 5 * 1024 * 1024 + 1];
        let refused = alice.upload(ENTRYPOINT, "run.sh", large).await.expect(413);
        let words = "Uploaded files cannot exceed 5242880 bytes, got 5242881 bytes";
        assert_eq!(refused.detail(), words);
        assert_eq!(alice.get("/job-scripts/1/upload/run.sh").await.expect(200).text, "old");
    }

    async fn content_that_was_lost_is_reported_as_such(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_script("s", "echo").await;
        let storage = app.app.tenants.default_tenant().storage;
        storage.delete("job_script_files", 1, "run.sh").await.unwrap();
        let missing = alice.get("/job-scripts/1/upload/run.sh").await.expect(404);
        assert!(missing.detail().contains("is missing in the file storage"));
    }
}
