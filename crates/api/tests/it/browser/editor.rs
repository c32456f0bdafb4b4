//! Experts at work: scripts, files with the editor, questions, rehearsals.

use jobbergate_testkit::browser::thirtyfour::{By, Key};
use serde_json::json;

use super::Person;
use crate::{
    identity::story::person,
    support::{Actor, TestApp},
};

const JOB: &str = "#!/bin/bash\n\
    #SBATCH --job-name={{ data.name }}\n\
    #SBATCH --nodes={{ data.nodes }}\n\
    #SBATCH --time=02:00:00\n\n\
    # The mesh is made once.\n\
    module load solver/4.2\n\
    {% if data.restart %}\nexport RESTART=1\n{% endif %}\n\
    for part in {% for n in range(data.nodes) %}{{ n }} {% endfor %}; do\n    echo \"part $part\"\ndone\n\
    srun solve --input mesh.h5 --tolerance 1e-6\n";
const YAML: &str =
    "# Where the mesh comes from\nmesh:\n  size: {{ data.nodes * 512 }}\n  name: \"north\"\n";

/// An application of Alice's, with a script and submissions of it. The number of the application and
/// of the script.
pub async fn publish(alice: &Actor, app: &TestApp) -> (i64, i64) {
    let files = [("job.sh.j2", JOB), ("mesh.yaml.j2", YAML)];
    let template = alice.has_template("heat-2d", &files).await;
    let questions = json!([
        {"variable": "name", "label": "Name of the job", "pattern": "[a-z][a-z0-9-]*", "default": "heat", "required": true},
        {"variable": "nodes", "kind": "integer", "label": "Nodes", "minimum": 1, "maximum": 16, "default": 2, "group": "Resources", "help": "Each has 48 processors."},
        {"variable": "partition", "kind": "choice", "label": "Partition", "choices": {"cluster": "partitions"}, "group": "Resources"},
        {"variable": "restart", "kind": "boolean", "label": "Go on with the last run", "default": false, "when": "nodes > 1"},
    ]);
    let body = json!({
        "name": "Heat equation in 2D", "questions": questions,
        "description": "Solves the **heat equation** on a square grid.",
    });
    alice.put("/job-script-templates/heat-2d", body).await.ok();
    let render = |name: &str| {
        json!({
            "create_request": {"name": name, "description": "A plate of copper"},
            "render_request": {
                "template_output_name_mapping": {"job.sh.j2": "job.sh", "mesh.yaml.j2": "mesh.yaml"},
                "sbatch_params": [],
                "param_dict": {"name": "heat", "nodes": 2, "restart": true},
            },
        })
    };
    let path = "/job-scripts/render-from-template/heat-2d";
    let mut script = 0;
    for name in ["Plate, 512", "Plate, 1024", "Plate, 2048"] {
        script = alice.post(path, render(name)).await.created()["id"].as_i64().unwrap();
    }
    app.agent("north").await;
    alice.has_submission(script, "north").await;
    alice.has_submission(script - 1, "north").await;
    (template, script)
}

