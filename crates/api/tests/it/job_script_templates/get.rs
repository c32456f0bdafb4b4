//! `GET /job-script-templates/{id_or_identifier}`

use serde_json::json;

use crate::on_both;

on_both! {
    async fn a_template_comes_with_its_files(app: TestApp) {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let id = alice.has_template("solver", &[("run.sh.j2", "echo"), ("data.txt", "x")]).await;
        let view = bob.get(&format!("/job-script-templates/{id}")).await.ok();
        let file = |name: &str, kind: &str| {
            json!({
                "parent_id": id,
                "filename": name,
                "file_type": kind,
                "created_at": "2026-01-01T00:00:00Z",
                "updated_at": "2026-01-01T00:00:00Z",
            })
        };
        let files = json!([file("data.txt", "SUPPORT"), file("run.sh.j2", "ENTRYPOINT")]);
        assert_eq!(view["template_files"], files);
        assert_eq!(view["workflow_files"], json!([]));
        assert_eq!(view["owner_email"], "alice@example.com");
    }

    async fn it_is_found_by_number_however_written_and_by_identifier(app: TestApp) {
        let alice = app.user("alice").await;
        let id = alice.has_template("solver", &[]).await;
        for name in ["solver".to_owned(), format!("+{id}"), format!("%20{id}"), format!("00{id}")] {
            assert_eq!(alice.get(&format!("/job-script-templates/{name}")).await.ok()["id"], id);
        }
    }

    async fn who_asks_in_vain_is_told_for_what(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("solver", &[]).await;
        for (path, locator) in [
            ("9999", "9999"),
            ("1_0", "10"),
            ("-5", "-5"),
            ("SOLVER", "'SOLVER'"),
            ("1.0", "'1.0'"),
            ("no%20such", "'no such'"),
        ] {
            let answer = alice.get(&format!("/job-script-templates/{path}")).await.expect(404);
            let words = format!("job_script_templates entry was not found by locator={locator}");
            assert_eq!(answer.detail(), words);
        }
    }
}
