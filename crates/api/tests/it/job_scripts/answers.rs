//! Parameters as answers to what a template asks, and what a script would be: `?dry_run=true`

use serde_json::{Value, json};

use crate::{
    on_both,
    support::{Actor, Answer},
};

const SCRIPT: &str = "#SBATCH -N {{ data.nodes }}\n{{ data.solver }} {{ data.order }}\n";

async fn has_template(alice: &Actor) {
    alice.has_template("t", &[("e.sh.j2", SCRIPT)]).await;
    let questions = json!([
        {"variable": "nodes", "kind": "integer", "required": true, "minimum": 1, "maximum": 8},
        {"variable": "solver", "kind": "choice", "choices": ["lbm", "fem"], "default": "fem"},
        {"variable": "order", "kind": "integer", "required": true, "when": "solver == 'lbm'"},
        {"variable": "partition", "kind": "choice", "choices": {"cluster": "partitions"}},
        {"variable": "key", "kind": "secret", "pattern": "[a-z]+"},
    ]);
    alice.put("/job-script-templates/t", json!({"questions": questions})).await.ok();
}

async fn render(actor: &Actor, query: &str, parameters: Value) -> Answer {
    let body = json!({
        "create_request": {"name": "r"},
        "render_request": {
            "template_output_name_mapping": {"e.sh.j2": "e.sh"},
            "sbatch_params": ["--time=1"],
            "param_dict": parameters,
        },
    });
    actor.post(&format!("/job-scripts/render-from-template/t{query}"), body).await
}

async fn rendered(actor: &Actor, script: &Value) -> String {
    let path = format!("/job-scripts/{}/upload/e.sh", script["id"]);
    actor.get(&path).await.expect(200).text
}

on_both! {
    async fn answers_are_completed_by_defaults(app: TestApp) {
        let alice = app.user("alice").await;
        has_template(&alice).await;
        for parameters in [
            json!({"data": {"nodes": 2, "partition": "new", "extra": [1]}, "other": 1}),
            json!({"nodes": "2", "order": null}),
        ] {
            let script = render(&alice, "", parameters).await.created();
            let text = rendered(&alice, &script).await;
            assert!(text.starts_with("#SBATCH -N 2\n"), "{text}");
            assert!(text.contains("fem "), "{text}");
        }
    }

    async fn what_is_no_answer_is_refused_and_nothing_is_kept(app: TestApp) {
        let alice = app.user("alice").await;
        has_template(&alice).await;
        let wrong = json!({"data": {"nodes": 9, "solver": "lbm", "key": "S3CRET"}});
        for query in ["", "?dry_run=true"] {
            let answer = render(&alice, query, wrong.clone()).await.expect(422);
            assert!(!answer.text.contains("S3CRET"), "{}", answer.text);
            let place = |name: &str| json!(["body", "render_request", "param_dict", "data", name]);
            let expected = json!([
                {"type": "answer", "loc": place("nodes"), "msg": "9 is out of range [1, 8]", "input": 9},
                {"type": "answer", "loc": place("order"), "msg": "an answer is needed", "input": null},
                {"type": "answer", "loc": place("key"), "msg": "it must match the pattern [a-z]+",
                    "input": null},
            ]);
            assert_eq!(answer.json()["detail"], expected);
        }
        let flat = render(&alice, "", json!({"solver": "abc"})).await.expect(422);
        let places: Vec<_> = flat.json()["detail"].as_array().unwrap().iter()
            .map(|problem| problem["loc"][3].clone()).collect();
        assert_eq!(places, ["nodes", "solver"]);
        assert_eq!(alice.get("/job-scripts").await.ok()["total"], 0);
        if let Some(s3) = &app.s3 {
            assert_eq!(s3.keys().unwrap(), ["job_script_template_files/1/e.sh.j2"]);
        }
    }

    async fn a_dry_run_shows_the_files_and_keeps_nothing(app: TestApp) {
        let alice = app.user("alice").await;
        has_template(&alice).await;
        let shown = render(&alice, "?dry_run=true", json!({"data": {"nodes": 2}})).await.ok();
        let content = "# Sbatch params injected at rendering time\n#SBATCH --time=1\n#SBATCH -N 2\nfem ";
        let expected = json!({"files": [
            {"filename": "e.sh", "file_type": "ENTRYPOINT", "content": content},
        ]});
        assert_eq!(shown["files"][0]["filename"], expected["files"][0]["filename"]);
        assert_eq!(shown["files"][0]["file_type"], "ENTRYPOINT");
        let text = shown["files"][0]["content"].as_str().unwrap();
        assert!(text.contains("#SBATCH --time=1") && text.contains("#SBATCH -N 2"), "{text}");
        assert_eq!(alice.get("/job-scripts").await.ok()["total"], 0);
        let script = render(&alice, "?dry_run=false", json!({"data": {"nodes": 2}})).await.created();
        assert_eq!(script["id"], 1);
        assert_eq!(rendered(&alice, &script).await, text);
    }

    async fn a_dry_run_fails_as_the_rendering_would(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[("e.sh.j2", "{{ data.x.y.z }}")]).await;
        let failed = render(&alice, "?dry_run=true", json!({})).await.expect(422);
        assert!(failed.detail().contains("e.sh.j2"), "{}", failed.detail());
        let body = json!({"create_request": {"name": "r"},
            "render_request": {"template_output_name_mapping": {}, "param_dict": {}}});
        alice.post("/job-scripts/render-from-template/t?dry_run=true", body).await.expect(400);
        render(&alice, "?dry_run=perhaps", json!({})).await.expect(422);
        render(&app.anonymous(), "?dry_run=true", json!({})).await.expect(401);
    }
}
