//! A person at a terminal.

use std::process::Stdio;

use rexpect::session::{PtySession, spawn_command};

use super::world::World;

pub(super) const PATIENCE: Option<u64> = Some(20_000);
const CTRL_C: &str = "\u{3}";
const BACKSPACE: &str = "\u{7f}";

pub fn at_terminal(world: &World, arguments: &[&str]) -> PtySession {
    let mut command = world.command(arguments);
    command.stdin(Stdio::inherit()).env("TERM", "xterm").env("COLUMNS", "100").env("NO_COLOR", "1");
    spawn_command(command, PATIENCE).unwrap()
}

#[track_caller]
pub fn ends_with(mut session: PtySession, code: i32) -> String {
    let rest = session.exp_eof().unwrap();
    let status = format!("{:?}", session.process().wait().unwrap());
    assert!(
        status.starts_with("Exited(") && status.ends_with(&format!(", {code})")),
        "{status}: {rest}"
    );
    rest
}

#[track_caller]
pub fn type_in(session: &mut PtySession, expected: &str, keys: &str) {
    session.exp_string(expected).unwrap();
    session.send(keys).unwrap();
    session.flush().unwrap();
}

#[test]
fn questions_are_asked_and_checked() {
    let world = World::open().with_wind();
    let mut terminal = at_terminal(&world, &["job-scripts", "create", "wind", "-n", "asked"]);
    type_in(&mut terminal, "partition: short", "er\r");
    type_in(&mut terminal, "ranks: 4", &format!("{BACKSPACE}x\r"));
    type_in(&mut terminal, "x is not an integer", &format!("{BACKSPACE}8\r"));
    type_in(&mut terminal, "restart (y/N)", "y\r");
    type_in(&mut terminal, "submit this job immediately? [Y/n]: ", "maybe\n");
    type_in(&mut terminal, "[Y/n]: ", "n\n");
    type_in(&mut terminal, "download the job script files? [Y/n]: ", "\n");
    ends_with(terminal, 0);
    let script = "#!/bin/bash\n#SBATCH -p shorter\n#SBATCH -n 8\n\nsrun solver --restart";
    assert_eq!(world.read("wind.sh"), script);
}

#[test]
fn control_keys_change_the_line_and_are_no_letters() {
    let world = World::open().with_wind();
    let create = ["job-scripts", "create", "wind", "--no-submit", "--download"];
    let mut terminal = at_terminal(&world, &create);
    let (a, e, k, u, w) = ("\u{1}", "\u{5}", "\u{b}", "\u{15}", "\u{17}");
    let keys = format!("{a}XX{w}{k}{u}one two{w}{a}z{e}3\u{18}\u{1b}g\r");
    type_in(&mut terminal, "partition: short", &keys);
    type_in(&mut terminal, "ranks: 4", &format!("{u}7\r"));
    type_in(&mut terminal, "restart (y/N)", &format!("{a}{k}yes\r"));
    ends_with(terminal, 0);
    let script = "#!/bin/bash\n#SBATCH -p zone 3\n#SBATCH -n 7\n\nsrun solver --restart";
    assert_eq!(world.read("wind.sh"), script);
}

#[test]
fn ctrl_c_ends_it_and_nothing_is_made() {
    let world = World::open().with_wind();
    let mut terminal = at_terminal(&world, &["job-scripts", "create", "wind"]);
    type_in(&mut terminal, "partition: short", CTRL_C);
    ends_with(terminal, 130);
    assert_eq!(world.run(&["--raw", "job-scripts", "list"]).well(), "\n[]\n\n");
}

#[test]
fn ctrl_d_at_an_empty_question_gives_no_answer_and_nothing_is_made() {
    let world = World::open().with_wind();
    let mut terminal = at_terminal(&world, &["job-scripts", "create", "wind"]);
    // Within a line it deletes a character.
    type_in(&mut terminal, "partition: short", "\u{1}\u{4}");
    type_in(&mut terminal, "partition: hort", "\u{15}\u{4}");
    assert!(ends_with(terminal, 1).contains("Aborted."));
    assert_eq!(world.run(&["--raw", "job-scripts", "list"]).well(), "\n[]\n\n");
}

#[test]
fn a_question_without_an_answer_is_aborted() {
    let world = World::open().with_wind();
    world.write("p.json", r#"{"partition": "a", "ranks": 1, "restart": false}"#);
    let outcome = world.run(&["job-scripts", "create", "wind", "--param-file", "p.json"]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.out.contains("Created Job Script"), "{outcome:?}");
    assert!(outcome.err.ends_with("Aborted.\n"), "{outcome:?}");
}

#[test]
fn ctrl_c_at_a_question_after_the_script_was_made_aborts() {
    let world = World::open().with_wind();
    world.write("p.json", r#"{"partition": "a", "ranks": 1, "restart": false}"#);
    let create = ["job-scripts", "create", "wind", "--param-file", "p.json"];
    let mut terminal = at_terminal(&world, &create);
    type_in(&mut terminal, "submit this job immediately? [Y/n]: ", CTRL_C);
    assert!(ends_with(terminal, 1).contains("Aborted."));
    let scripts = world.run(&["--raw", "job-scripts", "list"]).json();
    assert_eq!(scripts.as_array().unwrap().len(), 1);
}

#[test]
fn pages_are_turned() {
    let world = World::open();
    world.write("run.sh", "#!/bin/sh\n");
    for name in ["one", "two"] {
        world.run(&["job-scripts", "create-stand-alone", "run.sh", "--name", name]).well();
    }
    let list = ["job-scripts", "list", "--size", "1"];
    let mut terminal = at_terminal(&world, &list);
    type_in(&mut terminal, "Page: 1 of 2 - Items: 1 of 2", "");
    type_in(&mut terminal, "Exit", "\r");
    type_in(&mut terminal, "Page: 2 of 2 - Items: 1 of 2", "");
    type_in(&mut terminal, "Previous page", CTRL_C);
    assert!(ends_with(terminal, 0).contains("Cancelled by user"));
    let terminal = at_terminal(&world, &["job-scripts", "list", "--size", "1", "--page", "2"]);
    assert!(ends_with(terminal, 0).contains("one"));
}

#[test]
fn failures_are_framed_on_a_terminal() {
    let world = World::open();
    let shown = ends_with(at_terminal(&world, &["job-scripts", "get-one", "7"]), 1);
    // The corner of a box, byte by byte.
    assert!(shown.contains("\u{e2}\u{95}\u{ad}"), "{shown}");
    assert!(shown.contains(" REQUEST FAILED - Not Found "), "{shown}");
}

#[test]
fn any_command_lets_a_person_log_in() {
    let world = World::of_strangers();
    let mut terminal = at_terminal(&world, &["applications", "list"]);
    terminal.exp_string("Waiting for login").unwrap();
    type_in(&mut terminal, "/device?user_code=", "");
}
