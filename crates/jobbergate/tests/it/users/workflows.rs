//! Workflow files, run by the Python that is on this machine.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use rexpect::session::{PtySession, spawn_command};
use serde_json::{Value, json};

use super::{
    mishap::{Fate, Proxy},
    world::World,
};

const PATIENCE: Option<u64> = Some(30_000);
const CTRL_C: &str = "\u{3}";
pub const BASE: &str = "from jobbergate_cli.subapps.applications.application_base import \
                    JobbergateApplicationBase\nfrom jobbergate_cli.subapps.applications.questions \
                    import *\n\n\nclass JobbergateApplication(JobbergateApplicationBase):\n";

/// The Python that is tried.
fn python() -> String {
    std::env::var("JOBBERGATE_PYTHON").unwrap_or("python3".to_owned())
}

/// Whether there is one; says so if not.
pub fn has_python() -> bool {
    let python = python();
    let script = "import sys; sys.exit(sys.version_info < (3, 8))";
    let found = Command::new(&python).args(["-c", script]).status();
    let has_python = found.is_ok_and(|status| status.success());
    if !has_python {
        eprintln!("skipped: {python} is no Python 3.8 or newer");
    }
    has_python
}

/// The application `name`, whose workflow has these methods and whose script shows what it is given.
fn write_application(world: &World, name: &str, source: &str) {
    world.write(&format!("{name}/jobbergate.py"), source);
    world.write(
        &format!("{name}/jobbergate.yaml"),
        "application_config: {partition: compute}\njobbergate_config: {}\n",
    );
    world.write(&format!("{name}/templates/run.sh.j2"), "{{ data | tojson }}");
}

fn upload(world: &World, name: &str) {
    let create = ["applications", "create", "-n", name, "--identifier", name, "-a", name];
    world.run(&create).well();
}

fn with_application(methods: &str) -> World {
    let world = World::open();
    world.write(".env", &format!("JOBBERGATE_PYTHON={}\n", python()));
    write_application(&world, "app", &format!("{BASE}{methods}"));
    upload(&world, "app");
    world
}

fn at_terminal(mut command: Command) -> PtySession {
    command.stdin(Stdio::inherit()).env("TERM", "xterm").env("COLUMNS", "200").env("NO_COLOR", "1");
    spawn_command(command, PATIENCE).unwrap()
}

#[track_caller]
fn type_in(session: &mut PtySession, expected: &str, keys: &str) {
    session.exp_string(expected).unwrap_or_else(|error| panic!("{expected}: {error}"));
    session.send(keys).unwrap();
    session.flush().unwrap();
}

#[track_caller]
fn ends_with(mut session: PtySession, code: i64) -> String {
    let rest = session.exp_eof().unwrap();
    let status = format!("{:?}", session.process().wait().unwrap());
    assert!(status.ends_with(&format!(", {code})")), "{status}: {rest}");
    rest
}

const CREATE: [&str; 5] = ["job-scripts", "create", "app", "--no-submit", "--no-download"];

/// What a script was made with, as its template shows it.
fn parameters(world: &World, id: &str) -> Value {
    let shown = world.run(&["job-scripts", "show-files", id, "--plain"]).well();
    let json =
        shown.lines().find(|line| line.starts_with('{')).unwrap_or_else(|| panic!("{shown}"));
    serde_json::from_str(json).unwrap()
}

fn scripts(world: &World) -> Vec<Value> {
    world.run(&["--raw", "job-scripts", "list"]).json().as_array().unwrap().clone()
}

