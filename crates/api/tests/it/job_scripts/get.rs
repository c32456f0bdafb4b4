//! `GET /job-scripts/{id}`

use serde_json::json;

use crate::on_both;

on_both! {
    async fn a_script_comes_with_its_files(app: TestApp) {
        let alice = app.user("alice").await;
        let id = alice.has_script("s", "echo").await;
        alice.upload(&format!("/job-scripts/{id}/upload/SUPPORT"), "data.txt", "x").await.ok();
        let view = app.user("bob").await.get(&format!("/job-scripts/{id}")).await.ok();
        let file = |name: &str, kind: &str| {
            json!({
                "parent_id": id,
                "filename": name,
                "file_type": kind,
                "created_at": "2026-01-01T00:00:00Z",
                "updated_at": "2026-01-01T00:00:00Z",
            })
        };
        let expected = json!({
            "id": id,
            "name": "s",
            "owner_email": "alice@example.com",
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
            "is_archived": false,
            "description": "",
            "parent_template_id": null,
            "cloned_from_id": null,
            "files": [file("data.txt", "SUPPORT"), file("run.sh", "ENTRYPOINT")],
        });
        assert_eq!(view, expected);
    }

    async fn who_asks_in_vain_is_told_for_what(app: TestApp) {
        let alice = app.user("alice").await;
        for (path, locator) in [("9999", "9999"), ("1_0", "10"), ("99999999999", "99999999999")] {
            let answer = alice.get(&format!("/job-scripts/{path}")).await.expect(404);
            let words = format!("job_scripts entry was not found by locator={locator}");
            assert_eq!(answer.detail(), words);
        }
    }
}
