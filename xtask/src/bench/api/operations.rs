//! What is asked of the server, and what it asks its database meanwhile.

use serde_json::{Value, json};

use super::metrics;

/// Of the template that is rendered.
pub(super) const TEMPLATE: &str = "bench-heat-equation";
/// The cluster of what is submitted, so that no more waits for the agent than at first.
pub(super) const OTHERS: &str = "bench-others";

/// What a server has that can be asked for by number.
#[derive(Debug)]
pub(super) struct Subjects {
    /// Scripts with three files; there is one at least.
    pub(super) scripts: Vec<i64>,
    /// A submission with a job in Slurm.
    pub(super) submission: i64,
}

/// How a request is made, again and again.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    pub(super) method: &'static str,
    /// Below `/jobbergate`.
    pub(super) path: String,
    pub(super) body: Option<Body>,
    /// What `"SCRIPT"` in the body stands for, by turns: who submits the same script waits for each other.
    pub(super) scripts: Vec<i64>,
    /// The statements of its transaction, for pgbench.
    pub(super) statements: Option<&'static str>,
}

#[derive(Debug)]
pub(super) struct Body {
    pub(super) content_type: &'static str,
    pub(super) bytes: Vec<u8>,
}

impl Operation {
    pub(crate) fn get(name: &'static str, path: impl Into<String>) -> Self {
        Self {
            name,
            method: "GET",
            path: path.into(),
            body: None,
            scripts: Vec::new(),
            statements: None,
        }
    }

    fn post(name: &'static str, path: impl Into<String>, body: &Value) -> Self {
        let body = Body { content_type: "application/json", bytes: body.to_string().into() };
        Self { method: "POST", body: Some(body), ..Self::get(name, path) }
    }

    /// What a single request has.
    pub(super) fn one_body(&self) -> Vec<u8> {
        let bytes = self.body.as_ref().map(|body| body.bytes.clone()).unwrap_or_default();
        let Some(script) = self.scripts.first() else { return bytes };
        let text = String::from_utf8_lossy(&bytes);
        text.replace("\"SCRIPT\"", &script.to_string()).into_bytes()
    }

    /// The body of one of many requests, which no other one has.
    pub(super) fn body_of(&self, turn: u32) -> Vec<u8> {
        let bytes = self.body.as_ref().map(|body| body.bytes.clone()).unwrap_or_default();
        let place = usize::try_from(turn).unwrap_or_default().checked_rem(self.scripts.len());
        match place.and_then(|place| self.scripts.get(place)) {
            Some(script) => String::from_utf8_lossy(&bytes)
                .replace("\"SCRIPT\"", &script.to_string())
                .into_bytes(),
            None => metrics::at(bytes, turn),
        }
    }

    /// With the statements that the server makes of it.
    fn with_statements(self, statements: &'static str) -> Self {
        Self { statements: Some(statements), ..self }
    }
}

/// All that is measured. What adds rows comes last, so that the lists are as long for all.
pub(super) fn all(subjects: &Subjects) -> Vec<Operation> {
    let Subjects { scripts, submission } = subjects;
    let script = first(subjects);
    let metrics = Body { content_type: "application/octet-stream", bytes: metrics::upload() };
    let submitting = json!({
        "name": "bench", "job_script_id": "SCRIPT", "client_id": OTHERS,
        "execution_directory": "/home/somebody/work",
    });
    vec![
        Operation::get("list templates", "/job-script-templates?size=50")
            .with_statements(include_str!("sql/templates.sql")),
        Operation::get("one script, 3 files", format!("/job-scripts/{script}"))
            .with_statements(include_str!("sql/script.sql")),
        Operation::get("list submissions", "/job-submissions?size=50&include_parent=true")
            .with_statements(include_str!("sql/submissions.sql")),
        Operation::get("100 pending, for the agent", "/job-submissions/agent/pending?size=100"),
        Operation {
            method: "PUT",
            ..Operation::get("cluster status", "/clusters/status?interval=60")
        },
        Operation {
            method: "PUT",
            body: Some(metrics),
            ..Operation::get(
                "1 000 points of metrics",
                format!("/job-submissions/agent/metrics/{submission}"),
            )
        },
        Operation::post("render a template", rendering_path(), &rendering()),
        Operation {
            scripts: scripts.clone(),
            ..Operation::post("submit", "/job-submissions", &submitting)
        }
        .with_statements(include_str!("sql/submit.sql")),
    ]
}

