//! `jobbergate run`: from questions to the job's exit code.

use std::{fs, process::Stdio};

use rexpect::session::spawn_command;
use serde_json::{Value, json};

use super::{
    desk::{Desk, outcome, started},
    liar::Liar,
    mishap::{Fate, NOT_FOUND, Proxy},
    workflows::{BASE, has_python},
    world::World,
};
use crate::support::until_exists;

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_job_is_run_like_a_program_of_this_machine() {
    let desk = Desk::new();
    let commands = "echo hello {{ data.name }}; sleep 2; exit {{ data.code }}";
    desk.application("greet", "{name: world, code: 0}", commands);
    let well = outcome(started(desk.running(&["greet", "--fast", "-p", "name=Ann"])));
    assert_eq!((well.code, well.out.as_str()), (Some(0), "hello Ann\n"), "{}", well.err);
    for words in ["Submission 1 (greet) on cluster test-cluster", "COMPLETED"] {
        assert!(well.err.contains(words), "{words}: {}", well.err);
    }
    let badly =
        outcome(started(desk.running(&["greet", "-p", "code=3", "-p", "name=x", "-n", "b"])));
    assert_eq!((badly.code, badly.out.as_str()), (Some(3), "hello x\n"), "{}", badly.err);
    for words in ["failed with exit code 3", "job-submissions why 2", "job-submissions logs 2"] {
        assert!(badly.err.contains(words), "{words}: {}", badly.err);
    }
}

#[test]
fn a_script_reads_each_event_as_a_line_of_json() {
    let desk = Desk::new();
    desk.application("greet", "{code: 4}", "echo grüß dich; sleep 2; exit {{ data.code }}");
    let words = [&["--raw"], &desk.words_of_run(&["greet", "--fast"])[..]].concat();
    let ended = outcome(started(desk.command(&words)));
    assert_eq!(ended.code, Some(4), "{ended:?}");
    // The table of defaults and nothing else.
    assert!(ended.err.starts_with("\nDefault values used") || ended.err.contains("code"));
    let lines = lines(&ended.out);
    let of = |event: &str| lines.iter().filter(|line| line["event"] == event).collect::<Vec<_>>();
    let states: Vec<_> =
        of("progress").iter().map(|line| line["slurm_job_state"].as_str().unwrap()).collect();
    assert_eq!(states.last(), Some(&"FAILED"), "{states:?}");
    let output: String = of("output").iter().map(|line| line["text"].as_str().unwrap()).collect();
    assert_eq!(output, "grüß dich\n");
    assert_eq!(of("job_script")[0]["job_script_id"], 1);
    assert_eq!(of("submission")[0]["job_submission_id"], 1);
    let end = of("end")[0];
    assert_eq!((&end["ending"], &end["exit_code"]), (&"failed".into(), &4.into()), "{end}");
}

const TALKS: &str = "    def mainflow(self, data):
        from jobbergate_cli.render import render_dict, render_json, terminal_message
        from jobbergate_cli.subapps.applications import app
        print('printed')
        terminal_message('a message', subject='Subject', footer='a footer')
        render_dict({'key': 'of a table'})
        render_json({'key': 'of JSON'})
        data['name'] = app.get_one(id_or_identifier='talks').name
";

#[test]
fn what_a_workflow_shows_stays_out_of_the_jobs_output() {
    if !has_python() {
        return;
    }
    let desk = Desk::new();
    let directory = desk.home.path().join("talks");
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join("jobbergate.py"), format!("{BASE}{TALKS}")).unwrap();
    desk.application("talks", "{}", "echo result of {{ data.name }}; sleep 1");
    let asides =
        ["printed", "a message", "Subject", "a footer", "of a table", "of JSON", "alice@example"];
    let ended = outcome(started(desk.running(&["talks", "--fast"])));
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), "result of talks\n"), "{}", ended.err);
    assert!(asides.iter().all(|text| ended.err.contains(text)), "{}", ended.err);
    let words = [&["--raw"], &desk.words_of_run(&["talks", "--fast"])[..]].concat();
    let ended = outcome(started(desk.command(&words)));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let lines = lines(&ended.out);
    assert!(lines.iter().all(|line| line["event"].is_string()), "{}", ended.out);
    assert!(asides.iter().all(|text| ended.err.contains(text)), "{}", ended.err);
    let one = desk.run(&["--raw", "run", "talks", "--fast", "--no-watch"]).json();
    assert_eq!(one["name"], "talks", "{one}");
}

