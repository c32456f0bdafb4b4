//! What people and Slurm write is shown as they wrote it, and is nothing else.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{
    Things, signed_in,
    table::{Kind, ROWS},
    token,
};
use crate::{
    on_both,
    support::{Actor, IssuerApp, users_permissions},
    web::browser::Browser,
};

/// Breaks out of texts, attributes, scripts, comments and Markdown, if anything lets it.
const HOSTILE: &str = "'\"><img src=x onerror=alert(1)><script>alert(2)</script><svg/onload=alert(3)> \
                       [x](javascript:alert(4)) <javascript:alert(5)> ![x](data:text/html,<b>) \
                       {{7*7}} {%raw%} ${8*8} &lt;b&gt; \u{202e}";

/// Pieces of it that only a browser that was deceived would see so.
fn assert_harmless(what: &str, page: &str) {
    for odd in [
        "<img src=x",
        "<script>alert",
        "<svg/onload",
        "href=\"javascript:",
        "href='javascript:",
        "src=\"data:text/html",
        "'\"><",
    ] {
        assert!(!page.contains(odd), "{what}: {odd} in {page}");
    }
}

async fn hostile_things(app: &IssuerApp) -> Things {
    let alice = app.bearer(&token(app, "alice", None, &users_permissions()));
    let name = |what: &str| format!("{what} {HOSTILE}");
    let body = json!({"name": name("template"), "description": name("**description**"),
                      "template_vars": {"x": name("variable")}});
    let template = created(&alice, "/job-script-templates", body).await;
    for (kind, file) in [
        ("ENTRYPOINT", "job'\"><img src=x onerror=alert(1)>.sh.j2"),
        ("SUPPORT", "<svg onload=alert(3)>.txt"),
    ] {
        let path = format!("/job-script-templates/{template}/upload/template/{kind}");
        alice
            .upload(
                &path,
                file,
                format!("#!/bin/bash\n# {HOSTILE}\n").replace("{%raw%}", "").replace("{{7*7}}", ""),
            )
            .await;
    }
    let settings =
        json!({"template_files": HOSTILE, "supporting_files_output_name": null}).to_string();
    alice
        .has_workflow(template, &format!("# {HOSTILE}\njobbergate_config = {{}}\n"), &settings)
        .await;
    let script =
        created(&alice, "/job-scripts", json!({"name": name("script"), "description": name("of")}))
            .await;
    let path = format!("/job-scripts/{script}/upload/ENTRYPOINT");
    alice.upload(&path, "run.sh", format!("#!/bin/bash\n# {HOSTILE}\n")).await.ok();
    let submission = created(
        &alice,
        "/job-submissions",
        json!({
            "name": name("submission"), "description": name("described"), "job_script_id": script,
            "client_id": format!("cluster{}", HOSTILE.chars().take(100).collect::<String>()),
            "execution_directory": format!("/home/{}", HOSTILE.replace('\u{202e}', "")),
            "sbatch_arguments": [format!("--comment={HOSTILE}")],
        }),
    )
    .await;
    Things { alice, template, script, submission }
}

async fn created(actor: &Actor, path: &str, body: Value) -> i64 {
    actor.post(path, body).await.created()["id"].as_i64().unwrap()
}

/// The browser of somebody whom the provider calls so.
async fn called(app: &IssuerApp, name: &str) -> Browser {
    let mut browser = Browser::new(app);
    let asked = super::begin(&mut browser, "/").await;
    let access = super::claims("alice", None, &super::all_permissions());
    let issued = app.issued_with(&asked.query["nonce"], "r", access, json!({"name": name}));
    super::super::external::issue(app, issued);
    super::come_back(&mut browser, &asked).await.expect(303);
    browser
}

on_both! {
    async fn nothing_that_was_written_runs_on_any_page(app: IssuerApp) {
        let things = hostile_things(&app).await;
        let mut alice = called(&app, HOSTILE).await;
        for row in ROWS.iter().filter(|row| row.kind == Kind::Page) {
            let address = things.address(row);
            let page = alice.open(&address).await;
            assert!(page.status.as_u16() < 500 || page.status == 504, "{row:?}: {}", page.text);
            let kind = page.header("content-type").unwrap_or_default().to_owned();
            if kind.starts_with("text/html") {
                assert_harmless(row.path, &page.text);
            } else if page.status == 200 {
                // Nothing that a browser would take for a page.
                let known = ["text/plain", "text/csv", "text/event-stream", "application/octet-stream", "application/json"];
                assert!(known.iter().any(|it| kind.starts_with(it)), "{row:?}: {kind}");
                if kind.starts_with("text/event-stream") {
                    assert_harmless(row.path, &page.text);
                }
            }
        }
    }

    async fn nothing_that_is_typed_runs_on_the_page_that_answers(app: IssuerApp) {
        let things = hostile_things(&app).await;
        let mut alice = signed_in(&app, "alice", None, &users_permissions()).await;
        let token = super::form_token(&mut alice).await;
        for row in ROWS.iter().filter(|row| row.kind == Kind::Form) {
            let mut form = super::filled(row, &things.address(row), Some(&token));
            for (name, value) in &mut form.fields {
                if name != "form_token" {
                    value.push_str(HOSTILE);
                }
            }
            form.fields.push(super::pair(HOSTILE, HOSTILE));
            let answer = alice.post(&form).await;
            assert!(answer.status.as_u16() < 500, "{row:?} {}: {}", answer.status, answer.text);
            assert_harmless(row.path, &answer.text);
            // The same for who was signed out in the middle of it.
            let answer = Browser::new(&app).post(&form).await;
            assert_harmless(row.path, &answer.text);
            if row.path.contains("/delete") {
                break;
            }
        }
        for query in ["/submissions?q=", "/applications?q=", "/scripts?q=", "/applications/1/run?x=", "/submissions?told=", "/scripts/1?done="] {
            let search = super::super::external::query(&[("v", HOSTILE)]);
            let page = alice.open(&format!("{query}{}", search.trim_start_matches("v="))).await;
            assert!(page.status.as_u16() < 500, "{query}: {}", page.text);
            assert_harmless(query, &page.text);
        }
        app.clock.advance(TimeDelta::seconds(1));
    }
}
