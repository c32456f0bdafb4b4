//! Things in which each text that a person, an agent or Slurm can write has a mark of its own.

use jobbergate_api::{
    args,
    identity::{LogIn, NewUser, Peer},
    permission::Permission,
};
use serde_json::{Value, json};

use crate::{
    identity::story::PASSWORD,
    job_submissions::metrics::uploads,
    portal::submission::agent::part,
    support::{Actor, TestApp, random},
    web::browser::Browser,
};

/// Who sees all pages. Addresses have none of the characters that marks break out with.
pub(super) const EMAIL: &str = "mk-email@example.com";
/// The same of clusters, whose names are those of clients, and of roles.
pub(super) const CLUSTER: &str = "mk-cluster";
const ROLE: &str = "mk-role";
const SECONDS: i64 = 1_767_225_000;

/// Breaks out of attributes and texts, and runs, if a page lets it.
pub(super) fn mark(name: &str) -> String {
    format!("mk-{name}'\"><script>mk-{name}</script>")
}

/// What was planted, as pages name it.
pub(super) struct Planted {
    pub(super) template: i64,
    pub(super) script: i64,
    /// A submission whose job runs, one that was rejected, and one that waits.
    pub(super) submissions: [i64; 3],
    /// Somebody else with an account.
    pub(super) person: String,
    pub(super) agent: Actor,
    pub(super) browser: Browser,
}

pub(super) async fn plant(app: &TestApp) -> Planted {
    app.provider().create_role(ROLE, &[Permission::JobScriptsRead]).await.unwrap();
    account(app, EMAIL, "person", &["admin", ROLE]).await;
    let person = account(app, "mk-other@example.com", "other-person", &[ROLE]).await;
    let peer = Peer { address: "192.0.2.7".parse().unwrap(), user_agent: mark("user-agent") };
    let provider = app.provider();
    for email in [EMAIL, "mk-other@example.com"] {
        let log_in = provider.log_in(email, PASSWORD, &peer, &mut random()).await.unwrap();
        assert!(matches!(log_in, LogIn::Welcome(_)));
    }
    let ada = app.somebody(EMAIL, None, &Permission::ALL).await;
    let agent = app.agent(CLUSTER).await;
    agent
        .put("/clusters/status?interval=3600&slurm_silent_seconds=1", Value::Null)
        .await
        .expect(202);
    agent.put("/clusters/facts", facts()).await.expect(202);
    let template = template(&ada).await;
    let script = script(&ada, template).await;
    let submissions = [
        submission(&ada, script).await,
        submission(&ada, script).await,
        submission(&ada, script).await,
    ];
    reports(&agent, submissions).await;
    outbox(app, submissions[0]).await;
    let mut browser = Browser::of(app, EMAIL).await;
    let page = browser.open("/realms/jobbergate/account").await.expect(200);
    let token = [("name", &*mark("token")), ("days", "1")];
    browser.submit(&page, "/account/tokens", &token).await.expect(303);
    Planted { template, script, submissions, person, agent, browser }
}

async fn account(app: &TestApp, email: &str, name: &str, roles: &[&str]) -> String {
    let new = NewUser {
        email: email.to_owned(),
        name: Some(mark(name)),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        password: Some(PASSWORD.to_owned()),
        ..NewUser::default()
    };
    app.provider().create_user(&new, &mut random()).await.unwrap().id
}

async fn template(ada: &Actor) -> i64 {
    let body = json!({
        "name": mark("template-name"), "identifier": mark("template-identifier"),
        "description": format!("**{}**", mark("template-description")),
        "template_vars": {mark("variable-name"): mark("variable-value"), "x": 1},
        "questions": [
            {"variable": mark("question-variable"), "kind": "text", "label": mark("question-label"),
             "help": mark("question-help"), "default": mark("question-default"), "group": mark("question-group"),
             "pattern": format!("{}|[\\s\\S]*", mark("question-pattern"))},
            {"variable": "x", "kind": "choice", "choices": [
                {"label": mark("choice-label"), "value": mark("choice-value")}, mark("choice")]},
            {"variable": "y", "kind": "text", "when": format!("x == \"{}\"", mark("question-when").replace('"', ""))},
        ],
    });
    let id = ada.post("/job-script-templates", body).await.created()["id"].as_i64().unwrap();
    for (kind, name, content) in [
        (
            "ENTRYPOINT",
            mark("template-file"),
            format!("#!/bin/bash\n# {} {{{{ data.x }}}}\n", mark("template-content")),
        ),
        ("SUPPORT", mark("template-support"), mark("support-content")),
    ] {
        let path = format!("/job-script-templates/{id}/upload/template/{kind}");
        upload(ada, &path, &name, content).await;
    }
    let settings = json!({mark("setting-name"): mark("setting-value"), "template_files": mark("setting-template-files")});
    let workflow = format!("# {}\njobbergate_config = {{}}\n", mark("workflow-content"));
    ada.has_workflow(id, &workflow, &settings.to_string()).await.ok();
    id
}

/// Names in addresses are not what browsers and programs make of them in forms.
async fn upload(ada: &Actor, path: &str, name: &str, content: String) {
    let name = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
    ada.upload(&format!("{path}?filename={name}"), "x", content).await.ok();
}

