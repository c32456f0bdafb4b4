//! The requests that the Python command line makes for the same words, as they were recorded.

use std::sync::mpsc::{Receiver, channel};

use super::{liar::Liar, world::World};

/// A server to which everything is there and well, and what it was asked: method, path and body.
fn recorder() -> (Liar, Receiver<String>) {
    let (sender, receiver) = channel();
    let liar = Liar::that_answers(move |request| {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let line = head.lines().next().unwrap().trim_end_matches(" HTTP/1.1");
        let body = if head.contains("multipart/form-data") { "(form)" } else { body };
        sender.send(format!("{line} {body}").trim().to_owned()).unwrap();
        answer(line)
    });
    (liar, receiver)
}

fn answer(line: &str) -> (u16, String) {
    let object = serde_json::json!({
        "id": 2, "name": "Wind tunnel", "owner_email": "a@example.com", "status": "CREATED",
        "template_vars": {"partition": "short", "ranks": 4},
        "template_files": [
            {"filename": "wind.sh.j2", "file_type": "ENTRYPOINT"},
            {"filename": "mesh.txt.j2", "file_type": "SUPPORT"},
        ],
        "files": [], "items": [], "total": 0, "page": 1, "pages": 0,
    });
    match line.split(' ').next() {
        Some("POST") => (201, object.to_string()),
        Some("DELETE") => (204, String::new()),
        _ => (200, object.to_string()),
    }
}

