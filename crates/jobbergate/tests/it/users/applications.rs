//! `jobbergate applications`.

use std::fs;

use serde_json::json;

use super::world::World;

#[test]
fn an_application_is_made_of_a_directory_and_comes_back_as_it_was() {
    let world = World::open();
    world.wind();
    let workflow = "class JobbergateApplication:\n    pass\n";
    world.write("wind/jobbergate.py", workflow);
    let create = ["applications", "create", "--name", "Wind tunnel", "--identifier", "wind"];
    let created = world.run(&[&create[..], &["--application-path", "wind"]].concat()).well();
    assert!(created.contains("Created Application"), "{created}");
    assert!(created.contains("│ id                   │ 1 "), "{created}");
    assert!(created.contains("│ application_uploaded │ True "), "{created}");
    assert!(!created.contains("created_at"), "{created}");
    let shown = world.run(&["--raw", "applications", "get-one", "wind"]).json();
    let keys: Vec<_> = shown.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = "application_id name identifier owner_email created_at updated_at description \
                    template_vars is_archived cloned_from_id template_files workflow_files";
    assert_eq!(keys.join(" "), expected);
    assert_eq!(shown["template_vars"], json!({"partition": "short", "ranks": 4, "restart": false}));
    let settings = &shown["workflow_files"][0]["runtime_config"];
    assert_eq!(settings["supporting_files"], json!(["templates/mesh.txt.j2"]));
    assert!(settings.as_object().unwrap()["template_files"].is_null());
    fs::create_dir(world.path("back")).unwrap();
    let mut download = world.command(&["applications", "download-files", "--identifier", "wind"]);
    let said = download.current_dir(world.path("back")).output().unwrap();
    assert!(
        String::from_utf8(said.stdout)
            .unwrap()
            .contains("A total of 4 application files were successfully")
    );
    assert_eq!(world.read("back/jobbergate.py"), workflow);
    for name in ["templates/wind.sh.j2", "templates/mesh.txt.j2"] {
        assert_eq!(world.read(&format!("back/{name}")), world.read(&format!("wind/{name}")));
    }
    let yaml = "application_config:\n  partition: short\n  ranks: 4\n  restart: false\n\
                jobbergate_config:\n  default_template: templates/wind.sh.j2\n  \
                supporting_files:\n  - templates/mesh.txt.j2\n";
    assert_eq!(world.read("back/jobbergate.yaml"), yaml);
}

#[test]
fn nothing_is_made_of_a_directory_that_is_no_application() {
    let world = World::open();
    let create = |path| world.run(&["applications", "create", "-n", "x", "-a", path]).failed(1);
    assert!(create("missing").contains("missing does not exist"));
    world.write("bare/x.j2", "x");
    assert!(create("bare").contains("no file jobbergate.yaml"));
    world.write("bare/jobbergate.yaml", "application_config: [\n");
    assert!(create("bare").contains("jobbergate.yaml: line"));
    world.wind();
    world.write("wind/templates/deep/wind.sh.j2", "x");
    assert!(create("wind").contains("have the same name"));
    let list = world.run(&["applications", "list", "--all", "--raw"]).json();
    assert_eq!(list, json!([]));
}

#[test]
fn a_template_that_cannot_be_parsed_is_named_before_anything_is_made() {
    let world = World::open().with_wind();
    let create = ["applications", "create", "-n", "x", "-a", "wind"];
    let update = ["applications", "update", "wind", "-a", "wind", "--update-identifier", "x"];
    for (content, expected) in [
        (&b"one\n{% if %}"[..], "templates/mesh.txt.j2: Unable to process jinja template: line 2"),
        (b"one\ntwo {{ x | nope }}\n", "No filter named 'nope'"),
        (b"one\ntwo\n\xff", "templates/mesh.txt.j2: line 3: it is not UTF-8 text"),
    ] {
        fs::write(world.path("wind/templates/mesh.txt.j2"), content).unwrap();
        for line in [&create[..], &update] {
            let words = world.run(line).failed(1);
            assert!(words.starts_with("Invalid application\n"), "{words}");
            assert!(words.contains(expected), "{words}");
        }
    }
    let list = world.run(&["applications", "list", "--all", "--raw"]).json();
    assert_eq!((list.as_array().unwrap().len(), &list[0]["identifier"]), (1, &json!("wind")));
}

#[test]
fn what_could_not_be_uploaded_is_said_beside_what_was_made() {
    let world = World::open();
    world.wind();
    world.write("wind/templates/wind.sh.j2", &"#".repeat(5 * 1024 * 1024 + 1));
    let made = world.run(&["applications", "create", "-n", "x", "-a", "wind"]);
    assert_eq!(made.code, Some(1), "{made:?}");
    assert!(made.out.contains("│ application_uploaded │ False"), "{made:?}");
    assert!(made.err.contains("File upload failed") && made.err.contains("update 1"), "{made:?}");
    assert!(made.err.contains("templates/wind.sh.j2"), "{made:?}");
    world.wind();
    let update = world.run(&["applications", "update", "1", "-a", "wind"]).well();
    assert!(update.contains("Updated Application"), "{update}");
    let shown = world.run(&["applications", "get-one", "-i", "1", "--raw"]).json();
    assert_eq!(shown["template_files"].as_array().unwrap().len(), 2);
}

#[test]
fn an_application_is_renamed_and_uploaded_at_once_cloned_and_deleted() {
    let world = World::open().with_wind();
    let update = ["applications", "update", "wind", "--update-identifier", "storm", "-a", "wind"];
    let more = ["--application-desc", "of [red] ${a[i]}", "--application-name", "Storm"];
    let updated = world.run(&[&update[..], &more].concat()).well();
    assert!(updated.contains("│ storm") && updated.contains("of [red] ${a[i]}"), "{updated}");
    let shown = world.run(&["applications", "update", "storm", "--full"]).well();
    assert!(shown.contains("is_archived") && shown.contains("{'partition': 'short'"), "{shown}");
    let clone = ["--raw", "applications", "clone", "storm", "--application-identifier", "other"];
    let clone = world.run(&clone).json();
    assert_eq!(
        (&clone["application_id"], &clone["name"], &clone["cloned_from_id"]),
        (&json!(2), &json!("Storm"), &json!(1))
    );
    world.run(&["applications", "update", "2", "--is-archived"]).well();
    let list = |more: &[&str]| {
        let list = world.run(&[&["--raw", "applications", "list"], more].concat()).json();
        list.as_array().unwrap().iter().map(|row| row["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(list(&[]), ["Storm"]);
    assert_eq!(list(&["--include-archived", "--user"]).len(), 2);
    assert_eq!(list(&["--search", "nothing"]).len(), 0);
    let deleted = world.run(&["applications", "delete", "--id", "2"]).well();
    assert!(deleted.contains("Application delete succeeded"), "{deleted}");
    let gone = world.run(&["applications", "delete", "2"]).failed(1);
    assert!(gone.starts_with("REQUEST FAILED - Not Found\n"), "{gone}");
}
