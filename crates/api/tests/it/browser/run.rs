//! Running an application, in a browser that runs its script.

use jobbergate_testkit::browser::thirtyfour::By;
use serde_json::{Value, json};

use super::Person;
use crate::{
    identity::story::person,
    support::{Actor, TestApp},
};

const SCRIPT: &str = "#!/bin/bash\n#SBATCH --job-name={{ data.name }}\n#SBATCH --nodes={{ data.nodes }}\n\
                      #SBATCH --partition={{ data.partition }}\n\nmodule load openfoam/2312\n\n\
                      cd {{ data.case }}\ndecomposePar -force\nsrun {{ data.solver }} -parallel\n\
                      {% if data.solver == 'simpleFoam' %}# until it has converged to {{ data.residual }}\n{% endif %}\
                      reconstructPar\n{% for form in data.output %}foamTo{{ form }}\n{% endfor %}";

fn questions() -> Value {
    json!([
        {"variable": "name", "label": "Name of the job", "pattern": "[a-z][a-z0-9-]*", "default": "wing",
            "required": true, "help": "Slurm's lists show it"},
        {"variable": "case", "kind": "directory", "label": "Case", "required": true},
        {"variable": "solver", "kind": "choice", "label": "Solver", "default": "pimpleFoam",
            "choices": [{"label": "Transient (pimpleFoam)", "value": "pimpleFoam"},
                {"label": "Steady (simpleFoam)", "value": "simpleFoam"}]},
        {"variable": "residual", "kind": "number", "label": "Residual", "default": 1e-5, "minimum": 0.0,
            "when": "solver == 'simpleFoam'", "required": true},
        {"variable": "output", "kind": "multiple_choice", "label": "Results for", "default": ["VTK"],
            "choices": [{"label": "ParaView", "value": "VTK"}, {"label": "EnSight", "value": "Ensight"}]},
        {"variable": "nodes", "kind": "integer", "label": "Nodes", "default": 2, "minimum": 1, "maximum": 16,
            "group": "Resources"},
        {"variable": "partition", "kind": "choice", "label": "Partition", "choices": {"cluster": "partitions"},
            "default": "compute", "group": "Resources"},
        {"variable": "licence", "kind": "secret", "label": "Licence key", "group": "Resources"},
    ])
}

/// An application that asks, and a cluster that has partitions.
pub async fn scene(app: &TestApp) -> Actor {
    let api = app.user("alice").await;
    api.has_template("wing", &[("wing.sh.j2", SCRIPT)]).await;
    let body = json!({"name": "Flow around a wing", "questions": questions(),
        "description": "OpenFOAM on as many nodes as you like. The case must be **meshed**."});
    api.put("/job-script-templates/wing", body).await.ok();
    let agent = app.agent("alps").await;
    agent.put("/clusters/status?interval=86400", json!({})).await.expect(202);
    let partition = |name: &str, minutes: i64, nodes: i64| {
        json!({"name": name, "is_default": name == "compute", "is_hidden": false, "state": "UP",
            "node_names": "n[001-064]", "total_nodes": 64, "total_cpus": 4096, "max_time_minutes": minutes,
            "default_time_minutes": 60, "min_nodes": 1, "max_nodes": nodes, "max_cpus_per_node": null,
            "max_memory_per_node_mb": null, "max_memory_per_cpu_mb": null,
            "default_memory_per_node_mb": null, "default_memory_per_cpu_mb": null,
            "allowed_accounts": null, "denied_accounts": null, "allowed_groups": null,
            "allowed_qos": null, "denied_qos": null, "qos": null})
    };
    let nodes = json!([{"state": "IDLE", "state_flags": [], "count": 23, "partitions": ["compute", "debug"],
        "cpus": 64, "memory_mb": 256_000, "features": [], "gres": [], "allocated_cpus": 0,
        "allocated_memory_mb": 0}]);
    let facts = json!({"slurm_version": "22.05.8", "nodes": nodes, "jobs": {}, "accounting": null, "remarks": [],
        "partitions": [partition("compute", 2880, 16), partition("debug", 30, 2)]});
    agent.put("/clusters/facts", facts).await.expect(202);
    api
}