#[test]
fn what_is_no_question_is_named_with_its_place() {
    if !has_python() {
        return;
    }
    let world = with_application("    def mainflow(self, data):\n        return []\n");
    let create = ["job-scripts", "create-locally", "app", "--fast"];
    for (returned, expected) in [
        (
            "[Text('a', 'A', default='x'), 'foo']",
            "mainflow must return a list of questions; item 2 is a str",
        ),
        ("'foo'", "mainflow must return a list of questions; it is a str"),
        ("5", "mainflow must return a list of questions; it is a int"),
        (
            "[BooleanList('b', 'B', default=True, whentrue=[7])]",
            "whentrue of b must be a list of questions; item 1 is a int",
        ),
    ] {
        let method = format!("{BASE}    def mainflow(self, data):\n        return {returned}\n");
        world.write("app/jobbergate.py", &method);
        let words = world.run(&create).failed(1);
        assert!(words.starts_with("Invalid application module\n"), "{words}");
        assert!(words.contains(&format!("app/jobbergate.py: {expected}\n")), "{words}");
    }
    world.write("app/templates/run.sh.j2", "{{ a }}");
    let method = "    def mainflow(self, data):\n        yield Text('a', 'A', default='x')\n";
    world.write("app/jobbergate.py", &format!("{BASE}{method}"));
    world.run(&create).well();
}

/// A workflow with what a person types, and what Python's command line sends after that.
struct Case {
    name: String,
    directory: PathBuf,
    told: Value,
}

impl Case {
    fn all() -> Vec<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workflows");
        let mut directories: Vec<_> =
            fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
        directories.sort();
        let read = |directory: PathBuf| {
            let told = fs::read_to_string(directory.join("case.json")).unwrap();
            let name = directory.file_name().unwrap().to_str().unwrap().to_owned();
            Self { name, told: serde_json::from_str(&told).unwrap(), directory }
        };
        directories.into_iter().map(read).collect()
    }

    fn texts(&self, name: &str) -> Vec<String> {
        let texts = self.told[name].as_array().unwrap().iter();
        texts.map(|text| text.as_str().unwrap().to_owned()).collect()
    }

    /// What is sent, if anything is.
    fn sent(&self) -> Option<Value> {
        let text = fs::read_to_string(self.directory.join("sent.json")).ok()?;
        Some(serde_json::from_str(&text).unwrap())
    }

    fn write(&self, world: &World) {
        for file in ["jobbergate.py", "jobbergate.yaml"] {
            let content = fs::read_to_string(self.directory.join(file)).unwrap();
            world.write(&format!("{}/{file}", self.name), &content);
        }
        for template in ["run.sh.j2", "other.sh.j2", "mesh.txt.j2"] {
            let path = format!("{}/templates/{template}", self.name);
            world.write(&path, "{{ data | tojson }}");
        }
        for (file, content) in self.told["files"].as_object().unwrap() {
            world.write(&format!("at-{}/{file}", self.name), content.as_str().unwrap());
        }
        fs::create_dir_all(world.path(&format!("at-{}", self.name))).unwrap();
    }

    fn play(&self, world: &World, server: &Proxy) {
        let application = world.path(&self.name);
        let is_local = self.told["only_locally"] == true;
        let mut words = vec!["job-scripts"];
        if is_local {
            words.extend(["create-locally", application.to_str().unwrap()]);
        } else {
            upload(world, &self.name);
            words.extend(["create", &self.name, "--no-submit", "--no-download", "--name", "run"]);
        }
        let own = self.texts("words");
        words.extend(own.iter().map(String::as_str));
        let mut command = world.command(&words);
        command.current_dir(world.path(&format!("at-{}", self.name)));
        command.env("JOBBERGATE_PYTHON", python()).env("BASE_API_URL", server.url());
        for (name, value) in self.told["environment"].as_object().unwrap() {
            command.env(name, value.as_str().unwrap());
        }
        let mut terminal = at_terminal(command);
        for pair in self.told["keys"].as_array().unwrap() {
            type_in(&mut terminal, pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
        }
        let shown = ends_with(terminal, self.told["exit"].as_i64().unwrap());
        for text in self.texts("shows") {
            assert!(shown.contains(&text), "no {text} in {shown}");
        }
    }
}

