//! Results for programs, and which of them.

use serde_json::json;

use super::world::World;

/// Two job scripts.
fn world() -> World {
    let world = World::open();
    world.write("run.sh", "#!/bin/sh\n");
    for (name, description) in [("one", "the first"), ("two", "with, comma\nand line")] {
        let create = ["job-scripts", "create-stand-alone", "run.sh", "--name", name];
        world.run(&[&create[..], &["--description", description]].concat()).well();
    }
    world
}

#[test]
fn a_list_is_json_yaml_or_csv_and_nothing_else() {
    let world = world();
    let list = |more: &[&str]| world.run(&[&["job-scripts", "list"], more].concat());
    let raw = list(&["--raw"]).json();
    let json_list = list(&["--output", "json"]);
    assert!(json_list.out.starts_with("[\n  {") && json_list.out.ends_with("}\n]\n"));
    assert_eq!(json_list.json(), raw);
    let columns = ["--columns", "job_script_id,name,description"];
    let csv = list(&[&["-o", "csv"], &columns[..]].concat()).well();
    let expected =
        "job_script_id,name,description\n2,two,\"with, comma\nand line\"\n1,one,the first\n";
    assert_eq!(csv, expected);
    let yaml = list(&["-oyaml", "--columns=name,application_id,is_archived"]).well();
    let expected = "- name: two\n  application_id: null\n  is_archived: false\n\
                    - name: one\n  application_id: null\n  is_archived: false\n";
    assert_eq!(yaml, expected);
    // All fields unless said otherwise, as in --raw.
    let header = list(&["-o", "csv"]).well();
    assert!(header.starts_with("job_script_id,name,application_id,"), "{header}");
    let nothing = |format| list(&["--search", "nothing", "-o", format]).well();
    assert_eq!((&*nothing("json"), &*nothing("yaml")), ("[]\n", "[]\n"));
    assert_eq!(nothing("csv").lines().count(), 1);
}

#[test]
fn one_thing_is_json_yaml_or_csv_and_messages_are_beside_it() {
    let world = world();
    let get = |more: &[&str]| world.run(&[&["job-scripts", "get-one", "1"], more].concat());
    assert_eq!(get(&["-o", "json"]).json(), get(&["--raw"]).json());
    assert_eq!(get(&["-o", "yaml", "--columns", "name,id"]).well(), "name: one\nid: 1\n");
    assert_eq!(
        get(&["-o", "csv", "--columns", "name,files"]).well().lines().next(),
        Some("name,files")
    );
    let table = get(&["--columns", "created_at,name"]).well();
    assert!(table.contains("│ created_at │ 20") && !table.contains("owner_email"), "{table}");
    let deleted = world.run(&["job-scripts", "delete", "1", "--output", "json"]);
    assert!(deleted.err.contains("Job script delete succeeded"), "{deleted:?}");
    assert_eq!(deleted.well(), "");
    // As Python's has it.
    let deleted = world.run(&["job-scripts", "delete", "2", "--raw"]).well();
    assert!(deleted.contains("Job script delete succeeded"), "{deleted}");
}

#[test]
fn two_things_are_two_documents() {
    let world = World::open().with_wind();
    let create = ["job-scripts", "create", "wind", "-f", "--submit", "--no-download"];
    let create =
        |format| world.run(&[&create[..], &["-o", format, "--columns", "id,name"]].concat());
    assert_eq!(create("yaml").well(), "id: 1\nname: Wind tunnel\n---\nid: 1\nname: Wind tunnel\n");
    assert_eq!(create("csv").well(), "id,name\n2,Wind tunnel\n\nid,name\n2,Wind tunnel\n");
    let made = ["applications", "create", "-n", "x", "-a", "wind", "-o", "json"];
    let made = world.run(&[&made[..], &["--columns", "application_id,name"]].concat()).json();
    assert_eq!(made, json!({"application_id": 2, "name": "x"}));
}

#[test]
fn columns_are_chosen_and_one_that_is_none_is_told_of_before_anything_is_done() {
    let world = world();
    let table = world.run(&["job-scripts", "list", "--columns", "name,id"]).well();
    assert!(table.contains("┃ name ┃ id ┃") && !table.contains("owner_email"), "{table}");
    let raw = world.run(&["--raw", "--columns", "name", "job-scripts", "list"]).json();
    assert_eq!(raw, json!([{"name": "two"}, {"name": "one"}]));
    let words = world.run(&["job-scripts", "delete", "1", "--columns", "nmae"]).failed(2);
    assert!(words.contains("no field \"nmae\"; did you mean name?"), "{words}");
    assert!(words.contains("There are: job_script_id, name, application_id,"), "{words}");
    let words = world.run(&["job-scripts", "list", "--columns", "id,foo"]).failed(2);
    assert!(words.contains("there is no field \"foo\". There are: job_script_id,"), "{words}");
    world.run(&["job-scripts", "get-one", "1"]).well();
    let words = world.run(&["logout", "--columns", "name"]).failed(2);
    assert!(words.contains("not for this command"), "{words}");
    let words = world.run(&["--raw", "job-scripts", "list", "-o", "yaml"]).failed(2);
    assert!(words.contains("--raw and --output"), "{words}");
    let words = world.run(&["job-scripts", "list", "--output", "xml"]).failed(2);
    assert!(words.contains("[possible values: table, json, yaml, csv]"), "{words}");
}

