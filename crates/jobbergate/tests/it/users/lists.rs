//! Lists, page by page.

use super::world::World;

/// Three job scripts.
fn world() -> World {
    let world = World::open();
    world.write("run.sh", "#!/bin/sh\n");
    for name in ["one", "two", "three"] {
        world.run(&["job-scripts", "create-stand-alone", "run.sh", "--name", name]).well();
    }
    world
}

#[test]
fn a_script_gets_all_pages_and_a_page_if_it_asks_for_one() {
    let world = world();
    let names = |more: &[&str]| {
        let list = world.run(&[&["--raw", "job-scripts", "list", "--size", "2"], more].concat());
        let list = list.json();
        let names: Vec<_> = list
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["name"].as_str().unwrap().to_owned())
            .collect();
        names.join(" ")
    };
    assert_eq!(names(&[]), "three two one");
    assert_eq!(names(&["--page", "2"]), "one");
    assert_eq!(names(&["--sort-order", "ASCENDING", "-p", "1"]), "one two");
    assert_eq!(names(&["--sort-order", "UNSORTED", "--sort-field", "name"]), "one three two");
    assert_eq!(names(&["--search", "three"]), "three");
    let words = world.run(&["job-scripts", "list", "--size", "2", "-p", "3"]).failed(1);
    assert_eq!(words, "Page 3 is out of range. Available pages: 1-2\n");
    let table = world.run(&["job-scripts", "list", "-s", "2", "-p", "2"]).well();
    assert!(table.contains("Page: 2 of 2 - Items: 1 of 3"), "{table}");
    for wrong in
        [["--page", "0"], ["--size", "101"], ["--sort-order", "ascending"], ["--page", "x"]]
    {
        let words = world.run(&["job-scripts", "list", wrong[0], wrong[1]]).failed(2);
        assert!(words.contains(wrong[0]), "{words}");
    }
    let words = world.run(&["job-scripts", "list", "--sort-field", "nope"]).failed(1);
    assert!(words.starts_with("REQUEST FAILED"), "{words}");
}

#[test]
fn an_empty_list_is_a_panel_for_people_and_a_list_for_programs() {
    let world = World::open();
    let panel = world.run(&["applications", "list"]).well();
    assert!(panel.contains("Nothing here..."), "{panel}");
    assert_eq!(world.run(&["applications", "list", "--raw"]).well(), "\n[]\n\n");
}

#[test]
fn the_width_is_what_columns_says() {
    let world = world();
    let narrow = world.run_with(&["job-scripts", "list"], &[("COLUMNS", "50")]).well();
    assert!(narrow.lines().all(|line| line.chars().count() <= 50), "{narrow}");
    let wide = world.run_with(&["job-scripts", "list", "--full"], &[("COLUMNS", "300")]).well();
    assert!(wide.contains("│ three ") && wide.contains("cloned_from_id"), "{wide}");
}