#[test]
fn ctrl_c_leaves_the_job_and_says_how_to_come_back() {
    let desk = Desk::new();
    let flag = desk.site.work.path().join("flag");
    // The script is shown before it is run: it does not say what its output says.
    let commands = format!("echo beg''un; touch {}; sleep 60", flag.display());
    desk.application("long", "{}", &commands);
    let mut command = desk.running(&["long", "--yes"]);
    command.stdin(Stdio::inherit()).env("TERM", "xterm").env("COLUMNS", "100").env("NO_COLOR", "1");
    let mut terminal = spawn_command(command, Some(60_000)).unwrap();
    terminal.exp_string("begun").unwrap();
    terminal.send("\u{3}").unwrap();
    terminal.flush().unwrap();
    terminal.exp_string("The job goes on.").unwrap();
    terminal.exp_string("jobbergate job-submissions watch 1").unwrap();
    terminal.exp_eof().unwrap();
    let status = format!("{:?}", terminal.process().wait().unwrap());
    assert!(status.ends_with(", 130)"), "{status}");
    let one = desk.run(&["--raw", "job-submissions", "get-one", "1"]).json();
    assert_eq!(one["status"], "SUBMITTED");
    let waiting = started(desk.command(&["job-submissions", "wait", "1"]));
    desk.run(&["job-submissions", "cancel", "1"]).well();
    let waited = outcome(waiting);
    assert_eq!(waited.code, Some(121), "{waited:?}");
    assert_eq!(waited.out, "Submission 1: it was cancelled\n");
}

#[tokio::test]
async fn whoever_does_not_watch_gets_the_submission() {
    let desk = Desk::new();
    let flag = desk.site.work.path().join("flag");
    desk.application("quick", "{}", &format!("touch {}", flag.display()));
    assert_eq!(desk.submitted(&["quick", "--name", "one", "-s", "--comment=mine"]), 1);
    until_exists(&flag).await;
    let one = desk.run(&["--raw", "job-submissions", "get-one", "1"]).json();
    assert_eq!(one["sbatch_arguments"], serde_json::json!(["--comment=mine"]));
    assert_eq!((&one["name"], &one["cluster_name"]), (&"one".into(), &"test-cluster".into()));
    assert!(fs::read_to_string(desk.site.work.path().join("job.sh")).is_ok());
}

#[test]
fn a_person_sees_what_is_submitted_and_may_say_no() {
    let application = json!({
        "id": 1, "name": "wind", "owner_email": "alice@example.com", "template_vars": {},
        "template_files": [{"filename": "wind.sh.j2", "file_type": "ENTRYPOINT"}],
    });
    let shown = json!({"files": [
        {"filename": "mesh.txt", "file_type": "SUPPORT", "content": "cells"},
        {"filename": "wind.sh", "file_type": "ENTRYPOINT", "content": "srun solver -n 8"},
    ]});
    let server = Liar::that_answers(move |request| {
        let line = request.lines().next().unwrap();
        if line.starts_with("GET /jobbergate/job-script-templates/wind ") {
            return (200, application.to_string());
        }
        if line.starts_with("GET /jobbergate/job-script-templates/1/questions ") {
            return (404, json!({"detail": "Not Found"}).to_string());
        }
        assert!(line.contains("render-from-template/1?dry_run=true "), "{line}");
        (200, shown.to_string())
    });
    let world = World::open();
    let mut command = world.command(&["run", "wind"]);
    command.stdin(Stdio::inherit()).env("BASE_API_URL", server.url());
    command.env("TERM", "xterm").env("COLUMNS", "100").env("NO_COLOR", "1");
    let mut terminal = spawn_command(command, Some(60_000)).unwrap();
    terminal.exp_string("wind.sh").unwrap();
    terminal.exp_string("srun solver -n 8").unwrap();
    terminal.exp_string("Submit it to cluster c1 in ").unwrap();
    terminal.send_line("n").unwrap();
    terminal.exp_string("Aborted.").unwrap();
    terminal.exp_eof().unwrap();
    let status = format!("{:?}", terminal.process().wait().unwrap());
    assert!(status.ends_with(", 1)"), "{status}");
}

#[test]
fn a_preview_whose_answer_is_lost_is_asked_for_again_with_its_key() {
    const PREVIEW: &str = "POST /jobbergate/job-scripts/render-from-template/1?dry_run=true ";
    let world = World::open().with_wind();
    let run = |url: String| {
        let mut command = world.command(&["run", "wind", "--fast"]);
        command.stdin(Stdio::inherit()).env("BASE_API_URL", url);
        command.env("TERM", "xterm").env("COLUMNS", "200").env("NO_COLOR", "1");
        spawn_command(command, Some(60_000)).unwrap()
    };
    let proxy = Proxy::before(&world.address, |line, before| match before {
        0 if line.starts_with(PREVIEW) => Fate::AnswerLost,
        _ if line.starts_with("POST /jobbergate/job-submissions ") => Fate::Answered(NOT_FOUND),
        _ => Fate::Passed,
    });
    let mut terminal = run(proxy.url());
    terminal.exp_string("srun solver").unwrap();
    terminal.exp_eof().unwrap();
    let keys: Vec<_> = proxy.seen(PREVIEW);
    let keys = keys.iter().map(|request| {
        request.lines().find(|line| line.starts_with("idempotency-key: ")).unwrap().to_owned()
    });
    let keys: Vec<_> = keys.collect();
    assert!(keys.len() == 2 && keys[0] == keys[1], "{keys:?}");
    // An older server makes the script, and knows of no keys.
    let older = Proxy::before(&world.address, |line, _| match line {
        line if line.starts_with(PREVIEW) => Fate::AnswerLost,
        "GET /jobbergate/openapi.json HTTP/1.1" => Fate::Answered(NOT_FOUND),
        _ => Fate::Passed,
    });
    let mut terminal = run(older.url());
    terminal.exp_string("may have been done nevertheless").unwrap();
    terminal.exp_eof().unwrap();
    assert_eq!(older.seen(PREVIEW).len(), 1);
}

