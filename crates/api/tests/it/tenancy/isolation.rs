//! One organization can't reach what is another's.

use jobbergate_api::permission::Permission;
use reqwest::{Method, multipart};
use serde_json::{Value, json};

use crate::{
    on_both,
    support::{Actor, Answer, Organization, document},
};

/// In everything that the first organization writes.
const SECRET: &str = "sesame";
const TEMPLATE: &str = "sesame-template";

/// What somebody made; numbers begin with 1 in each organization.
struct Belongings {
    template: i64,
    script: i64,
    submission: i64,
}

async fn furnish(organization: &Organization<'_>, agent: &Actor) -> Belongings {
    let owner = organization.user(SECRET).await;
    let content = format!("#!/bin/bash\necho {SECRET}\n");
    let template = owner.has_template(TEMPLATE, &[("run.sh.j2", &content)]).await;
    let script = owner.has_script(SECRET, &content).await;
    let submission = owner.has_submission(script, "cluster").await;
    agent.put("/clusters/status?interval=60", json!({})).await.expect(202);
    let facts = json!({"slurm_version": SECRET, "partitions": [], "nodes": [], "jobs": {},
        "accounting": null, "remarks": []});
    agent.put("/clusters/facts", facts).await.expect(202);
    Belongings { template, script, submission }
}

/// Everything that an organization has, as its people see it.
async fn snapshot(administrator: &Actor) -> Vec<String> {
    let mut seen = Vec::new();
    for path in [
        "/job-script-templates?include_archived=true",
        "/job-script-templates/1",
        "/job-script-templates/1/upload/template/run.sh.j2",
        "/job-scripts?include_archived=true",
        "/job-scripts/1",
        "/job-scripts/1/upload/run.sh",
        "/job-submissions?include_archived=true",
        "/job-submissions/1",
        "/job-submissions/1/progress",
        "/job-submissions/agent/pending",
        "/job-submissions/agent/active",
        "/clusters/status",
        "/clusters/facts/cluster",
    ] {
        seen.push(administrator.get(path).await.expect(200).text);
    }
    seen
}

/// All operations of the API, each with the schema of its body.
fn operations() -> Vec<(Method, String, Value)> {
    let document = document();
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let method = method.to_uppercase().parse().unwrap();
            all.push((method, path.clone(), operation.clone()));
        }
    }
    assert!(all.len() >= 34, "{}", all.len());
    // What is made by the way would get the numbers that are asked for.
    all.sort_by_key(|(_, path, _)| !path.contains('{'));
    all
}

/// The path with the first organization's numbers and names.
fn fill(pattern: &str) -> String {
    let fill = |segment: &str| match segment {
        "{file_type}" => "SUPPORT".to_owned(),
        "{file_name}" if pattern.contains("template") => "run.sh.j2".to_owned(),
        "{file_name}" => "run.sh".to_owned(),
        "{client_id}" => "cluster".to_owned(),
        "{id_or_identifier}" => TEMPLATE.to_owned(),
        parameter if parameter.starts_with('{') => "1".to_owned(),
        word => word.to_owned(),
    };
    pattern.split('/').map(fill).collect::<Vec<_>>().join("/")
}

/// A body that each of the operations accepts, and that names the first organization's things.
fn body() -> Value {
    json!({
        "id": 1,
        "name": "mine",
        "is_archived": true,
        "status": "SUBMITTED",
        "job_script_id": 1,
        "slurm_job_id": 7,
        "client_id": "cluster",
        "report_message": "mine",
        "slurm_job_state": "RUNNING",
        "slurm_job_info": "{}",
        "refusal": {"kind": "busy", "message": "mine"},
        "create_request": {"name": "mine"},
        "render_request": {
            "template_output_name_mapping": {"run.sh.j2": "run.sh"},
            "param_dict": {},
        },
    })
}

async fn call(actor: &Actor, method: Method, path: &str, operation: &Value) -> Answer {
    let request = actor.request(method, path);
    let request = match path.contains("/upload-by-url/") {
        true => request.query(&[("file_url", "https://templates.example.com/run.sh")]),
        false => request,
    };
    let content = &operation["requestBody"]["content"];
    let request = if content["multipart/form-data"].is_object() {
        let file = multipart::Part::bytes(b"mine".to_vec()).file_name("run.sh");
        request.multipart(multipart::Form::new().part("upload_file", file))
    } else if content["application/json"].is_object() {
        request.json(&body())
    } else {
        request.query(&[("interval", "60"), ("claim", "1"), ("most", "1")])
    };
    actor.send(request).await
}

fn is_empty_list(text: &str) -> bool {
    let list: Value = serde_json::from_str(text).unwrap();
    list == json!([]) || list["total"] == 0 || list["max_times"] == json!([])
}