async fn script(ada: &Actor, template: i64) -> i64 {
    let body = json!({
        "create_request": {"name": mark("script-name"), "description": mark("script-description")},
        "render_request": {
            "template_output_name_mapping": {mark("template-file"): mark("script-file")},
            "param_dict": {"data": {"x": mark("choice-value"), mark("question-variable"): mark("parameter")}},
            "sbatch_params": [format!("--comment={}", mark("sbatch-parameter"))],
        },
    });
    let path = format!("/job-scripts/render-from-template/{template}");
    let id = ada.post(&path, body).await.created()["id"].as_i64().unwrap();
    let path = format!("/job-scripts/{id}/upload/SUPPORT");
    upload(ada, &path, &mark("script-support"), mark("script-content")).await;
    id
}

async fn submission(ada: &Actor, script: i64) -> i64 {
    let body = json!({
        "name": mark("submission-name"), "description": mark("submission-description"), "job_script_id": script,
        "client_id": CLUSTER, "execution_directory": format!("/home/{}", mark("directory")),
        "sbatch_arguments": [format!("--comment={}", mark("sbatch-argument"))],
    });
    ada.post("/job-submissions", body).await.created()["id"].as_i64().unwrap()
}

/// What the agent says of a job that runs, of one that Slurm refused, and of one that waits.
async fn reports(agent: &Actor, [runs, refused, waits]: [i64; 3]) {
    let body = json!({
        "id": runs, "slurm_job_id": 7, "slurm_job_state": "PENDING",
        "slurm_job_info": json!({"comment": mark("job-info"), mark("job-info-name"): 1}).to_string(),
        "slurm_job_state_reason": mark("first-reason"), "slurm_pending_reason": mark("pending-reason"),
    });
    agent.post("/job-submissions/agent/submitted", body.clone()).await.expect(202);
    let mut body = body;
    body["slurm_job_state_reason"] = json!(mark("state-reason"));
    body["slurm_task_counts"] = json!({mark("task-state"): 2});
    agent.put(&format!("/job-submissions/agent/{runs}"), body).await.expect(202);
    let body = json!({"id": refused, "report_message": mark("report-message")});
    agent.post("/job-submissions/agent/rejected", body).await.expect(202);
    let waiting = json!([{"id": waits, "slurm_pending_reason": mark("waiting-reason")}]);
    agent.post("/job-submissions/agent/waiting", json!({"submissions": waiting})).await.expect(202);
    let sample = |second| {
        json!([SECONDS + second, mark("node"), 0, 0, 1.5, 2.0, 3.5, 4, 5.5, 6, 7, 8, 9, 10])
    };
    uploads(agent, runs, &(0..20).map(sample).collect()).await;
}

/// What a job wrote, wherever it is asked for from; its second file is not to be had.
pub(super) fn output(request: &Value) -> Value {
    if request["stream"] == "stderr" {
        return json!({"refusal": {"kind": "unsuitable", "message": mark("output-refused")}});
    }
    let text = format!("\x1b[31m{}\x1b[0m\n", mark("output"));
    let from = request["from"].as_i64().unwrap_or_default().min(text.len() as i64);
    let mut answer = part(from, text.len() as i64, &text.as_bytes()[from as usize..], true);
    answer["part"]["path"] = json!(mark("output-path"));
    answer
}

/// Something that waits to be told by a channel that is not configured any more.
async fn outbox(app: &TestApp, submission: i64) {
    let sql = "INSERT INTO outbox (channel, job_submission_id, content, failures, due_at, created_at) \
               VALUES ($1, $2, $3, 3, $4, $4)";
    let mut db = app.db().write().await.unwrap();
    let submission = i32::try_from(submission).unwrap();
    let arguments = args![mark("channel").as_str(), submission, json!({}), app.clock.now()];
    db.execute(sql, arguments).await.unwrap();
    db.commit().await.unwrap();
}

fn facts() -> Value {
    json!({
        "agent_version": mark("agent-version"), "slurm_version": mark("slurm-version"),
        "partitions": [{
            "name": mark("partition"), "is_default": true, "is_hidden": true, "state": mark("partition-state"),
            "node_names": mark("node-names"), "total_nodes": 4, "total_cpus": 16, "max_time_minutes": 1500,
            "default_time_minutes": 5, "min_nodes": 0, "max_nodes": 3, "max_cpus_per_node": 2,
            "max_memory_per_node_mb": 2048, "max_memory_per_cpu_mb": null,
            "default_memory_per_node_mb": null, "default_memory_per_cpu_mb": 512,
            "allowed_accounts": [mark("allowed-account")], "denied_accounts": [mark("denied-account")],
            "allowed_groups": [mark("allowed-group")], "allowed_qos": [mark("allowed-qos")],
            "denied_qos": [mark("denied-qos")], "qos": mark("partition-qos"),
        }],
        "nodes": [{"state": mark("node-state"), "state_flags": [mark("node-flag")], "count": 3,
            "partitions": [mark("partition")], "cpus": 4, "memory_mb": 2000, "features": [mark("feature")],
            "gres": [mark("gres")], "allocated_cpus": 5, "allocated_memory_mb": 0}],
        "jobs": {mark("job-state"): 3},
        "accounting": {
            "accounts": [{"name": mark("account"), "parent": mark("parent-account")}],
            "qos": [{"name": mark("qos"), "priority": 7, "max_time_minutes": 60, "max_jobs_per_user": 5,
                "max_submitted_per_user": null, "max_resources_per_job": mark("job-resources"),
                "max_resources_per_user": mark("user-resources")}],
            "associations": [{"user": mark("slurm-user"), "account": mark("account"), "qos": [mark("qos")],
                "partition": mark("partition"), "default_qos": mark("default-qos")}],
        },
        "remarks": [mark("remark")],
    })
}
