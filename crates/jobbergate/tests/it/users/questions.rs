//! What applications ask, written down by their experts or derived.

use std::fs;

use jobbergate_client::{Client, Secret, TokenSource};
use jobbergate_types::cluster_facts::{ClusterFacts, Partition};
use serde_json::json;

use super::{
    prompts::{at_terminal, ends_with, type_in},
    world::{CLUSTER, Outcome, World},
};

const BACKSPACE: &str = "\u{7f}";
const DOWN: &str = "\u{1b}[B";

/// The directory `flow`: an application whose expert wrote questions.
fn flow(world: &World) {
    world.write(
        "flow/jobbergate.yaml",
        "application_config: {mesh: fine}\n\
         jobbergate_config:\n  default_template: templates/flow.sh.j2\n  supporting_files: [templates/note.txt.j2]\n\
         questions:\n\
         - {variable: nodes, kind: integer, label: Number of nodes, default: 2, minimum: 1,\n   \
              maximum: 8, required: true, group: Resources}\n\
         - {variable: partition, kind: choice, choices: {cluster: partitions}, group: Resources}\n\
         - {variable: solver, kind: choice, choices: [fem, {label: Lattice, value: lbm}],\n   \
              default: fem, group: Method}\n\
         - {variable: cells, kind: integer, required: true, when: solver == 'lbm', default: 64}\n\
         - {variable: mail, pattern: '[^@]+@[^@]+', default: a@b}\n\
         - {variable: key, kind: secret, help: Of the licence}\n",
    );
    let script = "#!/bin/bash\n#SBATCH -N {{ data.nodes }} -p {{ data.partition }}\n\
                  {{ data.solver }} {{ data.cells }} {{ data.mail }} {{ data.key }} {{ data.mesh }}\n";
    world.write("flow/templates/flow.sh.j2", script);
    world.write("flow/templates/note.txt.j2", "{{ data.mesh }}\n");
}

fn with_flow() -> World {
    let world = World::open();
    flow(&world);
    let create = ["applications", "create", "-n", "Flow", "--identifier", "flow", "-a", "flow"];
    world.run(&create).well();
    world
}

