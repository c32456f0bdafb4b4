//! What a person sees at a terminal, and nobody else.

use std::process::{Command, Stdio};

use rexpect::session::spawn_command;

use super::{
    prompts::{PATIENCE, ends_with},
    world::World,
};

/// Job scripts 1 to 6.
fn world() -> World {
    let world = World::open();
    world.write("run.sh", "#!/bin/sh\n");
    for name in ["one", "two", "three", "four", "five", "six"] {
        world.run(&["job-scripts", "create-stand-alone", "run.sh", "--name", name]).well();
    }
    world
}

/// What is seen at a terminal of 60 columns and 8 lines.
#[track_caller]
fn seen(world: &World, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    seen_until(world, arguments, variables, 0)
}

/// The same of a command that ends with this code.
#[track_caller]
fn seen_until(world: &World, arguments: &[&str], variables: &[(&str, &str)], code: i32) -> String {
    let of_world = world.command(arguments);
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "stty rows 8 cols 60; exec \"$0\" \"$@\""]).arg(of_world.get_program());
    command.args(of_world.get_args()).current_dir(world.home.path()).env_clear();
    command.envs(of_world.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("TERM", "xterm").stdin(Stdio::inherit()).envs(variables.iter().copied());
    ends_with(spawn_command(command, PATIENCE).unwrap(), code)
}

const LIST: [&str; 4] = ["job-scripts", "list", "--page", "1"];
const PAGER: (&str, &str) = ("PAGER", "sed s/^/paged:/");

#[test]
fn what_is_longer_than_the_terminal_is_shown_by_the_pager() {
    let world = world();
    let paged = |arguments: &[&str], variables: &[(&str, &str)]| {
        let text = seen(&world, arguments, variables);
        assert!(text.contains("three") || text.contains("job_script_id"), "{text}");
        text.contains("paged:")
    };
    assert!(paged(&LIST, &[PAGER]));
    assert!(paged(&["job-scripts", "list", "-o", "yaml"], &[PAGER]));
    assert!(paged(&["job-scripts", "get-one", "1", "--full"], &[PAGER]));
    // It fits.
    assert!(!paged(&["job-scripts", "list", "-o", "csv"], &[PAGER]));
    assert!(!paged(&[&LIST[..], &["--no-pager"]].concat(), &[PAGER]));
    for broken in ["no-such-pager", "false", "", "cat", "exec 0<&-; exit 3"] {
        assert!(!paged(&LIST, &[("PAGER", broken)]), "{broken}");
    }
    // Nobody turns pages in a pipe.
    let piped = world.run_with(&LIST, &[PAGER]).well();
    assert!(piped.contains("three") && !piped.contains("paged:"), "{piped}");
}

#[test]
fn tables_fit_a_narrow_terminal() {
    let text = seen(&world(), &LIST, &[("NO_COLOR", "1"), ("PAGER", "cat")]);
    // What is read here has a character for each byte: only the first of each counts.
    let width = |line: &str| line.chars().filter(|c| !('\u{80}'..'\u{c0}').contains(c)).count();
    assert!(text.lines().count() > 8 && text.lines().all(|line| width(line) <= 60), "{text}");
}

#[test]
fn a_list_of_submissions_can_be_read_at_a_narrow_terminal() {
    let world = world();
    let create = ["job-submissions", "create", "1", "--name", "wing", "--description", "in May"];
    world.run(&create).well();
    let list = ["job-submissions", "list", "--page", "1", "--no-pager"];
    let text = seen(&world, &list, &[("NO_COLOR", "1")]);
    for whole in ["submission", "wing", "None", "c1", "CREATED"] {
        assert!(text.contains(whole), "{whole}: {text}");
    }
    assert!(text.contains("No room for description, owner_email"), "{text}");
    // Who asks for fields gets them, and programs get all.
    let full = seen(&world, &[&["--full"], &list[..]].concat(), &[("NO_COLOR", "1")]);
    assert!(!full.contains("No room"), "{full}");
    let piped = world.run_with(&list, &[("COLUMNS", "60")]).well();
    assert!(!piped.contains("No room") && !piped.contains("CREATED"), "{piped}");
}

#[test]
fn people_are_told_what_is_missing_in_the_words_of_the_command_line() {
    let world = World::open();
    for (arguments, said) in [
        (["applications", "get-one", "7"], "There is no application 7"),
        (["applications", "delete", "wing"], "There is no application wing"),
        (["job-scripts", "get-one", "7"], "There is no job script 7"),
        (["job-submissions", "cancel", "7"], "There is no job submission 7"),
    ] {
        let wide = [("COLUMNS", "200")];
        let text = seen_until(&world, &arguments, &wide, 1);
        assert!(text.contains(said) && !text.contains("locator"), "{text}");
        let raw = seen_until(&world, &[&["--raw"], &arguments[..]].concat(), &wide, 1);
        assert!(raw.contains("entry was not found by locator="), "{raw}");
        let piped = world.run(&arguments).failed(1);
        assert!(piped.contains("entry was not found by locator="), "{piped}");
    }
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let world = world();
    let coloured = |variables: &[(&str, &str)]| {
        seen(&world, &[&LIST[..], &["--no-pager"]].concat(), variables).contains("\u{1b}[")
    };
    assert!(coloured(&[]));
    assert!(coloured(&[("NO_COLOR", "")]));
    assert!(!coloured(&[("NO_COLOR", "1")]));
    assert!(!coloured(&[("TERM", "dumb")]));
    assert!(!world.run_with(&LIST, &[("TERM", "xterm")]).well().contains('\u{1b}'));
}

#[test]
fn people_see_how_long_ago_it_was_and_programs_when() {
    let world = world();
    let columns = ["--columns", "name,created_at", "--no-pager"];
    let ago = |text: &str| text.contains("just now") || text.contains("seconds ago");
    let list = [&LIST[..], &columns].concat();
    assert!(ago(&seen(&world, &list, &[])));
    assert!(!ago(&world.run(&list).well()));
    let one = [&["job-scripts", "get-one", "1"], &columns[..]].concat();
    let shown = seen(&world, &one, &[]);
    assert!(ago(&shown) && shown.contains("Z ("), "{shown}");
    assert!(!ago(&seen(&world, &[&one[..], &["-o", "json"]].concat(), &[])));
}

#[test]
fn how_far_an_upload_is_is_told_at_a_terminal_only() {
    let world = World::open();
    world.wind();
    let create = ["applications", "create", "-n", "x", "-a", "wind"];
    let text = seen(&world, &[&create[..], &["--no-pager"]].concat(), &[]);
    assert!(text.contains("application_uploaded"), "{text}");
    let elsewhere = world.run(&create);
    assert_eq!(elsewhere.err, "");
    elsewhere.well();
}
