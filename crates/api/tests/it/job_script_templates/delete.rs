//! `DELETE /job-script-templates/{id_or_identifier}`

use serde_json::json;

use crate::on_both;

on_both! {
    async fn a_template_goes_with_its_files(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("solver", &[("run.sh", "echo"), ("d/x.txt", "x")]).await;
        let keep = alice.has_template("other", &[("run.sh", "keep")]).await;
        assert_eq!(alice.delete("/job-script-templates/solver").await.expect(204).text, "");
        let words = "job_script_templates entry was not found by locator='solver'";
        assert_eq!(alice.delete("/job-script-templates/solver").await.expect(404).detail(), words);
        alice.get("/job-script-templates/1").await.expect(404);
        let kept = format!("/job-script-templates/{keep}/upload/template/run.sh");
        assert_eq!(alice.get(&kept).await.expect(200).text, "keep");
        if let Some(s3) = &app.s3 {
            assert_eq!(s3.keys().unwrap(), [format!("job_script_template_files/{keep}/run.sh")]);
        }
    }

    async fn its_scripts_outlive_it(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("solver", &[("run.sh.j2", "echo")]).await;
        let body = json!({
            "create_request": {"name": "s"},
            "render_request": {
                "template_output_name_mapping": {"run.sh.j2": "run.sh"},
                "param_dict": {},
            },
        });
        alice.post("/job-scripts/render-from-template/solver", body).await.created();
        alice.delete("/job-script-templates/solver").await.expect(204);
        let script = alice.get("/job-scripts/1").await.ok();
        assert_eq!(script["parent_template_id"], json!(null));
        assert_eq!(alice.get("/job-scripts/1/upload/run.sh").await.expect(200).text, "echo");
    }

    async fn a_number_is_never_given_twice(app: TestApp) {
        let alice = app.user("alice").await;
        let first = alice.has_template("a", &[]).await;
        alice.delete(&format!("/job-script-templates/{first}")).await.expect(204);
        assert_eq!(alice.has_template("b", &[]).await, first + 1);
    }

    async fn others_may_not_but_maintainers_may(app: TestApp) {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        alice.has_template("solver", &[]).await;
        let refused = bob.delete("/job-script-templates/solver").await.expect(403);
        assert_eq!(refused.detail(), "Mismatch on attribute(s): owner_email");
        app.maintainer().await.delete("/job-script-templates/solver").await.expect(204);
    }
}
