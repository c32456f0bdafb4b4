//! `jobbergate job-scripts`.

use std::fs;

use serde_json::json;

use super::world::World;

#[test]
fn a_job_script_is_made_with_the_answers_of_a_file() {
    let world = World::open().with_wind();
    world.write("p.json", r#"{"ranks": 16, "restart": true, "extra": [1]}"#);
    let create = ["--raw", "job-scripts", "create", "wind", "--fast", "--param-file", "p.json"];
    let more = ["--param-dict", "{\"ranks\": 8}", "--sbatch-params", "--mem=4G", "--no-submit"];
    let script = world.run(&[&create[..], &more].concat());
    // What was not asked is said, but not within the JSON.
    assert!(script.err.contains("Default values used") && script.err.contains("partition"));
    let script = script.json();
    assert_eq!((&script["name"], &script["application_id"]), (&json!("Wind tunnel"), &json!(1)));
    let text = "#!/bin/bash\n#SBATCH -p short\n#SBATCH -n 8\n\n\
                # Sbatch params injected at rendering time\n#SBATCH --mem=4G\n\n\
                srun solver --restart";
    // With `--fast`, files are downloaded unless something is said.
    assert_eq!(world.read("wind.sh"), text);
    assert_eq!(world.read("mesh.txt"), "cells 8");
    let shown = world.run(&["job-scripts", "show-files", "1", "--plain"]).well();
    let expected =
        format!("\n# mesh.txt\ncells 8\n\n# wind.sh\n# This is the main job script file\n{text}\n");
    assert_eq!(shown, expected);
    let panels = world.run(&["job-scripts", "show-files", "--id", "1"]).well();
    assert!(
        panels.contains("─ wind.sh ─") && panels.contains("│ srun solver --restart "),
        "{panels}"
    );
}

#[test]
fn nothing_is_made_when_answers_are_missing_or_make_no_sense() {
    let world = World::open().with_wind();
    let create = |more: &[&str]| world.run(&[&["job-scripts", "create", "wind"], more].concat());
    let missing = create(&[]).failed(1);
    assert!(missing.contains("ask for partition, ranks, restart"), "{missing}");
    assert!(missing.contains("--param-file") && missing.contains("--fast"), "{missing}");
    world.write("list.json", "[1]");
    world.write("broken.json", "{");
    for (file, expected) in [
        ("list.json", "must be a JSON object"),
        ("broken.json", "is no JSON"),
        ("missing.json", "No such file"),
    ] {
        let words = create(&["-f", "--param-file", file]).failed(1);
        assert!(words.starts_with("Invalid parameter file\n"), "{words}");
        assert!(words.contains(file) && words.contains(expected), "{words}");
    }
    let place = create(&["--cluster-name", "c1"]).failed(1);
    assert!(place.starts_with("Incorrect parameters\n"), "{place}");
    let fast = ["job-scripts", "create", "wind", "-f"];
    let nowhere = world.run_with(&fast, &[("DEFAULT_CLUSTER_NAME", "")]).failed(1);
    assert!(nowhere.contains("No cluster was named"), "{nowhere}");
    world.run(&["job-scripts", "create"]).failed(2);
    world.run_with(&["job-scripts", "create", "-f"], &[("DEFAULT_CLUSTER_NAME", "")]).failed(2);
    world.run(&["job-scripts", "create", "--param-file", "missing.json"]).failed(2);
    world.run(&["job-scripts", "create", "wind", "-i", "1"]).failed(2);
    assert_eq!(world.run(&["--raw", "job-scripts", "list"]).json(), json!([]));
}

#[test]
fn who_needs_python_is_told_so_and_can_go_on_without() {
    let world = World::open();
    world.wind();
    world.write("wind/jobbergate.py", "class JobbergateApplication:\n    pass\n");
    world.run(&["applications", "create", "-n", "w", "--identifier", "wind", "-a", "wind"]).well();
    let create = ["job-scripts", "create", "wind", "-f", "--no-submit", "--no-download"];
    world.write(".env", "JOBBERGATE_PYTHON=/nowhere/python3\n");
    let words = world.run(&create).failed(1);
    assert!(words.contains("Workflow needs Python") && words.contains("--no-workflow"), "{words}");
    let script = world.run(&[&["--raw"], &create[..], &["--no-workflow"]].concat()).json();
    assert_eq!(script["files"].as_array().unwrap().len(), 2);
    let locally = ["job-scripts", "create-locally", "wind", "-f"];
    assert!(world.run(&locally).failed(1).contains("--no-workflow"));
    world.run(&[&locally[..], &["--no-workflow"]].concat()).well();
    assert!(world.path("wind.sh").exists());
}

#[test]
fn a_script_is_submitted_at_once_and_called_as_its_parameters_say() {
    let world = World::open().with_wind();
    let create = ["--raw", "job-scripts", "create", "wind", "-f", "--no-download", "-n", "ignored"];
    let more = ["--param-dict", "{\"job_script_name\": \"deep\"}"];
    let outcome = world
        .run_with(&[&create[..], &more].concat(), &[("JOBBERGATE_LEGACY_NAME_CONVENTION", "true")]);
    let out = outcome.well();
    let mut printed = serde_json::Deserializer::from_str(&out).into_iter::<serde_json::Value>();
    let (script, submission) = (printed.next().unwrap().unwrap(), printed.next().unwrap().unwrap());
    assert_eq!(script["name"], "deep");
    assert!(script["files"].as_array().unwrap().iter().any(|f| f["filename"] == "deep.job"));
    assert_eq!((&submission["name"], &submission["job_script_id"]), (&json!("deep"), &json!(1)));
    assert_eq!(submission["execution_directory"], world.home.path().to_str().unwrap());
    assert!(submission["sbatch_arguments"].is_null());
}

#[test]
fn a_script_of_files_is_made_changed_cloned_downloaded_and_deleted() {
    let world = World::open();
    world.write("run.sh", "#!/bin/sh\necho ${a[i]} [red]\n");
    world.write("data/in.txt", "1");
    let alone = ["--raw", "job-scripts", "create-stand-alone", "run.sh", "--name", "mine"];
    let script = world.run(&[&alone[..], &["--supporting-file", "data/in.txt"]].concat()).json();
    assert_eq!((&script["job_script_id"], &script["files"]), (&json!(1), &json!([])));
    let shown = world.run(&["job-scripts", "show-files", "1"]).well();
    assert!(shown.contains("echo ${a[i]} [red]"), "{shown}");
    fs::create_dir(world.path("there")).unwrap();
    let mut download = world.command(&["job-scripts", "download-files", "1"]);
    let said = download.current_dir(world.path("there")).output().unwrap();
    assert!(String::from_utf8(said.stdout).unwrap().contains("A total of 2 job script files"));
    assert_eq!(world.read("there/run.sh"), world.read("run.sh"));
    let update = ["--raw", "job-scripts", "update", "1", "--name", "ours", "--description", ""];
    let updated = world.run(&update).json();
    assert_eq!((&updated["name"], &updated["description"]), (&json!("ours"), &json!("")));
    let clone = world.run(&["--raw", "job-scripts", "clone", "1", "--name", "copy"]).json();
    assert_eq!((&clone["name"], &clone["cloned_from_id"]), (&json!("copy"), &json!(1)));
    let one = world.run(&["job-scripts", "get-one", "2", "--full"]).well();
    assert!(one.contains("Job Script") && one.contains("cloned_from_id"), "{one}");
    let deleted = world.run(&["job-scripts", "delete", "2"]).well();
    assert!(deleted.contains("Job script delete succeeded"), "{deleted}");
    world.run(&["job-scripts", "update", "1", "--is-archived"]).well();
    assert_eq!(world.run(&["--raw", "job-scripts", "list", "--all"]).json(), json!([]));
    for missing in [&["missing.sh"][..], &["run.sh", "-s", "missing.txt"]] {
        let create = [&["job-scripts", "create-stand-alone", "--name", "x"], missing].concat();
        assert!(world.run(&create).failed(1).contains("No such file"));
    }
    assert!(
        world.run(&["job-scripts", "create-stand-alone", "--name", "x"]).failed(2).contains("only")
    );
    let all = ["--raw", "job-scripts", "list", "--all", "--include-archived"];
    assert_eq!(world.run(&all).json().as_array().unwrap().len(), 1);
}

#[test]
fn a_script_is_made_without_server_or_not_at_all() {
    let world = World::of_strangers();
    world.wind();
    fs::create_dir(world.path("out")).unwrap();
    let locally = ["job-scripts", "create-locally", "wind", "--fast", "--output-path", "out"];
    let away = [("BASE_API_URL", "http://127.0.0.1:1")];
    let made =
        world.run_with(&[&locally[..], &["--sbatch-params=--mem=4G"]].concat(), &away).well();
    assert!(made.contains("Default values used"), "{made}");
    assert!(made.contains("The job script was successfully rendered locally."), "{made}");
    let script = "#!/bin/bash\n#SBATCH -p short\n#SBATCH -n 4\n\n\
                  # Sbatch params injected at rendering time\n#SBATCH --mem=4G\n\nsrun solver";
    assert_eq!(world.read("out/wind.sh"), script);
    for written in ["Written:", "out/wind.sh ", "out/mesh.txt "] {
        assert!(made.contains(&format!("│   {written}")), "{made}");
    }
    fs::remove_dir_all(world.path("out")).unwrap();
    assert!(world.run(&locally).failed(1).contains("out does not exist"));
    fs::create_dir(world.path("out")).unwrap();
    let complaint = || {
        let outcome = world.run(&locally);
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        outcome.err
    };
    world.write("wind/templates/mesh.txt.j2", "{{ nothing.of.it }}");
    let words = complaint();
    assert!(words.starts_with("Unable to render jinja template\ntemplates/mesh.txt.j2"), "{words}");
    world.write("wind/templates/mesh.txt.j2", "{% if %}");
    assert!(complaint().starts_with("Unable to process jinja template\n"));
    fs::remove_file(world.path("wind/templates/mesh.txt.j2")).unwrap();
    assert!(complaint().contains("names the template mesh.txt.j2"));
    assert_eq!(fs::read_dir(world.path("out")).unwrap().count(), 0);
}