#[test]
fn the_script_that_is_shown_has_no_secrets() {
    let world = World::open();
    world.write(
        "lic/jobbergate.yaml",
        "application_config: {}\njobbergate_config: {}\nquestions:\n\
         - {variable: key, kind: secret}\n- {variable: host}\n",
    );
    world.write("lic/templates/lic.sh.j2", "#!/bin/sh\nsolve {{ data.key }}@{{ data.host }}\n");
    world.run(&["applications", "create", "-n", "Lic", "--identifier", "lic", "-a", "lic"]).well();
    let mut command = world.command(&["run", "lic", "--no-watch", "-p", "host=lm"]);
    command.stdin(Stdio::inherit()).env("TERM", "xterm").env("COLUMNS", "100").env("NO_COLOR", "1");
    let mut terminal = spawn_command(command, Some(60_000)).unwrap();
    terminal.exp_string("key: ").unwrap();
    terminal.send("S3CRET\r").unwrap();
    terminal.flush().unwrap();
    let shown = terminal.exp_string("Submit it to cluster c1").unwrap();
    assert!(shown.contains("@lm") && !shown.contains("S3CRET"), "{shown}");
    terminal.send_line("y").unwrap();
    terminal.exp_eof().unwrap();
    let script = world.run(&["job-scripts", "show-files", "1", "--plain"]).well();
    assert!(script.contains("solve S3CRET@lm"), "{script}");
}

#[test]
fn what_makes_no_sense_is_found_before_anything_is_made() {
    let world = World::open().with_wind();
    let wrong = world.run(&["run", "wind", "--fast", "-p", "ranks=many"]).failed(1);
    assert!(wrong.contains("--param ranks: many is not an integer"), "{wrong}");
    let given = ["-p", "ranks=9x", "-p", "nope=3", "-p", "restart=maybe"];
    let wrong = world.run(&[&["run", "wind", "--fast"], &given[..]].concat()).failed(1);
    for words in ["asks for nope", "--param ranks: 9x is not an integer\n", "--param restart: "] {
        assert!(wrong.contains(words), "{words}: {wrong}");
    }
    let unsaid = world.run(&["run", "wind", "-p", "ranks=4"]).failed(1);
    assert!(unsaid.contains("no terminal to ask for partition, restart"), "{unsaid}");
    let mut nowhere = world.command(&["run", "wind", "--fast"]);
    let nowhere = nowhere.env_remove("DEFAULT_CLUSTER_NAME").output().unwrap();
    let words = String::from_utf8(nowhere.stderr).unwrap();
    assert!(words.starts_with("Job submission failed\nNo cluster was named"), "{words}");
    let usage = world.run(&["run", "wind", "-p", "ranks"]).failed(2);
    assert!(usage.contains("NAME=VALUE"), "{usage}");
    let mut nowhere = world.command(&["run", "nosuch", "--fast"]);
    let nowhere = nowhere.env_remove("DEFAULT_CLUSTER_NAME").output().unwrap();
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(String::from_utf8(nowhere.stderr).unwrap().contains("Not Found"));
    world.run(&["run", "nosuch", "--fast"]).failed(1);
    assert_eq!(world.run(&["--raw", "job-scripts", "list"]).well(), "\n[]\n\n");
}

#[test]
fn a_submission_that_is_refused_says_which_script_stays() {
    let world = World::open().with_wind();
    let refused = world.run(&["run", "wind", "--fast", "--cluster", "nosuch"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    for expected in ["There is no cluster nosuch", "Job script 1 was made for it and stays"] {
        assert!(refused.err.contains(expected), "{expected}: {refused:?}");
    }
}

#[test]
fn answers_are_read_by_the_kind_of_their_questions() {
    let world = World::open().with_wind();
    world.write("p.json", r#"{"partition": "long", "ranks": 2}"#);
    let run = ["--raw", "run", "wind", "--fast", "--no-watch", "--param-file", "p.json"];
    let more = ["-p", "ranks=16", "-p", "restart=yes"];
    let submitted = world.run(&[&run[..], &more].concat()).json();
    assert_eq!(submitted["job_submission_id"], 1);
    let script = world.run(&["job-scripts", "show-files", "1", "--plain"]).well();
    let expected = "#SBATCH -p long\n#SBATCH -n 16\n\nsrun solver --restart";
    assert!(script.contains(expected), "{script}");
}