/// Waits until an element has a text.
async fn shows(alice: &Person, css: &str, words: &str) {
    let mut seen = String::new();
    for _ in 0..100 {
        if let Ok(found) = alice.browser.find(By::Css(css)).await {
            seen = found.text().await.unwrap_or_default();
        }
        if seen.contains(words) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{words:?} is not in {css}: {seen:?}");
}

async fn value(alice: &Person, css: &str) -> String {
    alice.find(css).await.prop("value").await.unwrap().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_sees_the_script_as_she_types_and_submits_it() {
    let app = TestApp::on_sqlite().await;
    let Some(alice) = Person::before(&app).await else { return };
    person(&app, "alice", &["user"]).await;
    let api = scene(&app).await;
    alice.logs_in("alice@example.com").await;
    alice.open("/applications/wing/run").await;
    shows(&alice, "#preview", "Case: an answer is needed").await;
    alice.finds_it_accessible("a form to begin with").await;
    alice.fill("q7", "S3CRET").await;
    alice.fill("q1", "/scratch/alice/wing").await;
    shows(&alice, "#preview", "cd /scratch/alice/wing").await;
    // What is typed goes on while the questions are exchanged.
    alice.click(By::Css("#q2 option[value=simpleFoam]")).await;
    let field = alice.find("#q0").await;
    field.clear().await.unwrap();
    for letter in "a-long-name-typed-slowly".chars() {
        field.send_keys(letter.to_string()).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    }
    alice.find("#q3").await;
    shows(&alice, "#preview", "--job-name=a-long-name-typed-slowly").await;
    shows(&alice, "#preview", "converged to 1e-05").await;
    let at = alice.browser.active_element().await.unwrap();
    assert_eq!(at.id().await.unwrap().as_deref(), Some("q0"), "the focus stays");
    assert_eq!(value(&alice, "#q0").await, "a-long-name-typed-slowly");
    assert_eq!(value(&alice, "#q7").await, "S3CRET");
    alice.fill("q0", "A").await;
    shows(&alice, "#q0-field", "it must match the pattern").await;
    alice.finds_it_accessible("what is no answer").await;
    alice.fill("q0", "wing").await;
    shows(&alice, "#preview-state", "The script is complete").await;
    // What is open stays open.
    alice.click(By::Css(".run-sbatch summary")).await;
    alice.click(By::Css("#sbatch-partition option[value=debug]")).await;
    shows(&alice, ".run-allows", "debug: jobs run for 30 minutes at most").await;
    alice.fill("sbatch-time", "2:00:00").await;
    shows(&alice, "#sbatch-time-field", "debug lets jobs run for 30 minutes at most").await;
    alice.press("Submit").await;
    shows(&alice, "#problems", "debug lets jobs run for 30 minutes at most").await;
    alice.finds_it_accessible("what can't be submitted").await;
    assert_eq!(value(&alice, "#q1").await, "/scratch/alice/wing");
    alice.fill("sbatch-time", "20").await;
    shows(&alice, "#preview", "#SBATCH --time=20").await;
    alice.press("Submit").await;
    for _ in 0..100 {
        if alice.path().await.starts_with("/submissions/") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(alice.path().await.starts_with("/submissions/"), "{}", alice.text().await);
    assert_eq!(api.get("/job-submissions").await.ok()["total"], 1);

    // The next time, what changes is marked.
    alice.open("/applications/wing/run").await;
    shows(&alice, "main", "Filled in as you did the last time").await;
    assert_eq!(value(&alice, "#q7").await, "", "secrets are not remembered");
    alice.fill("q5", "8").await;
    shows(&alice, "#preview ins", "#SBATCH --nodes=8").await;
    shows(&alice, "#preview del", "a line that was there before").await;
    alice.finds_it_accessible("what changed").await;
    alice.click(By::Css(".run-link summary")).await;
    alice.press("Copy link").await;
    shows(&alice, "[data-copy]", "Copied").await;
    let link = value(&alice, "#link").await;
    assert!(link.contains("nodes=8") && !link.contains("licence"), "{link}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_is_shown_at_its_line() {
    let app = TestApp::on_sqlite().await;
    let Some(alice) = Person::before(&app).await else { return };
    person(&app, "alice", &["user"]).await;
    let api = scene(&app).await;
    let source = "#!/bin/sh\necho one\nsrun -n {{ 8 / data.n }} ./a.out\n";
    api.has_template("odd", &[("odd.sh.j2", source)]).await;
    api.put("/job-script-templates/odd", json!({"template_vars": {"n": 2}})).await.ok();
    alice.logs_in("alice@example.com").await;
    alice.open("/applications/odd/run").await;
    shows(&alice, "#preview", "srun -n 4.0").await;
    alice.fill("q0", "0").await;
    shows(&alice, "#preview .at-fault", "srun -n {{ 8 / data.n }}").await;
    alice.finds_it_accessible("a fault in a template").await;
    alice.fill("q0", "4").await;
    shows(&alice, "#preview", "srun -n 2.0").await;
    api.delete("/job-script-templates/odd").await.expect(204);
    alice.fill("q0", "8").await;
    shows(&alice, "#notice", "There is no application").await;
    alice.press("Save as a script").await;
    alice.sees("This application was deleted in the meantime").await;
    alice.finds_it_accessible("an application that is gone").await;
}