#[test]
fn rows_are_filtered_over_all_pages_or_one() {
    let world = world();
    let names = |more: &[&str]| {
        let list = ["job-scripts", "list", "--size", "1", "-o", "csv", "--columns", "name"];
        let list = world.run(&[&list[..], more].concat()).well();
        list.lines().skip(1).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(&["--filter", "name=one"]), "one");
    assert_eq!(names(&["--filter", "name!=one"]), "two");
    assert_eq!(names(&["--filter", "description~FIRST"]), "one");
    assert_eq!(names(&["--filter", "name~o", "--filter", "job_script_id=2"]), "two");
    assert_eq!(names(&["--filter", "name=one", "--page", "1"]), "");
    assert_eq!(names(&["--filter", "application_id=None", "--page", "2"]), "one");
    let table = world.run(&["job-scripts", "list", "--filter", "name=one"]).well();
    assert!(table.contains("Page: 1 of 1 - Items: 1 of 2"), "{table}");
    let words = world.run(&["job-scripts", "list", "--filter", "state=x"]).failed(2);
    assert!(words.contains("--filter: there is no field \"state\""), "{words}");
    let words = world.run(&["job-scripts", "list", "--filter", "name"]).failed(2);
    assert!(words.contains("FIELD=VALUE"), "{words}");
}

#[test]
fn a_token_is_a_document_where_one_is_asked_for() {
    let world = World::open();
    let show = |more: &[&str]| world.run(&[&["show-token"], more].concat());
    let token = show(&["--plain"]).well().trim().to_owned();
    assert_eq!(show(&["-o", "json"]).json(), json!({"access_token": token}));
    assert_eq!(show(&["-o", "csv"]).well(), format!("access_token\n{token}\n"));
    let prefixed = show(&["-o", "json", "--prefix"]).json();
    assert_eq!(prefixed, json!({"access_token": format!("Bearer {token}")}));
    let header = show(&["-o", "json", "--header"]).json();
    assert_eq!(header, json!({"Authorization": format!("Bearer {token}")}));
    let claims = show(&["-o", "json", "--decode"]);
    assert!(claims.out.starts_with("{\n") && claims.out.ends_with("}\n"), "{claims:?}");
    assert_eq!(claims.json()["email"], "alice@example.com");
    let claims = show(&["-o", "yaml", "--decode"]).well();
    assert!(claims.contains("email: alice@example.com\n"), "{claims}");
    let words = show(&["-o", "json", "--plain"]).failed(2);
    assert!(words.contains("--plain and --output"), "{words}");
    // As Python's has it.
    assert!(show(&["--raw"]).well().contains("─ Access Token ─"));
}

#[test]
fn a_setting_is_a_document_where_one_is_asked_for() {
    let world = World::open();
    world.run(&["config", "set", "sbatch_path", "/usr/bin/sbatch"]).well();
    let get = |more: &[&str]| world.run(&[&["config", "get", "sbatch_path"], more].concat());
    let listed = world.run(&["config", "list", "-o", "json"]).json();
    let of_list = listed.as_array().unwrap().iter().find(|row| row["name"] == "sbatch_path");
    assert_eq!(get(&["-o", "json"]).json(), *of_list.unwrap());
    let csv = get(&["-o", "csv", "--columns", "name,value"]).well();
    assert_eq!(csv, "name,value\nsbatch_path,/usr/bin/sbatch\n");
    assert_eq!(get(&[]).well(), "/usr/bin/sbatch\n");
    let words = world.run(&["config", "get", "slurm_tree", "-o", "json"]);
    assert!(words.code != Some(0) && words.out.is_empty(), "{words:?}");
}

#[test]
fn files_are_a_document_where_one_is_asked_for() {
    let world = World::open().with_script();
    let show = |more: &[&str]| world.run(&[&["job-scripts", "show-files", "1"], more].concat());
    let files = show(&["-o", "json"]).json();
    let of = |name: &str| files.as_array().unwrap().iter().find(|file| file["filename"] == name);
    let (script, mesh) = (of("wind.sh").unwrap(), of("mesh.txt").unwrap());
    assert_eq!(script["file_type"], "ENTRYPOINT");
    assert!(script["content"].as_str().unwrap().contains("#SBATCH -n 4\n"), "{files}");
    assert_eq!((&mesh["file_type"], &mesh["content"]), (&json!("SUPPORT"), &json!("cells 4")));
    let names = show(&["-o", "csv", "--columns", "filename"]).well();
    let mut names: Vec<_> = names.lines().collect();
    names.sort_unstable();
    assert_eq!(names, ["filename", "mesh.txt", "wind.sh"]);
    let words = show(&["-o", "yaml", "--plain"]).failed(2);
    assert!(words.contains("--plain and --output"), "{words}");
    assert!(show(&["--raw"]).well().contains("\n# wind.sh\n"));
}
