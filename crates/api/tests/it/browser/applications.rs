//! Applications and the first page, as people see them.

use jobbergate_testkit::browser::thirtyfour::By;
use serde_json::json;

use super::Person;
use crate::{
    identity::story::person,
    support::{Actor, TestApp},
};

pub const HEAT: &str = "#!/bin/bash\n\
    #SBATCH --job-name=heat\n\
    #SBATCH --nodes={{ nodes }}\n\
    #SBATCH --time={{ hours }}:00:00\n\n\
    # The grid is made once, and kept.\n\
    module load openmpi\n\
    if [ ! -f \"grid-{{ size }}.h5\" ]; then\n    make_grid --size {{ size }} > grid.log\nfi\n\
    {% if restart %}\nexport RESTART=1\n{% endif %}\n\
    srun solve --input grid-{{ size }}.h5 --tolerance 1e-6\n";

/// What a centre may have.
pub async fn publish_some(owner: &Actor) {
    for (name, identifier, description) in [
        (
            "Heat equation in 2D",
            "heat-2d",
            "Solves the **heat equation** on a square grid with *OpenMPI*. See [the method](https://example.com).",
        ),
        (
            "Molecular dynamics",
            "md",
            "GROMACS on GPUs: `nvt`, `npt` and production runs, with restarts.",
        ),
        ("Image alignment", "align", "Aligns stacks of images from the microscope."),
        ("Fluid in a pipe", "pipe", "Navier–Stokes in a pipe:\n\n- laminar\n- turbulent"),
    ] {
        let body = json!({"name": name, "identifier": identifier, "description": description});
        let made = owner.post("/job-script-templates", body).await.created();
        let path = format!("/job-script-templates/{}/upload/template/ENTRYPOINT", made["id"]);
        owner.upload(&path, "heat.sh.j2", HEAT).await.ok();
    }
    let questions = json!([
        {"variable": "nodes", "kind": "integer", "label": "Nodes", "minimum": 1, "maximum": 16, "default": 2},
        {"variable": "hours", "kind": "integer", "label": "Hours at most", "default": 4, "help": "The job is ended after that."},
        {"variable": "size", "kind": "choice", "label": "Grid", "choices": [512, 1024, 2048], "default": 1024},
        {"variable": "restart", "kind": "boolean", "label": "Go on with the last run", "when": "size > 512"},
    ]);
    owner.put("/job-script-templates/heat-2d", json!({"questions": questions})).await.ok();
    let config = "# Where the grid comes from\nsource:\n  - name: \"north\"\n    size: 12\n";
    owner
        .upload("/job-script-templates/heat-2d/upload/template/SUPPORT", "grid.yaml", config)
        .await
        .ok();
    let render = json!({
        "create_request": {"name": "Plate, 1024"},
        "render_request": {
            "template_output_name_mapping": {"heat.sh.j2": "heat.sh"},
            "sbatch_params": [],
            "param_dict": {"data": {"nodes": 2, "hours": 1, "size": 1024, "restart": false}},
        },
    });
    owner.post("/job-scripts/render-from-template/heat-2d", render).await.created();
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_looks_for_an_application_and_reads_it() {
    let app = TestApp::on_sqlite().await;
    let Some(alice) = Person::before(&app).await else { return };
    person(&app, "alice", &["user"]).await;
    publish_some(&app.user("bob").await).await;
    alice.logs_in("alice@example.com").await;
    alice.open("/applications").await;
    alice.sees("Applications").await;
    alice.finds_it_accessible("gallery").await;
    alice.fill("q", "microscope").await;
    alice.gone("Molecular dynamics").await;
    alice.reads("Image alignment").await;
    let url = alice.browser.current_url().await.unwrap();
    assert_eq!(url.query(), Some("q=microscope"), "the search can be shared");
    let field = alice.browser.active_element().await.unwrap();
    assert_eq!(field.id().await.unwrap().as_deref(), Some("q"), "the focus stays");
    alice.click(By::Css(".star")).await;
    alice.find(".star[aria-pressed=true]").await;
    let star = alice.browser.active_element().await.unwrap();
    assert!(star.id().await.unwrap().unwrap().starts_with("favourite-"), "the focus stays");
    alice.open("/applications/heat-2d").await;
    alice.sees("Heat equation in 2D").await;
    alice.find(".of-directive").await;
    let directive = alice.find(".of-directive").await.text().await.unwrap();
    assert_eq!(directive, "#SBATCH --job-name=heat");
    let shown = alice.find("pre[data-language=sh] code").await.text().await.unwrap();
    assert_eq!(shown.trim_end(), HEAT.trim_end(), "highlighting changes nothing");
    alice.finds_it_accessible("application").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_page_before_and_after_the_first_job() {
    let app = TestApp::on_sqlite().await;
    let Some(alice) = Person::before(&app).await else { return };
    person(&app, "alice", &["admin"]).await;
    alice.logs_in("alice@example.com").await;
    alice.open("/").await;
    alice.reads("in three steps").await;
    alice.finds_it_accessible("first visit").await;
    let own = app.user("alice").await;
    publish_some(&own).await;
    let agent = app.agent("north").await;
    agent.put("/clusters/status?interval=60", json!(null)).await.expect(202);
    own.has_submission(1, "north").await;
    alice.open("/").await;
    alice.reads("Waiting for its cluster").await;
    alice.finds_it_accessible("home").await;
    own.put("/job-submissions/cancel/1", json!({})).await.ok();
    alice.reads("Cancelled").await;
}
