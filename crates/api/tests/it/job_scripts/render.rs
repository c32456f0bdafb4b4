//! `POST /job-scripts/render-from-template/{id_or_identifier}`

use jobbergate_api::args;
use serde_json::{Value, json};

use crate::{
    on_both,
    support::{Actor, Answer, TestApp},
};

const ENTRYPOINT: &str = "#!/bin/bash\n#SBATCH -J {{ data.job }}\n\necho {{ data.n }} {{ data.f }} \
                          {{ data.b }} {{ data.none }}\n{% for i in data.l %}{{ i }},{% endfor %}\n";

/// Renders template `t`.
async fn render(actor: &Actor, mapping: Value, parameters: Value) -> Answer {
    let body = json!({
        "create_request": {"name": "r"},
        "render_request": {"template_output_name_mapping": mapping, "param_dict": parameters},
    });
    actor.post("/job-scripts/render-from-template/t", body).await
}

/// The content of a file of script 1.
async fn rendered(actor: &Actor, name: &str) -> String {
    actor.get(&format!("/job-scripts/1/upload/{name}")).await.expect(200).text
}

on_both! {
    async fn a_template_becomes_a_script(app: TestApp) {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let files = [("e.sh.j2", ENTRYPOINT), ("s.txt.j2", "plain {{ job }} {{ missing }}\n")];
        let template = alice.has_template("t", &files).await;
        let mapping = json!({"e.sh.j2": "e.sh", "s.txt.j2": "d/s.txt"});
        let parameters =
            json!({"job": "x", "n": 1, "f": 1.5, "b": true, "none": null, "l": [1, "a", 2.0]});
        let script = render(&bob, mapping, parameters).await.created();
        assert_eq!(script["owner_email"], "bob@example.com");
        assert_eq!(script["parent_template_id"], template);
        let kinds: Vec<_> = script["files"].as_array().unwrap().iter().map(|f| &f["file_type"]).collect();
        assert_eq!(kinds, ["ENTRYPOINT", "SUPPORT"]);
        let expected = "#!/bin/bash\n#SBATCH -J x\n\necho 1 1.5 True None\n1,a,2.0,";
        assert_eq!(rendered(&bob, "e.sh").await, expected);
        assert_eq!(rendered(&bob, "d/s.txt").await, "plain x ");
    }

    async fn arguments_of_sbatch_become_lines_of_the_entrypoint_only(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[("e.j2", "#!/bin/sh\n\necho"), ("s.j2", "echo")]).await;
        let body = json!({
            "create_request": {"name": "r"},
            "render_request": {
                "template_output_name_mapping": {"e.j2": "e", "s.j2": "s"},
                "param_dict": {},
                "sbatch_params": ["--time=1", "-p x"],
            },
        });
        alice.post("/job-scripts/render-from-template/t", body).await.created();
        let expected = "#!/bin/sh\n\n# Sbatch params injected at rendering time\n\
                        #SBATCH --time=1\n#SBATCH -p x\n\necho";
        assert_eq!(rendered(&alice, "e").await, expected);
        assert_eq!(rendered(&alice, "s").await, "echo");
    }

    async fn an_argument_of_sbatch_is_one_line(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[("e.j2", "echo")]).await;
        let body = json!({
            "create_request": {"name": "r"},
            "render_request": {
                "template_output_name_mapping": {"e.j2": "e"},
                "param_dict": {},
                "sbatch_params": ["--mem=10\nrm -rf data"],
            },
        });
        let refused = alice.post("/job-scripts/render-from-template/t", body).await.expect(422);
        assert!(refused.detail().contains("more than one line"), "{}", refused.detail());
    }

    async fn files_that_the_template_lacks_are_named(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[("e.j2", "echo")]).await;
        let refused = render(&alice, json!({"e.j2": "e", "zz": "zz"}), json!({})).await.expect(400);
        let words = "The following required files are missing for job template t: zz";
        assert_eq!(refused.detail(), words);
        let nowhere = "/job-scripts/render-from-template/nope";
        let body = json!({
            "create_request": {"name": "r"},
            "render_request": {"template_output_name_mapping": {}, "param_dict": {}},
        });
        let words = "job_script_templates entry was not found by locator='nope'";
        assert_eq!(alice.post(nowhere, body).await.expect(404).detail(), words);
    }

    async fn a_script_needs_its_entrypoint_and_no_more_than_that(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[("e.j2", "echo"), ("s.j2", "x")]).await;
        let words = "Exactly one entrypoint file must be specified, got 0";
        for mapping in [json!({"s.j2": "s"}), json!({}), json!({"e.j2": "", "s.j2": "s"})] {
            let refused = render(&alice, mapping, json!({})).await.expect(400).detail();
            assert!(refused.starts_with(words), "{refused}");
        }
        let skipped = render(&alice, json!({"e.j2": "e", "s.j2": ""}), json!({})).await.created();
        assert_eq!(skipped["files"].as_array().unwrap().len(), 1);
        let script = render(&alice, json!({"e.j2": "e"}), json!({})).await.created();
        assert_eq!(script["files"].as_array().unwrap().len(), 1);
    }

    async fn two_files_cannot_have_one_name_nor_both_be_the_entrypoint(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[("e.j2", "echo"), ("s.j2", "x")]).await;
        let same = render(&alice, json!({"e.j2": "same", "s.j2": "same"}), json!({})).await;
        let words = "Exactly one entrypoint file must be specified, got ";
        let same = same.expect(400).detail();
        assert!(same.starts_with(words) && same.contains("\"same\""), "{same}");
        let upload = "/job-script-templates/t/upload/template/ENTRYPOINT";
        alice.upload(upload, "e2.j2", "echo").await.ok();
        let both = render(&alice, json!({"e.j2": "e", "e2.j2": "e2"}), json!({})).await.expect(400);
        let both = both.detail();
        assert!(both.starts_with(&format!("{words}2: ")) && both.ends_with("e.j2, e2.j2"), "{both}");
        render(&alice, json!({"e2.j2": "e2", "s.j2": "s"}), json!({})).await.created();
    }

    async fn a_missing_parameter_is_explained_and_nothing_is_kept(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[("a.j2", "fine"), ("s.j2", "{{ data.zzz.y }}")]).await;
        let mapping = json!({"a.j2": "a", "s.j2": "s"});
        let refused = render(&alice, mapping.clone(), json!({})).await.expect(422).detail();
        assert!(refused.contains("filename=s.j2") && refused.contains("param_dict"), "{refused}");
        assert_eq!(alice.get("/job-scripts").await.ok()["total"], 0);
        if let Some(s3) = &app.s3 {
            assert!(s3.keys().unwrap().iter().all(|key| !key.starts_with("job_script_files")));
        }
        // The next script is whole; on PostgreSQL a number was used up, as by the Python server.
        let next = render(&alice, mapping, json!({"zzz": {"y": 1}})).await.created();
        assert_eq!(next["id"], if app.s3.is_some() { 2 } else { 1 });
    }

    async fn a_template_that_cannot_be_rendered_is_refused(app: TestApp) {
        let alice = app.user("alice").await;
        for (name, source) in [
            ("filter.j2", "{{ 'x'|frob }}"),
            ("class.j2", "{{ ''.__class__.__mro__ }}"),
            ("include.j2", "{% include 'x' %}"),
            ("zero.j2", "{{ 1/0 }}"),
            ("range.j2", "{{ range(99999999)|length }}"),
            ("broken.txt", "{{ 1 // 0 }}"),
        ] {
            alice.has_template("t", &[(name, source)]).await;
            let refused = render(&alice, json!({name: "out"}), json!({})).await.expect(422).detail();
            assert!(refused.contains(&format!("filename={name}")), "{refused}");
            alice.delete("/job-script-templates/t").await.expect(204);
        }
        alice.has_template("t", &[("latin1.txt", "")]).await;
        let upload = "/job-script-templates/t/upload/template/ENTRYPOINT";
        alice.upload(upload, "latin1.txt", b"\xff".to_vec()).await.ok();
        let refused = render(&alice, json!({"latin1.txt": "out"}), json!({})).await.expect(422);
        assert!(refused.detail().contains("not UTF-8"), "{}", refused.detail());
    }

    async fn data_that_is_no_text_lies_beside_the_script_as_it_is(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[("a.sh.j2", "echo {{ data.n }}")]).await;
        let upload = "/job-script-templates/t/upload/template/SUPPORT";
        alice.upload(upload, "mesh.dat", b"\x00\xff{{ data.n }}".to_vec()).await.ok();
        let names = json!({"a.sh.j2": "a.sh", "mesh.dat": "mesh.dat"});
        let script = render(&alice, names, json!({"data": {"n": 1}})).await.created();
        let path = format!("/job-scripts/{}/upload/mesh.dat", script["id"]);
        let downloaded = alice.request(reqwest::Method::GET, &path).send().await.unwrap().bytes().await.unwrap();
        assert_eq!(&downloaded[..], b"\x00\xff{{ data.n }}");
        let latin1 = b"caf\xe9 {{ data.n }}".to_vec();
        alice.upload(upload, "mesh.dat", latin1).await.ok();
        let names = json!({"a.sh.j2": "a.sh", "mesh.dat": "mesh.dat"});
        let refused = render(&alice, names, json!({"data": {"n": 1}})).await.expect(422).detail();
        assert!(refused.contains("filename=mesh.dat") && refused.contains("not UTF-8"), "{refused}");
    }

    async fn the_request_is_checked_as_a_whole(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[]).await;
        let path = "/job-scripts/render-from-template/t";
        let body = json!({
            "create_request": {"name": 1},
            "render_request": {"template_output_name_mapping": [], "param_dict": null},
        });
        let answer = alice.post(path, body).await.expect(422).json();
        let kinds: Vec<_> = answer["detail"].as_array().unwrap().iter().map(|p| &p["type"]).collect();
        assert_eq!(kinds, ["string_type", "dict_type", "dict_type"]);
        for (body, place) in [
            (json!({"render_request": {"template_output_name_mapping": {}, "param_dict": {}}}), "create_request"),
            (json!({"create_request": {"name": "r"}}), "render_request"),
        ] {
            let answer = alice.post(path, body).await.expect(422).json();
            let missing = json!({
                "type": "missing", "loc": ["body", place], "msg": "Field required", "input": null,
            });
            assert_eq!(answer["detail"], json!([missing]));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_template_is_told_whatever_else_goes_wrong() {
    let app = TestApp::on_postgres().await;
    let alice = app.user("alice").await;
    alice.has_template("t", &[("e.j2", "{{ 1 // 0 }}")]).await;
    let mut db = app.db().write().await.unwrap();
    // There is no number left.
    db.execute("SELECT setval('job_scripts_id_seq', 2147483647)", args![]).await.unwrap();
    db.commit().await.unwrap();
    let said = render(&alice, json!({"e.j2": "e"}), json!({})).await.expect(422).detail();
    assert!(said.starts_with("Unable to process jinja template filename=e.j2"), "{said}");
}