#[test]
fn workflows_ask_what_they_ask_with_the_python_command_line_and_send_the_same() {
    if !has_python() {
        return;
    }
    let world = World::open();
    let server = Proxy::before(&world.address, |_, _| Fate::Passed);
    let mut made = 0;
    for case in Case::all() {
        eprintln!("{}", case.name);
        case.write(&world);
        case.play(&world, &server);
        if let Some(sent) = case.sent() {
            made += 1;
            let expected = &sent["render_request"]["param_dict"]["data"];
            assert_eq!(parameters(&world, &made.to_string()), *expected, "{}", case.name);
            let requests = server.seen("POST /jobbergate/job-scripts/render-from-template/");
            assert_eq!(requests.len(), made, "{}", case.name);
            let (_, body) = requests[made - 1].split_once("\r\n\r\n").unwrap();
            let body: Value = serde_json::from_str(body).unwrap();
            // As texts: the order counts, too.
            assert_eq!(body.to_string(), sent.to_string(), "{}", case.name);
        }
        assert_eq!(scripts(&world).len(), made, "{}", case.name);
    }
    assert!(made >= 15, "{made}");
}

#[test]
fn without_a_python_it_is_said_what_helps_and_templates_alone_need_none() {
    let world = with_application("    def mainflow(self, data):\n        return []\n");
    let nowhere = [("JOBBERGATE_PYTHON", "/nowhere/python3")];
    let said = world.run_with(&CREATE, &nowhere).failed(1);
    assert!(said.contains("there is no /nowhere/python3"), "{said}");
    assert!(said.contains("JOBBERGATE_PYTHON") && said.contains("--no-workflow"), "{said}");
    world.write("old", "#!/bin/bash\necho '{\"python\": [3, 6, 15]}' >&\"$3\"\n");
    Command::new("chmod").arg("+x").arg(world.path("old")).status().unwrap();
    let old = world.path("old");
    let said = world.run_with(&CREATE, &[("JOBBERGATE_PYTHON", old.to_str().unwrap())]).failed(1);
    assert!(said.contains("is Python 3.6.15"), "{said}");
    assert!(scripts(&world).is_empty());
    let words = [&CREATE[..], &["--no-workflow", "--fast"]].concat();
    world.run_with(&words, &nowhere).well();
    assert_eq!(scripts(&world).len(), 1);
}

#[test]
fn ctrl_c_ends_a_question_and_what_python_does_and_nothing_is_made() {
    if !has_python() {
        return;
    }
    let world = with_application(
        "    def mainflow(self, data):\n        data['nextworkflow'] = 'wait'\n        return \
         [Confirm('a', 'Begin')]\n\n    def wait(self, data):\n        import time\n        \
         print('waiting')\n        time.sleep(60)\n",
    );
    let mut terminal = at_terminal(world.command(&CREATE));
    type_in(&mut terminal, "Begin", CTRL_C);
    ends_with(terminal, 130);
    let begin = Instant::now();
    let mut terminal = at_terminal(world.command(&CREATE));
    type_in(&mut terminal, "Begin", "y");
    type_in(&mut terminal, "waiting", CTRL_C);
    let shown = ends_with(terminal, 130);
    assert!(!shown.contains("Traceback"), "{shown}");
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
    assert!(scripts(&world).is_empty());
}

#[test]
fn a_python_that_is_killed_is_named() {
    if !has_python() {
        return;
    }
    let world = with_application(
        "    def mainflow(self, data):\n        import os, time\n        if os.fork() == 0:\n            \
         time.sleep(20)\n            os._exit(0)\n        os.kill(os.getpid(), 9)\n",
    );
    let mut command = world.command(&CREATE);
    // What the workflow has started lives on, and has the same line to the program.
    let outcome =
        command.stdout(Stdio::null()).stderr(fs::File::create(world.path("err")).unwrap());
    assert_eq!(outcome.status().unwrap().code(), Some(1));
    let said = world.read("err");
    assert!(said.contains("was killed (signal 9)"), "{said}");
    assert!(scripts(&world).is_empty());
}

