//! Running an application.

mod answers;
mod bad_input;
mod place;
mod preview;
mod remembered;
mod submit;

use regex::Regex;
use serde_json::{Value, json};

use crate::{
    identity::story::person,
    support::{Actor, Answer, TestApp},
    web::browser::{Browser, Form, plain},
};

const SCRIPT: &str = "#!/bin/bash\n#SBATCH -N {{ data.nodes }}\n{{ data.solver }} {{ data.mesh }}\n\
                      {% if data.key %}export KEY={{ data.key }}{% endif %}\n";

/// What an expert asks.
fn questions() -> Value {
    json!([
        {"variable": "nodes", "kind": "integer", "label": "Nodes <b>", "help": "How <many>", "default": 2,
            "minimum": 1, "maximum": 8, "group": "Resources"},
        {"variable": "solver", "kind": "choice", "choices": ["fem", {"label": "Lattice", "value": "lbm"}],
            "default": "fem"},
        {"variable": "cells", "kind": "integer", "label": "Cells", "required": true, "when": "solver == 'lbm'"},
        {"variable": "mesh", "kind": "file", "label": "Mesh", "required": true},
        {"variable": "output", "kind": "multiple_choice", "choices": ["vtk", "csv"], "default": ["vtk"]},
        {"variable": "restart", "kind": "boolean", "default": false},
        {"variable": "key", "kind": "secret", "label": "Licence"},
    ])
}

/// A server on which alice works, with an application of hers called wind, and a cluster.
struct Story<'a> {
    app: &'a TestApp,
    api: Actor,
    alice: Browser,
}

impl<'a> Story<'a> {
    async fn begin(app: &'a TestApp) -> Self {
        person(app, "alice", &["user"]).await;
        let api = app.user("alice").await;
        api.has_template("wind", &[("wind.sh.j2", SCRIPT)]).await;
        api.put("/job-script-templates/wind", json!({"questions": questions()})).await.ok();
        has_cluster(app, "alps").await;
        let alice = Browser::of(app, "alice@example.com").await;
        Self { app, api, alice }
    }

    async fn opens(&mut self, path: &str) -> Answer {
        self.alice.open(path).await.expect(200)
    }

    /// Fills in a page's form and presses a button.
    async fn sends(&mut self, page: &Answer, filled: &[(&str, &str)], button: &str) -> Answer {
        let mut form = filled_in(page, filled);
        form.fields.push(("action".to_owned(), button.to_owned()));
        self.alice.post(&form).await
    }

    /// What is beside the form when it is filled in like this.
    async fn types(&mut self, page: &Answer, filled: &[(&str, &str)]) -> Answer {
        let mut form = filled_in(page, filled);
        form.action.push_str("/preview");
        self.alice.post_from(&form, &[("hx-request", "true")]).await
    }

    async fn script(&self, id: i64, name: &str) -> String {
        self.api.get(&format!("/job-scripts/{id}/upload/{name}")).await.expect(200).text
    }

    async fn count(&self, what: &str) -> i64 {
        self.api.get(&format!("/{what}")).await.ok()["total"].as_i64().unwrap()
    }
}

/// A cluster whose agent is there.
async fn has_cluster(app: &TestApp, name: &str) -> Actor {
    let agent = app.agent(name).await;
    agent.put("/clusters/status?interval=60", json!({})).await.expect(202);
    agent
}

fn facts() -> Value {
    let partition = |name: &str, is_default: bool, minutes: Value| {
        json!({"name": name, "is_default": is_default, "is_hidden": false, "state": "UP",
            "node_names": "n[1-4]", "total_nodes": 4, "total_cpus": 16, "max_time_minutes": minutes,
            "default_time_minutes": null, "min_nodes": 1, "max_nodes": 2, "max_cpus_per_node": null,
            "max_memory_per_node_mb": null, "max_memory_per_cpu_mb": null,
            "default_memory_per_node_mb": null, "default_memory_per_cpu_mb": null,
            "allowed_accounts": null, "denied_accounts": null, "allowed_groups": null,
            "allowed_qos": null, "denied_qos": null, "qos": null})
    };
    json!({
        "slurm_version": "22.05.8",
        "partitions": [partition("long", false, json!(null)), partition("debug", true, json!(30))],
        "nodes": [], "jobs": {}, "accounting": null, "remarks": [],
    })
}

/// Where an answer sends to, and the number at its end.
#[track_caller]
fn leads_to(answer: &Answer, place: &str) -> i64 {
    assert_eq!(answer.status, 303, "{}", answer.text);
    let to = answer.header("location").unwrap();
    let number = to.strip_prefix(&format!("/{place}/")).unwrap_or_else(|| panic!("{to}"));
    number.parse().unwrap()
}

/// The form of a page as a browser would send it, with some fields filled in otherwise.
#[track_caller]
fn filled_in(page: &Answer, filled: &[(&str, &str)]) -> Form {
    let found =
        Regex::new(r#"(?s)<form id="run"[^>]* action="([^"]*)"[^>]*>(.*?)</form>"#).unwrap();
    let found = found.captures(&page.text).unwrap_or_else(|| panic!("no form in {}", page.text));
    let mut fields = fields(&found[2]);
    for (name, _) in filled {
        fields.retain(|(known, _)| known != name);
    }
    fields.extend(filled.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())));
    Form { action: plain(&found[1]), fields }
}

fn fields(html: &str) -> Vec<(String, String)> {
    let attribute = |name: &str, tag: &str| {
        let found = Regex::new(&format!(r#" {name}="([^"]*)""#)).unwrap().captures(tag)?;
        Some(plain(&found[1]))
    };
    let all = Regex::new(
        r#"(?s)<input[^>]*>|<select[^>]*>.*?</select>|<textarea[^>]*>\n?.*?</textarea>"#,
    );
    let chosen = Regex::new(r#"<option value="([^"]*)" selected>"#).unwrap();
    let inside = Regex::new(r"(?s)>\n?(.*)</textarea>").unwrap();
    let mut fields = Vec::new();
    for tag in all.unwrap().find_iter(html).map(|found| found.as_str()) {
        let Some(name) = attribute("name", tag) else { continue };
        let kind = attribute("type", tag).unwrap_or_default();
        let is_ticked = tag.contains(" checked");
        let text = match tag {
            _ if kind == "file" => None,
            _ if kind == "checkbox" || kind == "radio" => {
                attribute("value", tag).filter(|_| is_ticked)
            }
            tag if tag.starts_with("<select") => chosen.captures(tag).map(|found| plain(&found[1])),
            tag if tag.starts_with("<textarea") => {
                inside.captures(tag).map(|found| plain(&found[1]))
            }
            tag => attribute("value", tag),
        };
        fields.extend(text.map(|text| (name, text)));
    }
    fields
}

/// What a field of a page has.
#[track_caller]
fn has(page: &Answer, name: &str) -> String {
    let form = fields(&page.text);
    let found = form.iter().rfind(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("no {name} in {}", page.text)).1.clone()
}

/// The text of a page without its markup.
fn words(page: &Answer) -> String {
    plain(&Regex::new("<[^>]*>").unwrap().replace_all(&page.text, ""))
}