on_both! {
    async fn no_operation_reaches_another_organizations_things(app: TenantApp) {
        let (theirs, ours) = (app.organization().await, app.organization().await);
        let (agent, theirs_all) = (theirs.agent("cluster").await, theirs.administrator().await);
        let belongings = furnish(&theirs, &agent).await;
        assert_eq!((belongings.template, belongings.script, belongings.submission), (1, 1, 1));
        let before = snapshot(&theirs_all).await;
        let intruder = ours.administrator().await;
        for (method, pattern, operation) in operations() {
            let path = fill(&pattern);
            let answer = call(&intruder, method.clone(), &path, &operation).await;
            let (status, text) = (answer.status.as_u16(), &answer.text);
            let said = text.replace(TEMPLATE, "");
            assert!(!said.contains(SECRET), "{method} {path}: {text}");
            // Some operations name it in the path, others in the body.
            let in_body = ["submitted", "rejected"].iter().any(|end| {
                pattern.starts_with("/job-submissions/agent/") && pattern.ends_with(end)
            });
            if pattern.contains('{') || in_body {
                let empty_list = status == 200 && is_empty_list(text);
                // Samples are MessagePack: what is sent here is refused unread.
                let unread = path.contains("/agent/metrics/") && status == 422;
                // Whatever another agent has claimed, it is not claimed here.
                let unclaimed = path.contains("/agent/withdrawn/") && status == 409;
                let is_closed = status == 404 || empty_list || unread || unclaimed;
                assert!(is_closed, "{method} {path}: {status} {text}");
            }
            assert!(status < 500, "{method} {path}: {text}");
            assert_eq!(snapshot(&theirs_all).await, before, "after {method} {path}");
        }
    }

    async fn lists_have_only_ones_own(app: TenantApp) {
        let (theirs, ours) = (app.organization().await, app.organization().await);
        furnish(&theirs, &theirs.agent("cluster").await).await;
        let stranger = ours.administrator().await;
        for path in ["/job-script-templates", "/job-scripts", "/job-submissions", "/clusters/status"] {
            for query in ["", "?search=sesame", "?include_archived=true", "?user_only=false"] {
                let page = stranger.get(&format!("{path}{query}")).await.ok();
                assert_eq!((&page["total"], &page["items"]), (&json!(0), &json!([])), "{path}{query}");
            }
        }
        for path in ["/job-submissions/agent/pending", "/job-submissions/agent/active"] {
            assert_eq!(stranger.get(path).await.ok()["total"], 0, "{path}");
        }
        stranger.get("/clusters/status/cluster").await.expect(404);
    }

    async fn the_same_numbers_and_names_are_different_things(app: TenantApp) {
        let (one, two) = (app.organization().await, app.organization().await);
        let (first, second) = (one.user("alice").await, two.user("alice").await);
        for (user, word) in [(&first, "one"), (&second, "two")] {
            assert_eq!(user.has_template("same", &[("run.sh.j2", word)]).await, 1);
            assert_eq!(user.has_script("same", word).await, 1);
        }
        second.delete("/job-script-templates/1").await.expect(204);
        second.put("/job-scripts/1", json!({"name": "other"})).await.ok();
        second.delete("/job-scripts/1/upload/run.sh").await.expect(200);
        let template = first.get("/job-script-templates/same").await.ok();
        assert_eq!(template["id"], 1);
        let file = first.get("/job-script-templates/1/upload/template/run.sh.j2").await.expect(200);
        assert_eq!(file.text, "one");
        assert_eq!(first.get("/job-scripts/1").await.ok()["name"], "same");
        assert_eq!(first.get("/job-scripts/1/upload/run.sh").await.expect(200).text, "one");
        second.get("/job-scripts/1/upload/run.sh").await.expect(404);
    }

    async fn files_lie_where_the_organization_is(app: TenantApp) {
        let organization = app.organization().await;
        organization.user("alice").await.has_script("job", "echo").await;
        let key = "job_script_files/1/run.sh";
        match &app.s3 {
            Some(s3) => {
                assert_eq!(s3.keys_in(&organization.id).unwrap(), [key]);
                assert!(s3.keys().unwrap().is_empty());
            }
            None => {
                let directory = app.directory(&organization.id);
                assert_eq!(std::fs::read(directory.join("files").join(key)).unwrap(), b"echo");
                assert!(directory.join("jobbergate.db").exists());
            }
        }
    }

    async fn a_submission_goes_to_a_cluster_of_ones_own_organization(app: TenantApp) {
        let (theirs, ours) = (app.organization().await, app.organization().await);
        let (their_agent, our_agent) = (theirs.agent("theirs").await, ours.agent("ours").await);
        app.agent("nobodys").await;
        let user = ours.user("alice").await;
        let script = user.has_script("job", "echo").await;
        for cluster in ["theirs", "nobodys"] {
            let body = json!({"name": "job", "job_script_id": script, "client_id": cluster});
            let refused = user.post("/job-submissions", body).await.expect(422).detail();
            assert!(refused.contains("registered are: ours."), "{refused}");
        }
        user.has_submission(script, "ours").await;
        let pending = our_agent.get("/job-submissions/agent/pending").await.ok();
        assert_eq!(pending["total"], 1);
        let nothing = their_agent.get("/job-submissions/agent/pending").await.ok();
        assert_eq!(nothing["total"], 0);
    }

    async fn an_administrator_without_organization_reaches_nobodys_things(app: TenantApp) {
        let organization = app.organization().await;
        furnish(&organization, &organization.agent("cluster").await).await;
        let nobody = app.somebody("boss@example.com", Some("cluster"), &Permission::ALL).await;
        for (method, pattern, operation) in operations() {
            let open = ["/health", "/clusters", "/personal-access-tokens"];
            if open.iter().any(|path| pattern.starts_with(path)) {
                continue;
            }
            let answer = call(&nobody, method.clone(), &fill(&pattern), &operation).await;
            assert_eq!(answer.status, 400, "{method} {pattern}: {}", answer.text);
            let words = "Checked expressions failed: Access token does not contain\n  1: \
                         organization_id";
            assert_eq!(answer.detail(), words);
        }
        assert_eq!(nobody.get("/clusters/status").await.ok()["total"], 0);
    }
}