#[test]
fn without_a_terminal_it_is_said_what_is_asked() {
    if !has_python() {
        return;
    }
    let world = with_application(
        "    def mainflow(self, data):\n        return [Const('c', default=1), Text('case', 'Case'), \
         Text('mesh', 'Mesh')]\n",
    );
    let mut command = world.command(&CREATE);
    let outcome = super::world::Outcome::from(command.stdin(Stdio::null()).output().unwrap());
    let said = outcome.failed(1);
    assert!(said.contains("no terminal to ask for case, mesh"), "{said}");
    let given = ["--param-dict", r#"{"case": "a", "mesh": "b"}"#];
    world.run(&[&CREATE[..], &given].concat()).well();
    assert_eq!(parameters(&world, "1")["c"], "1");
}

#[test]
fn an_answer_of_the_wrong_kind_from_a_file_is_no_answer() {
    if !has_python() {
        return;
    }
    let world = with_application(
        "    def mainflow(self, data):\n        return [Integer('n', 'N', minval=1, maxval=9), \
         List('p', 'P', choices=['short', 'long']), Checkbox('s', 'S', choices=['a', 'b']), \
         Confirm('r', 'R')]\n",
    );
    world.write("p.json", r#"{"n": 12, "p": "huge", "s": "a", "r": "maybe"}"#);
    let said = world.run(&[&CREATE[..], &["--param-file", "p.json"]].concat()).failed(1);
    for expected in [
        "Invalid answers\n",
        "n: 12 is out of range [1, 9]\n",
        "p: \"huge\" is none of its choices: short, long\n",
        "s: \"a\" is not a list\n",
        "r: \"maybe\" is neither true nor false\n",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    assert!(scripts(&world).is_empty());
    world.write("p.json", r#"{"n": "7", "p": "long", "s": ["b"], "r": true}"#);
    world.run(&[&CREATE[..], &["--param-file", "p.json"]].concat()).well();
    assert_eq!(parameters(&world, "1")["n"], "7");
}

#[test]
fn what_a_workflow_only_knows_when_it_asks_is_no_hindrance_for_an_answer_given_beforehand() {
    if !has_python() {
        return;
    }
    let world = with_application(
        "    def mainflow(self, data):\n        sizes = {'short': ['1']}\n        return [Const('p', \
         default='short'), List('c', 'C', choices=lambda given: sizes[given['p']]), File('m', 'M', \
         exists=True, default='nowhere'), List('i', 'I', choices=[], ignore=True)]\n",
    );
    world.write("p.json", r#"{"c": "1", "m": "mesh", "i": "x"}"#);
    world.run(&[&CREATE[..], &["-f", "--param-file", "p.json"]].concat()).well();
    assert_eq!(parameters(&world, "1")["m"], "mesh");
}

#[test]
fn what_lies_around_does_not_get_in_the_way_and_nothing_is_left_behind() {
    if !has_python() {
        return;
    }
    let world = with_application(
        "    def mainflow(self, data):\n        import json\n        data['seen'] = \
         json.loads('[1]')\n        print('x' * 1000000)\n        return [Text('a', 'A', default='b')]\n",
    );
    for module in ["json.py", "jobbergate_cli/__init__.py", "jobbergate.py", "inquirer.py"] {
        world.write(module, "raise SystemExit('shadowed')\n");
    }
    let shown = world.run(&[&CREATE[..], &["--fast"]].concat()).well();
    assert!(shown.contains(&"x".repeat(1_000_000)));
    assert_eq!(parameters(&world, "1")["seen"], json!([1]));
    let find = Command::new("find").arg(world.home.path()).args(["-name", "__pycache__"]).output();
    assert_eq!(String::from_utf8(find.unwrap().stdout).unwrap(), "");
}

#[test]
fn a_workflow_runs_commands_and_repeats_its_own() {
    if !has_python() {
        return;
    }
    let world = with_application(
        "    def mainflow(self, data):
        from jobbergate_cli.exceptions import Abort
        from jobbergate_cli.subapps.applications import app as applications
        from jobbergate_cli.subapps.job_scripts import app as job_scripts, recreate
        if data.get('again'):
            try:
                recreate(fast=True)
            except Abort as error:
                data['refused'] = str(error)
            return []
        app = applications.get_one(id_or_identifier='app')
        script, submission = recreate(
            name='other', param_dict={'again': True}, fast=True, submit=False, download=False, nonsense=1
        )
        try:
            job_scripts.get_one(job_script_id=77)
        except Abort as error:
            data['missing'] = error.subject
        data.update(app=app.name, other=script.job_script_id, submission=submission)
        data['files'] = [file.filename for file in job_scripts.download_files(job_script_id=1)]
",
    );
    world.run(&CREATE).well();
    let (other, first) = (parameters(&world, "1"), parameters(&world, "2"));
    assert!(other["refused"].as_str().unwrap().contains("can't be repeated again"), "{other}");
    assert_eq!(first["app"], "app");
    assert_eq!(first["other"], 1);
    assert_eq!(first["submission"], Value::Null);
    assert_eq!(first["missing"], "REQUEST FAILED - Not Found");
    assert_eq!(first["files"], json!(["run.sh"]));
    let names: Vec<_> = scripts(&world).iter().map(|script| script["name"].clone()).collect();
    assert_eq!(names, ["app", "other"]);
}

#[test]
fn a_workflow_asks_the_server() {
    if !has_python() {
        return;
    }
    let world = with_application(
        "    def mainflow(self, data):
        from jobbergate_core.sdk.errors import JobbergateResponseError
        mine = self.sdk.job_templates.get_list(search='app', size=5)
        data['total'], data['names'] = mine.total, [it.name for it in mine.items]
        script = self.sdk.job_scripts.create('made by the workflow')
        data['year'] = script.created_at.year
        self.sdk.job_scripts.files.upsert(script.id, 'ENTRYPOINT', 'own.sh')
        data['file'] = self.sdk.job_scripts.files.download(script.id, 'own.sh', directory='.').read_text()
        try:
            self.sdk.job_submissions.get_one(77)
        except JobbergateResponseError as error:
            data['status'] = error.status_code
        data['clusters'] = [it.client_id for it in self.sdk.clusters.get_list().items]
",
    );
    world.write("own.sh", "#!/bin/sh\n");
    world.run(&CREATE).well();
    let found = parameters(&world, "2");
    assert_eq!((&found["total"], &found["names"]), (&json!(1), &json!(["app"])));
    assert!(found["year"].as_i64().unwrap() > 2000, "{found}");
    assert_eq!(found["file"], "#!/bin/sh\n");
    assert_eq!(found["status"], 404);
}

/// Shows two things, of which the second as JSON if tables are asked for, and a list.
const SHOWS: &str = "    def mainflow(self, data):
        from jobbergate_cli.context import JobbergateContext, active_context
        from jobbergate_cli.subapps.applications import app
        print('printed')
        app.get_one(id_or_identifier='app')
        with active_context(JobbergateContext(raw_output=True)):
            app.get_one(id_or_identifier='app')
        app.list_all()
";

#[test]
fn what_a_workflow_runs_is_shown_as_its_caller_is() {
    if !has_python() {
        return;
    }
    let world = with_application(SHOWS);
    let create = |more: &[&str]| world.run(&[&CREATE[..], more].concat());
    let columns = ["--columns", "application_id,name"];
    let yaml = create(&[&["-o", "yaml"], &["--columns", "id,name"][..]].concat());
    let one = "id: 1\nname: app\n";
    let expected = format!("{one}---\n{one}---\n- id: 1\n  name: app\n---\n{one}");
    assert!(yaml.err.contains("printed"), "{yaml:?}");
    assert_eq!(yaml.well(), expected);
    let csv = create(&[&["-o", "csv"], &columns[..]].concat()).well();
    let one = "application_id,name\n1,app\n";
    assert_eq!(csv, format!("{one}\n{one}\n{one}\n{one}"));
    let json = create(&["-o", "json"]);
    let documents: Vec<Value> =
        serde_json::Deserializer::from_str(&json.out).into_iter().map(Result::unwrap).collect();
    assert_eq!(documents.len(), 4, "{}", json.out);
    assert!(documents[2].is_array() && documents[3]["job_script_id"] == 3, "{}", json.out);
    // No empty lines around lists, as --raw has them.
    assert!(!json.out.contains("\n\n"), "{}", json.out);
    let table = create(&[]).well();
    assert!(table.starts_with("printed\n"), "{table}");
    assert!(table.contains("│ name ") && table.contains("\"name\": \"app\""), "{table}");
    assert!(!table.contains("│ created_at"), "{table}");
    let full = create(&["--full"]).well();
    assert!(full.contains("│ created_at"), "{full}");
    let verbose = create(&["--verbose"]);
    let lines = verbose.err.lines().filter(|line| line.contains("job-script-templates/app: 200"));
    assert!(lines.count() >= 3, "{verbose:?}");
}

#[test]
fn what_a_workflow_asks_of_the_server_is_not_done_twice() {
    if !has_python() {
        return;
    }
    let world = with_application(
        "    def mainflow(self, data):
        from jobbergate_core.sdk.errors import JobbergateResponseError
        script = self.sdk.job_scripts.create('made once')
        copy = self.sdk.job_scripts.clone(script.id, name='cloned once')
        self.sdk.job_scripts.files.upsert(script.id, 'ENTRYPOINT', 'own.sh')
        submission = self.sdk.job_submissions.create(script.id, 'x', client_id='c1')
        self.sdk.job_scripts.files.delete(script.id, 'own.sh')
        self.sdk.job_scripts.update(script.id, name='renamed')
        data['told'] = []
        for change in (
            lambda: self.sdk.job_submissions.cancel(submission.id),
            lambda: self.sdk.job_templates.update('app', identifier='other'),
        ):
            try:
                change()
            except JobbergateResponseError as error:
                data['told'].append([str(error), error.status_code])
",
    );
    world.write("own.sh", "#!/bin/sh\n");
    let proxy = Proxy::before(&world.address, |line, before| {
        let is_change = ["POST", "PUT", "DELETE"].iter().any(|method| line.starts_with(method));
        let is_own = line.contains("render-from-template");
        if is_change && !is_own && before == 0 { Fate::AnswerLost } else { Fate::Passed }
    });
    let through = world.run_with(
        &[&["--verbose"], &CREATE[..]].concat(),
        &[("BASE_API_URL", proxy.url().as_str())],
    );
    assert!(through.err.contains("/jobbergate/job-scripts: 201"), "{through:?}");
    through.well();
    let names: Vec<_> = scripts(&world).iter().map(|script| script["name"].clone()).collect();
    assert_eq!(names, ["app", "cloned once", "renamed"]);
    let submissions = world.run(&["--raw", "job-submissions", "list"]).json();
    assert_eq!(submissions.as_array().unwrap().len(), 1);
    for request in proxy.seen("POST ") {
        assert!(request.contains("\r\nidempotency-key: "), "{request}");
    }
    for (path, times) in [
        ("POST /jobbergate/job-scripts ", 2),
        ("POST /jobbergate/job-scripts/clone/", 2),
        ("POST /jobbergate/job-submissions ", 2),
        ("PUT /jobbergate/job-scripts/1/upload/", 2),
        ("DELETE /jobbergate/job-scripts/1/upload/", 2),
        ("PUT /jobbergate/job-scripts/1 ", 2),
        ("PUT /jobbergate/job-submissions/cancel/", 1),
        ("PUT /jobbergate/job-script-templates/app ", 1),
    ] {
        assert_eq!(proxy.seen(path).len(), times, "{path}");
    }
    let told = &parameters(&world, "3")["told"];
    assert_eq!(told.as_array().unwrap().len(), 2, "{told}");
    for failure in told.as_array().unwrap() {
        let text = failure[0].as_str().unwrap();
        assert!(text.contains("may have been done nevertheless"), "{told}");
        assert_eq!(failure[1], Value::Null, "{told}");
    }
}

#[test]
fn what_json_cannot_hold_is_named() {
    if !has_python() {
        return;
    }
    let world = World::open();
    for (name, value, expected) in [
        ("function", "print", "function"),
        ("nan", "float('nan')", "no number in JSON"),
        ("large", "2**64", "too large an integer"),
        ("object", "{'a': [object()]}", "x.a[0] is of the type object"),
        ("bytes", "'\\udc80'", "no UTF-8 text"),
    ] {
        let method = format!("    def mainflow(self, data):\n        data['x'] = {value}\n");
        write_application(&world, name, &format!("{BASE}{method}"));
        upload(&world, name);
        let create = ["job-scripts", "create", name, "--no-submit", "--no-download"];
        let said = world.run(&create).failed(1);
        assert!(said.contains("REQUEST FAILED") && said.contains(expected), "{said}");
    }
    assert!(scripts(&world).is_empty());
}