/// Puts the cursor behind all that is in the editor.
async fn goes_to_the_end(person: &Person) {
    let script = "const it = document.querySelector('.CodeMirror').CodeMirror; \
                  it.focus(); it.execCommand('goDocEnd');";
    person.browser.execute(script, Vec::<serde_json::Value>::new()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_written_with_the_editor_and_checked_as_one_types() {
    let app = TestApp::on_sqlite().await;
    let Some(alice) = Person::before(&app).await else { return };
    person(&app, "alice", &["expert"]).await;
    let (template, _) = publish(&app.user("alice").await, &app).await;
    alice.logs_in("alice@example.com").await;
    alice.open(&format!("/applications/{template}/edit/file?name=job.sh.j2")).await;
    alice.sees("job.sh.j2").await;
    // It knows both languages.
    alice.find(".CodeMirror .cm-comment").await;
    alice.find(".CodeMirror .cm-tag").await;
    alice.reads("Nothing is wrong with it").await;
    alice.finds_it_accessible("a file").await;
    goes_to_the_end(&alice).await;
    alice.keys("{% if").await;
    alice.reads("Line 15").await;
    alice.find(".CodeMirror .mark.bad").await;
    alice.finds_it_accessible("a file with an error").await;
    alice.press("Save").await;
    alice.is_told("did not pass the syntax check").await;
    alice.find(".CodeMirror .mark.bad").await;
    goes_to_the_end(&alice).await;
    alice.keys(" data.nodes %}many{% endif %}").await;
    alice.reads("Nothing is wrong with it").await;
    alice.press("Save").await;
    alice.reads("Saved.").await;
    let stored = app.stored("job_script_template_files", template, "job.sh.j2").await.unwrap();
    assert!(stored.ends_with(b"{% if data.nodes %}many{% endif %}"), "{stored:?}");
    // The keyboard leads into the editor and out of it.
    alice.tab_to("Content").await;
    let tab = String::from(char::from(Key::Tab));
    alice.keys(&tab).await;
    alice.tab_to("Save").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_are_written_with_their_form_before_ones_eyes() {
    let app = TestApp::on_sqlite().await;
    let Some(alice) = Person::before(&app).await else { return };
    person(&app, "alice", &["expert"]).await;
    let actor = app.user("alice").await;
    let (template, _) = publish(&actor, &app).await;
    alice.logs_in("alice@example.com").await;
    alice.open(&format!("/applications/{template}/edit/questions")).await;
    alice.finds_it_accessible("questions").await;
    alice.press("Add a question").await;
    alice.reads("5. New question").await;
    let at = alice.browser.active_element().await.unwrap();
    assert_eq!(at.id().await.unwrap().as_deref(), Some("q.4.variable"));
    alice.keys("hours").await;
    let label = By::XPath("//input[@name='q.4.label']");
    alice.browser.find(label).await.unwrap().send_keys("Hours at most").await.unwrap();
    alice.reads("Hours at most").await;
    alice.click(By::XPath("//button[@value='up.4']")).await;
    alice.reads("4. hours").await;
    alice.press("Save").await;
    alice.reads("Saved.").await;
    let stored = actor.get("/job-script-templates/heat-2d").await.ok();
    assert_eq!(stored["questions"][3]["variable"], "hours");
    alice.press("As JSON").await;
    alice.find(".CodeMirror").await;
    alice.finds_it_accessible("questions as JSON").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_pages_of_experts_are_for_everybody() {
    let app = TestApp::on_sqlite().await;
    let Some(alice) = Person::before(&app).await else { return };
    person(&app, "alice", &["expert"]).await;
    let (template, script) = publish(&app.user("alice").await, &app).await;
    alice.logs_in("alice@example.com").await;
    for (page, heading) in [
        ("/scripts".to_owned(), "Scripts"),
        (format!("/scripts/{script}"), "Plate, 2048"),
        (format!("/scripts/{script}/edit/file?name=mesh.yaml"), "mesh.yaml"),
        (format!("/scripts/{script}/submit"), "Submit Plate, 2048"),
        (format!("/scripts/{script}/delete"), "Delete the script Plate, 2048?"),
        ("/applications/new".to_owned(), "New application"),
        (format!("/applications/{template}/edit"), "Edit Heat equation in 2D"),
        (format!("/applications/{template}/edit/files"), "Add a file"),
        (format!("/applications/{template}/edit/workflow"), "Workflow file"),
        (format!("/applications/{template}/edit/clone"), "Clone Heat equation in 2D"),
        (format!("/applications/{template}/edit/try"), "Try it"),
    ] {
        alice.open(&page).await;
        alice.sees(heading).await;
        alice.finds_it_accessible(&page).await;
    }
    alice.press("Render the files").await;
    alice.reads("#SBATCH --nodes=2").await;
    alice.finds_it_accessible("a rehearsal").await;
    alice.open("/scripts").await;
    alice.fill("search", "1024").await;
    alice.gone("Plate, 512").await;
    alice.reads("Plate, 1024").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_is_shown_with_its_difference() {
    let app = TestApp::on_sqlite().await;
    let Some(alice) = Person::before(&app).await else { return };
    person(&app, "alice", &["expert"]).await;
    let actor = app.user("alice").await;
    let (template, _) = publish(&actor, &app).await;
    alice.logs_in("alice@example.com").await;
    alice.open(&format!("/applications/{template}/edit/file?name=job.sh.j2")).await;
    let theirs = JOB.replace("solver/4.2", "solver/5.0");
    let path = "/job-script-templates/heat-2d/upload/template/ENTRYPOINT";
    actor.upload(path, "job.sh.j2", theirs).await.ok();
    alice.press("Save").await;
    alice.reads("Somebody else changed this").await;
    alice.reads("−module load solver/5.0").await;
    alice.finds_it_accessible("a conflict").await;
    alice.press("take theirs and drop yours").await;
    alice.reads("solver/5.0").await;
}