/// Has the cluster's agent tell of two partitions.
fn with_partitions(world: &World) {
    let token = ["--email", "agent@example.com", "--client-id", CLUSTER];
    let token =
        world.token(&[&token[..], &["--permission", "jobbergate:clusters:update"]].concat());
    let url = format!("http://{}", world.address);
    let agent = Client::new(&url, TokenSource::Fixed(Secret::from(token))).unwrap();
    let partition = |name: &str| Partition { name: name.to_owned(), ..Partition::default() };
    let facts = ClusterFacts {
        partitions: vec![partition("cpu"), Partition { is_default: true, ..partition("gpu") }],
        ..ClusterFacts::default()
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(agent.report_cluster_facts(&facts)).unwrap();
}

#[test]
fn questions_go_up_come_down_and_are_forgotten_with_the_file() {
    let world = with_flow();
    let shown = world.run(&["--raw", "applications", "get-one", "flow"]).json();
    assert_eq!(shown["questions"].as_array().unwrap().len(), 6);
    assert_eq!(shown["questions"][0]["label"], "Number of nodes");
    fs::create_dir(world.path("down")).unwrap();
    let mut download = world.command(&["applications", "download-files", "flow"]);
    let files = Outcome::from(download.current_dir(world.path("down")).output().unwrap()).well();
    assert!(files.contains("total of 3 application files"), "{files}");
    let create = ["applications", "create", "-n", "Copy", "--identifier", "copy", "-a", "down"];
    world.run(&create).well();
    let copy = world.run(&["--raw", "applications", "get-one", "copy"]).json();
    assert_eq!(copy["questions"], shown["questions"]);
    let types = |shown: &serde_json::Value| {
        let files = shown["template_files"].as_array().unwrap();
        files.iter().map(|file| file["file_type"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(types(&copy), types(&shown));
    world.write("flow/jobbergate.yaml", "application_config: {}\njobbergate_config: {}\n");
    let updated = world.run(&["--raw", "applications", "update", "flow", "-a", "flow"]).json();
    assert!(updated.get("questions").is_none(), "{updated}");
}

#[test]
fn a_file_with_questions_that_make_no_sense_is_not_uploaded() {
    let world = World::open();
    flow(&world);
    let text = world.read("flow/jobbergate.yaml").replace("solver == 'lbm'", "colour == 'red'");
    world.write("flow/jobbergate.yaml", &text);
    let words = world.run(&["applications", "create", "-n", "Flow", "-a", "flow"]).failed(1);
    assert!(words.starts_with("Invalid application\n"), "{words}");
    let cause = "questions[3].when: no earlier question asks for colour";
    assert!(words.contains("jobbergate.yaml") && words.contains(cause), "{words}");
    assert_eq!(world.run(&["--raw", "applications", "list", "--all"]).json(), json!([]));
}

#[test]
fn a_person_is_asked_what_the_expert_wrote() {
    let world = with_flow();
    with_partitions(&world);
    let create = ["job-scripts", "create", "flow", "-n", "asked", "--no-submit", "--download"];
    let mut terminal = at_terminal(&world, &create);
    type_in(&mut terminal, "Resources", "");
    type_in(&mut terminal, "Number of nodes: 2", &format!("{BACKSPACE}9\r"));
    type_in(&mut terminal, "9 is out of range [1, 8]", &format!("{BACKSPACE}4\r"));
    type_in(&mut terminal, "> gpu", &format!("{DOWN}\r"));
    type_in(&mut terminal, "Method", "");
    type_in(&mut terminal, "> fem", &format!("{DOWN}\r"));
    type_in(&mut terminal, "cells: 64", "\r");
    type_in(&mut terminal, "mail: a@b", &format!("{BACKSPACE}{BACKSPACE}\r"));
    type_in(&mut terminal, "it must match the pattern", "@c\r");
    type_in(&mut terminal, "Of the licence", "S3CRET\r");
    let rest = ends_with(terminal, 0);
    assert!(!rest.contains("S3CRET"), "{rest}");
    let script = "#!/bin/bash\n#SBATCH -N 4 -p cpu\nlbm 64 a@c S3CRET fine";
    assert_eq!(world.read("flow.sh"), script);
}

#[test]
fn a_partition_that_the_agent_did_not_tell_of_may_be_given() {
    let world = with_flow();
    with_partitions(&world);
    let line = ["job-scripts", "create", "flow", "-f", "--no-submit", "--download", "-p", "key=x"];
    let answers = |more: &[&str]| world.run(&[&line[..], more].concat()).well();
    answers(&["-p", "partition=hidden"]);
    let script = "#!/bin/bash\n#SBATCH -N 2 -p hidden\nfem 64 a@b x fine";
    assert_eq!(world.read("flow.sh"), script);
    world.write("p.json", r#"{"partition": "newest"}"#);
    answers(&["--param-file", "p.json"]);
    assert!(world.read("flow.sh").contains("-p newest"));
    // What the expert says is binding.
    let wrong = [&line[..], &["-p", "partition=a", "-p", "solver=abc"]].concat();
    assert!(world.run(&wrong).failed(1).contains("--param solver"));
}

#[test]
fn without_facts_of_the_cluster_its_partition_is_typed() {
    let world = with_flow();
    world.write("p.json", r#"{"nodes": 1, "solver": "fem", "mail": "", "key": null}"#);
    let create = ["job-scripts", "create", "flow", "--no-submit", "--download"];
    let mut terminal = at_terminal(&world, &[&create[..], &["--param-file", "p.json"]].concat());
    type_in(&mut terminal, "partition:", "short\r");
    ends_with(terminal, 0);
    let script = "#!/bin/bash\n#SBATCH -N 1 -p short\nfem 64  None fine";
    assert_eq!(world.read("flow.sh"), script);
}

#[test]
fn wrong_answers_of_a_file_are_named_and_nothing_is_made() {
    let world = with_flow();
    let wrong = r#"{"nodes": "four", "solver": "abc", "partition": 1, "mail": "nobody"}"#;
    world.write("p.json", wrong);
    let on_server = ["job-scripts", "create", "flow", "-f", "--param-file", "p.json"];
    let on_disk = ["job-scripts", "create-locally", "flow", "-f", "--param-file", "p.json"];
    for line in [on_server, on_disk] {
        let words = world.run(&line).failed(1);
        let expected = "Invalid answers\n\
                        nodes: \"four\" is not an integer\n\
                        partition: it must be a text, not a number\n\
                        solver: \"abc\" is none of \"fem\", \"lbm\"\n\
                        mail: it must match the pattern [^@]+@[^@]+\n";
        assert_eq!(words, expected, "{line:?}");
    }
    assert_eq!(world.run(&["--raw", "job-scripts", "list"]).json(), json!([]));
    assert!(!world.path("flow.sh").exists());
}

#[test]
fn the_server_says_what_is_missing() {
    let world = with_flow();
    world.write("p.json", r#"{"nodes": null, "partition": "a", "key": "x"}"#);
    let line = ["job-scripts", "create", "flow", "-f", "--param-file", "p.json"];
    let refused = world.run(&line);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains("nodes: an answer is needed"), "{refused:?}");
    assert_eq!(world.run(&["--raw", "job-scripts", "list"]).json(), json!([]));
}

#[test]
fn fast_takes_defaults_and_needs_only_what_is_required() {
    let world = World::open();
    flow(&world);
    let line = ["job-scripts", "create-locally", "flow", "--fast"];
    world.run(&line).well();
    assert_eq!(world.read("flow.sh"), "#!/bin/bash\n#SBATCH -N 2 -p \nfem 64 a@b  fine");
    let rest = ends_with(at_terminal(&world, &line), 0);
    assert!(!rest.contains("partition:"), "{rest}");
    let text = world.read("flow/jobbergate.yaml").replace("{cluster: partitions}", "[a, b]");
    let text = text.replace("partition, kind", "partition, required: true, kind");
    world.write("flow/jobbergate.yaml", &text);
    let words = world.run(&line).failed(1);
    assert!(words.contains("ask for partition -- Please give the answers with -p"), "{words}");
    assert!(!words.contains("--fast"), "{words}");
    world.run(&[&line[..], &["-p", "partition=a"]].concat()).well();
    assert_eq!(world.read("flow.sh"), "#!/bin/bash\n#SBATCH -N 2 -p a\nfem 64 a@b  fine");
}

#[test]
fn the_manuals_own_questions_need_nobody_with_fast() {
    let world = World::open();
    let manual = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/questions.md");
    let manual = fs::read_to_string(manual).unwrap();
    let (_, example) = manual.split_once("```yaml\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    world.write("own/jobbergate.yaml", example);
    world.write("own/templates/own.sh.j2", "{{ data.job }} {{ data.solver }} {{ data.key }}\n");
    world.run(&["applications", "create", "-n", "Own", "--identifier", "own", "-a", "own"]).well();
    let line = ["job-scripts", "create", "own", "--fast", "--no-submit", "--download"];
    world.run(&line).well();
    assert_eq!(world.read("own.sh"), "run fem ");
    ends_with(at_terminal(&world, &line), 0);
}

#[test]
fn what_a_workflow_asks_in_plain_calls_is_asked_without_python() {
    let world = World::open();
    world.write("plain/jobbergate.yaml", "application_config: {}\njobbergate_config: {}\n");
    world.write("plain/templates/a.sh.j2", "{{ data.nodes }} {{ data.other }}\n");
    world.write(
        "plain/jobbergate.py",
        "from jobbergate_cli.subapps.applications.questions import *\n\n\
         class JobbergateApplication:\n    def mainflow(self, data):\n        \
         return [Integer('nodes', 'How many', default=3), Const('other', default='fix')]\n",
    );
    let create = ["applications", "create", "-n", "Plain", "--identifier", "plain", "-a", "plain"];
    world.run(&create).well();
    let line = ["job-scripts", "create", "plain", "--no-workflow", "--no-submit", "--download"];
    let mut terminal = at_terminal(&world, &line);
    type_in(&mut terminal, "How many: 3", &format!("{BACKSPACE}5\r"));
    ends_with(terminal, 0);
    assert_eq!(world.read("a.sh"), "5 fix");
    world.run(&["job-scripts", "create-locally", "plain", "--no-workflow", "-f"]).well();
    assert_eq!(world.read("a.sh"), "3 fix");
}

#[test]
fn variables_without_a_default_are_asked_for_where_somebody_is() {
    let world = World::open();
    world.write("bare/jobbergate.yaml", "application_config: {n: 1}\njobbergate_config: {}\n");
    world.write("bare/templates/a.sh.j2", "{{ data.n }} {{ data.extra | default('none') }}\n");
    let create = ["applications", "create", "-n", "Bare", "--identifier", "bare", "-a", "bare"];
    world.run(&create).well();
    let line = ["job-scripts", "create", "bare", "--no-submit", "--download"];
    let mut terminal = at_terminal(&world, &line);
    type_in(&mut terminal, "n: 1", "\r");
    type_in(&mut terminal, "extra:", "more\r");
    ends_with(terminal, 0);
    assert_eq!(world.read("a.sh"), "1 more");
    world.run(&[&line[..], &["--fast"]].concat()).well();
    assert_eq!(world.read("a.sh"), "1 none");
    world.run(&["job-scripts", "create-locally", "bare", "--fast"]).well();
    assert_eq!(world.read("a.sh"), "1 none");
}