#[test]
fn the_server_is_asked_what_the_python_command_line_asks() {
    let world = World::open();
    world.wind();
    world.write("p.json", r#"{"ranks": 9, "extra": [1, null]}"#);
    world.write("run.sh", "#!/bin/sh\n");
    let (liar, asked) = recorder();
    let url = liar.url();
    let asks = |line: &[&str], expected: &[&str]| {
        world.run_with(line, &[("BASE_API_URL", &url)]).well();
        let asked: Vec<_> = asked.try_iter().collect();
        let expected: Vec<_> =
            expected.iter().map(|it| it.replacen(" /", " /jobbergate/", 1)).collect();
        assert_eq!(asked, expected, "{line:?}");
    };
    templates(&asks);
    scripts(&asks);
    submissions(&asks);
}

fn templates(asks: &dyn Fn(&[&str], &[&str])) {
    let create = ["applications", "create", "-n", "Wind tunnel", "--identifier", "wind"];
    asks(
        &[&create[..], &["-a", "wind", "--application-desc", "a b"]].concat(),
        &[
            r#"POST /job-script-templates {"name":"Wind tunnel","identifier":"wind","description":"a b"}"#,
            r#"PUT /job-script-templates/2 {"template_vars":{"partition":"short","ranks":4,"restart":false}}"#,
            "PUT /job-script-templates/2/upload/template/SUPPORT (form)",
            "PUT /job-script-templates/2/upload/template/ENTRYPOINT (form)",
        ],
    );
    let list = ["applications", "list", "--all", "--search", "a b&c", "--sort-field", "name"];
    asks(
        &[&list[..], &["--sort-order", "ASCENDING", "--page", "1", "--size", "7"]].concat(),
        &[
            "GET /job-script-templates?include_null_identifier=true&user_only=false&include_archived=false&search=a+b%26c&sort_ascending=true&sort_field=name&page=1&size=7",
        ],
    );
    asks(
        &["applications", "list", "--user"],
        &[
            "GET /job-script-templates?include_null_identifier=false&user_only=true&include_archived=false&sort_ascending=false&sort_field=id&page=1&size=50",
        ],
    );
    asks(
        &["applications", "update", "wind", "--application-desc", "new", "--is-archived"],
        &[
            r#"PUT /job-script-templates/wind {"description":"new","is_archived":true}"#,
            "GET /job-script-templates/wind",
        ],
    );
    asks(&["applications", "update", "7"], &["GET /job-script-templates/7"]);
    asks(
        &["applications", "clone", "wind", "--application-name", "copy"],
        &[r#"POST /job-script-templates/clone/wind {"name":"copy"}"#],
    );
    asks(&["applications", "clone", "-i", "3"], &["POST /job-script-templates/clone/3 {}"]);
    asks(&["applications", "delete", "wind"], &["DELETE /job-script-templates/wind"]);
}

fn scripts(asks: &dyn Fn(&[&str], &[&str])) {
    let create = ["job-scripts", "create", "wind", "-n", "run1", "-f", "--no-submit"];
    let more = ["--no-download", "--sbatch-params=--mem=4G", "--sbatch-params", "-n 3"];
    asks(
        &[&create[..], &more, &["--param-file", "p.json"]].concat(),
        &[
            "GET /job-script-templates/wind",
            concat!(
                r#"POST /job-scripts/render-from-template/2 {"create_request":{"name":"run1","description":null},"#,
                r#""render_request":{"template_output_name_mapping":{"wind.sh.j2":"wind.sh","mesh.txt.j2":"mesh.txt"},"#,
                r#""sbatch_params":["--mem=4G","-n 3"],"param_dict":{"data":{"partition":"short","ranks":9,"#,
                r#""template_files":null,"default_template":"wind.sh.j2","supporting_files_output_name":null,"#,
                r#""supporting_files":["mesh.txt.j2"],"extra":[1,null]}}}}"#
            ),
        ],
    );
    asks(
        &["job-scripts", "list", "--from-application-id", "1", "--page", "1"],
        &[
            "GET /job-scripts?user_only=true&include_archived=false&sort_ascending=false&sort_field=id&from_job_script_template_id=1&page=1&size=50",
        ],
    );
    asks(
        &["job-scripts", "list", "--all", "--include-archived", "--sort-order", "UNSORTED"],
        &["GET /job-scripts?user_only=false&include_archived=true&sort_field=id&page=1&size=50"],
    );
    asks(
        &["job-scripts", "create-stand-alone", "run.sh", "--name", "alone", "-s", "p.json"],
        &[
            r#"POST /job-scripts {"name":"alone","description":null}"#,
            "PUT /job-scripts/2/upload/ENTRYPOINT (form)",
            "PUT /job-scripts/2/upload/SUPPORT (form)",
        ],
    );
    asks(
        &["job-scripts", "update", "1", "--name", "x", "--description", "", "--is-archived"],
        &[r#"PUT /job-scripts/1 {"name":"x","description":"","is_archived":true}"#],
    );
    asks(&["job-scripts", "update", "1"], &["PUT /job-scripts/1 {}"]);
    asks(&["job-scripts", "clone", "1"], &["POST /job-scripts/clone/1 {}"]);
    asks(&["job-scripts", "delete", "1"], &["DELETE /job-scripts/1"]);
}

fn submissions(asks: &dyn Fn(&[&str], &[&str])) {
    let create = ["job-submissions", "create", "1", "-n", "again", "--execution-directory", "/s"];
    asks(
        &[&create[..], &["-s", "--time=30", "-s", "--exclusive"]].concat(),
        &[
            r#"POST /job-submissions {"name":"again","description":null,"job_script_id":1,"slurm_job_id":null,"client_id":"c1","execution_directory":"/s","sbatch_arguments":["--time=30","--exclusive"]}"#,
        ],
    );
    asks(
        &[&create[..], &["--description", "d", "--cluster-name", "c2", "--download"]].concat(),
        &[
            "GET /job-scripts/1",
            r#"POST /job-submissions {"name":"again","description":"d","job_script_id":1,"slurm_job_id":null,"client_id":"c2","execution_directory":"/s","sbatch_arguments":null}"#,
        ],
    );
    asks(
        &["job-submissions", "list", "--all", "--from-job-script-id", "1", "--search", "x"],
        &[
            "GET /job-submissions?user_only=false&include_archived=false&search=x&sort_ascending=false&sort_field=id&from_job_script_id=1&page=1&size=50",
        ],
    );
    asks(&["job-submissions", "get-one", "1"], &["GET /job-submissions/1"]);
    asks(&["job-submissions", "clone", "1"], &["POST /job-submissions/clone/1"]);
    asks(&["job-submissions", "cancel", "1"], &["PUT /job-submissions/cancel/1"]);
    asks(&["job-submissions", "delete", "1"], &["DELETE /job-submissions/1"]);
}
