//! A server in little memory, and users who ask for much.

use std::{
    fs, os::unix::process::CommandExt, path::PathBuf, process::Stdio, sync::Arc, time::Duration,
};

use jobbergate_testkit::skipped;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{Process, program};

const MIB: usize = 1 << 20;

/// A control group whose processes get 512 MiB of memory together.
struct Group(PathBuf);

impl Group {
    /// `None` where groups can't be made.
    fn new() -> Option<Self> {
        let name = format!("jobbergate-test-{}", std::process::id());
        for (folder, limit) in
            [("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")]
        {
            let group = PathBuf::from(folder).join(&name);
            if fs::create_dir(&group).is_err() {
                continue;
            }
            let made = Self(group);
            if fs::write(made.0.join(limit), "536870912").is_ok() {
                return Some(made);
            }
        }
        None
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // It is empty once its processes have ended, a little later.
        for _ in 0..50 {
            if fs::remove_dir(&self.0).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Templates that take as much as they may.
const TEMPLATES: [&str; 3] = [
    "{% set n=namespace(l=[]) %}{% for i in range(100000) %}{% for j in range(100) %}\
     {% set _=n.l.append([i]) %}{% endfor %}{% endfor %}",
    "{% set n=namespace(l=[]) %}{% for i in range(14) %}{% set _=n.l.append('a'*8000000) %}\
     {% endfor %}{{ n.l|length }}",
    "{% for i in range(1000) %}{{ 'a'*15000 }}{% endfor %}",
];

struct User {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl User {
    async fn post(&self, path: &str, body: Value) -> reqwest::Result<u16> {
        let url = format!("{}/jobbergate{path}", self.url);
        let request = self.http.post(url).bearer_auth(&self.token).json(&body);
        request.send().await.map(|answer| answer.status().as_u16())
    }

    async fn get(&self, path: &str) -> reqwest::Result<u16> {
        let url = format!("{}/jobbergate{path}", self.url);
        let answer = self.http.get(url).bearer_auth(&self.token).send().await?;
        let status = answer.status().as_u16();
        answer.bytes().await.map(|_| status)
    }

    /// Sends what is no JSON, though it looks like many numbers.
    async fn send_numbers(&self) -> reqwest::Result<u16> {
        let url = format!("{}/jobbergate/job-scripts", self.url);
        let request = self.http.post(url).bearer_auth(&self.token);
        let body = format!("[{}", "-0 ".repeat(5 * MIB));
        let request = request.header("content-type", "application/json").body(body);
        request.send().await.map(|answer| answer.status().as_u16())
    }

    async fn upload(&self, path: &str, name: &str, content: String) -> reqwest::Result<u16> {
        let file = reqwest::multipart::Part::text(content).file_name(name.to_owned());
        let form = reqwest::multipart::Form::new().part("upload_file", file);
        let url = format!("{}/jobbergate{path}", self.url);
        let request = self.http.put(url).bearer_auth(&self.token).multipart(form);
        request.send().await.map(|answer| answer.status().as_u16())
    }

    async fn render(&self, template: usize) -> reqwest::Result<u16> {
        let request = json!({
            "create_request": {"name": "s"},
            "render_request": {
                "template_output_name_mapping": {"a.j2": "a.sh"}, "sbatch_params": null,
                "param_dict": {},
            },
        });
        self.post(&format!("/job-scripts/render-from-template/t{template}"), request).await
    }
}

/// What the process keeps in memory that is its own, in bytes.
fn resident(pid: u32) -> usize {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() << 10
}

#[tokio::test(flavor = "multi_thread")]
async fn users_who_ask_for_much_do_not_kill_a_server_in_512_mib() {
    let Some(group) = Group::new() else {
        skipped("no control groups for memory can be made");
        return;
    };
    let data = tempfile::tempdir().unwrap();
    let mut serve = std::process::Command::new("/bin/sh");
    let join = "echo $$ > \"$1\"/cgroup.procs && shift && exec \"$@\"";
    serve.env_clear().env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
    serve.args(["-c", join, "sh"]).arg(&group.0).arg(program().get_program());
    serve.args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--data-dir"]);
    serve.arg(data.path()).process_group(0);
    let server = Process::start(serve, &data.path().join("server.log"));
    let address = server.said("listening")["address"].as_str().unwrap().to_owned();
    let user = |name: &str| {
        let email = format!("{name}@example.com");
        let mut admin = program();
        admin.args(["admin", "token", "--email", &email, "--data-dir"]).arg(data.path());
        let token = String::from_utf8(admin.output().unwrap().stdout).unwrap().trim().to_owned();
        Arc::new(User { http: reqwest::Client::new(), url: format!("http://{address}"), token })
    };
    let eve = user("eve");
    let others = ["mallory", "trudy", "oscar"].map(user);
    for (index, template) in TEMPLATES.into_iter().enumerate() {
        let body = json!({"name": "t", "identifier": format!("t{index}")});
        assert_eq!(eve.post("/job-script-templates", body).await.unwrap(), 201);
        let path = format!("/job-script-templates/{}/upload/template/ENTRYPOINT", index + 1);
        assert_eq!(eve.upload(&path, "a.j2", template.to_owned()).await.unwrap(), 200);
    }
    let vars: serde_json::Map<_, _> =
        (0..80_000).map(|number| (format!("{number:05}"), json!({}))).collect();
    let body = json!({"name": "t", "identifier": "vars", "template_vars": vars});
    assert_eq!(eve.post("/job-script-templates", body).await.unwrap(), 201);
    assert_eq!(eve.post("/job-scripts", json!({"name": "s"})).await.unwrap(), 201);
    let at_rest = resident(server.id());
    for _ in 0..2 {
        let mut requests = JoinSet::new();
        for number in 0..20 {
            let eve = Arc::clone(&eve);
            requests.spawn(async move { eve.render(number % TEMPLATES.len()).await });
        }
        for user in &others {
            let sender = Arc::clone(user);
            requests.spawn(async move { sender.send_numbers().await });
            for path in ["/job-script-templates/vars", "/job-script-templates"].repeat(4) {
                let user = Arc::clone(user);
                requests.spawn(async move { user.get(path).await });
            }
        }
        for (name, content) in [
            ("a.py", "-a\n".repeat(400_000)),
            ("a.yaml", format!("[{}]", "'',".repeat(400_000))),
            ("a.j2", "{{1}}x".repeat(200_000)),
        ] {
            let eve = Arc::clone(&eve);
            let path = "/job-scripts/1/upload/SUPPORT";
            requests.spawn(async move { eve.upload(path, name, content).await });
        }
        for answer in requests.join_all().await {
            let status = answer.unwrap();
            assert!(matches!(status, 200 | 201 | 400 | 422 | 503), "{status}");
        }
    }
    let mut after = usize::MAX;
    for _ in 0..50 {
        after = resident(server.id());
        if after < at_rest + 40 * MIB {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    eprintln!("{} MiB at rest, {} MiB after", at_rest / MIB, after / MIB);
    assert!(after < at_rest + 40 * MIB, "{} MiB, then {} MiB", at_rest / MIB, after / MIB);
    let threads = fs::read_dir(format!("/proc/{}/task", server.id())).unwrap();
    let names = threads.map(|thread| fs::read_to_string(thread.unwrap().path().join("comm")));
    assert!(names.flatten().any(|name| name.trim() == "jemalloc_bg_thd"), "nobody gives it back");
    assert!(server.stop());
}

#[test]
fn the_allocator_gives_memory_back_wherever_the_program_was_built() {
    let output =
        program().arg("--version").env("_RJEM_MALLOC_CONF", "stats_print:true").output().unwrap();
    let statistics = String::from_utf8(output.stderr).unwrap();
    // Its threads are started later.
    for setting in
        ["narenas: 2", "background_thread: false", "dirty_decay_ms: 500", "muzzy_decay_ms: 0"]
    {
        assert!(statistics.contains(&format!("opt.{setting}")), "{setting}: {statistics}");
    }
}