/// A file beside a script.
pub(super) fn upload(script: i64) -> Operation {
    let content_type = "multipart/form-data; boundary=bench";
    let body = Body { content_type, bytes: Vec::new() };
    Operation {
        method: "PUT",
        body: Some(body),
        ..Operation::get("a file of 5 MiB", format!("/job-scripts/{script}/upload/SUPPORT"))
    }
}

/// What it is sent with: a form with a file of this many bytes.
pub(super) fn uploaded(size: usize) -> Vec<u8> {
    let head = "--bench\r\nContent-Disposition: form-data; name=\"upload_file\"; filename=\"bench.csv\"\r\n\r\n";
    [head.as_bytes(), &vec![b'1'; size], b"\r\n--bench--\r\n"].concat()
}

/// The ways to list submissions, of which there may be millions.
pub(super) fn lists(subjects: &Subjects) -> Vec<Operation> {
    let list = |name, query: &str| Operation::get(name, format!("/job-submissions?size=50{query}"));
    vec![
        list("page 1", ""),
        list("newest first", "&sort_ascending=false"),
        list("by status", "&submit_status=ABORTED"),
        list("by script", &format!("&from_job_script_id={}", first(subjects))),
        list("by owner", "&sort_field=owner_email"),
        list("only one's own", "&user_only=true"),
        list("page 1 000", "&page=1000"),
        list("a search", "&search=submission-4711"),
    ]
}

fn first(subjects: &Subjects) -> i64 {
    subjects.scripts.first().copied().unwrap_or_default()
}

fn rendering_path() -> String {
    format!("/job-scripts/render-from-template/{TEMPLATE}")
}

fn rendering() -> Value {
    json!({
        "create_request": { "name": "bench" },
        "render_request": {
            "template_output_name_mapping": { "heat.sh.j2": "heat.sh", "mesh.cfg.j2": "mesh.cfg" },
            "param_dict": { "data": { "nodes": 4, "seconds": 0.5, "materials": ["iron", "copper"] } },
        },
    })
}

/// The files of the template that is rendered: their types, names and contents.
pub(super) fn template_files() -> [(&'static str, &'static str, String); 2] {
    let mut job = String::from(
        "#!/bin/bash\n#SBATCH --nodes={{ data.nodes }}\n#SBATCH --time=10\n\
         {% for material in data.materials %}\necho {{ loop.index }} {{ material | upper }}\n{% endfor %}\n",
    );
    let mut line = 0;
    while job.len() < TEMPLATE_SIZE {
        line += 1;
        job += &format!(
            "srun --nodes={{{{ data.nodes }}}} ./solve --step {line} --seconds {{{{ data.seconds }}}}\n"
        );
    }
    let mesh = "nodes = {{ data.nodes }}\n{% for material in data.materials %}{{ material }} = 1\n{% endfor %}";
    [("ENTRYPOINT", "heat.sh.j2", job), ("SUPPORT", "mesh.cfg.j2", mesh.to_owned())]
}

const TEMPLATE_SIZE: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_adds_rows_comes_after_the_lists() {
        let all = all(&Subjects { scripts: vec![1], submission: 2 });
        let first_post = all.iter().position(|operation| operation.method == "POST").unwrap();
        assert!(all[first_post..].iter().all(|operation| operation.method == "POST"));
    }

    #[test]
    fn a_single_request_names_a_script() {
        let all = all(&Subjects { scripts: vec![17, 18], submission: 2 });
        let submit = all.last().unwrap();
        let body: Value = serde_json::from_slice(&submit.one_body()).unwrap();
        assert_eq!(body["job_script_id"], 17);
    }

    #[test]
    fn each_of_many_requests_has_a_body_of_its_own() {
        let all = all(&Subjects { scripts: vec![17, 18], submission: 2 });
        let submit = all.last().unwrap();
        let scripts = [0, 1, 2].map(|turn| {
            let body: Value = serde_json::from_slice(&submit.body_of(turn)).unwrap();
            body["job_script_id"].as_i64()
        });
        assert_eq!(scripts, [Some(17), Some(18), Some(17)]);
        let metrics = all.iter().find(|it| it.path.contains("metrics")).unwrap();
        assert_ne!(metrics.body_of(1), metrics.body_of(2));
        assert_eq!(metrics.body_of(1).len(), metrics.one_body().len());
    }

    #[test]
    fn the_template_is_as_large_as_it_is_said_to_be() {
        let [(_, _, job), _] = template_files();
        assert!((TEMPLATE_SIZE..TEMPLATE_SIZE + 100).contains(&job.len()), "{}", job.len());
    }
}
