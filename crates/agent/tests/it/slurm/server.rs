//! A server that fails in ways that the real one does not: it serves one organization from
//! memory, and can be told to be silent or to break off.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Instant,
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Request, State},
    http::{Method, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// How the server fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It answers 503 and does nothing.
    Unavailable,
    /// It does what it is asked and answers 503.
    LosesAnswers,
    /// It never answers.
    Hangs,
    /// It does not let the agent do that.
    Forbids,
    /// It does not know what that is.
    Unknown,
}

/// What the server knows of a submission.
#[derive(Debug)]
pub struct Submission {
    pub status: &'static str,
    pub owner: &'static str,
    /// Its script, if it isn't everybody's.
    pub script: Option<String>,
    pub created_at: Instant,
    pub directory: String,
    pub arguments: Vec<String>,
    /// The numbers of jobs that were reported.
    pub jobs: Vec<i64>,
    /// The states that were reported, with reasons.
    pub states: Vec<(String, Option<String>)>,
    pub message: Option<String>,
}

#[derive(Debug, Default)]
pub struct World {
    pub script: String,
    pub submissions: BTreeMap<i64, Submission>,
    pub heartbeats: usize,
    /// How long Slurm was silent, by the last heartbeat.
    pub slurm_silence: Option<u64>,
    /// What was said of the cluster.
    pub facts: Vec<Value>,
    /// The bodies of all reports on the states of jobs.
    pub reports: Vec<Value>,
    /// What it gives as the time.
    pub date: Option<&'static str>,
    /// The part of the path that fails, and how.
    pub fault: Option<(&'static str, Fault)>,
}

#[derive(Debug, Clone)]
pub struct Server {
    pub address: String,
    world: Arc<Mutex<World>>,
}

impl Server {
    pub async fn start(script: &str) -> Self {
        let world = World { script: script.to_owned(), ..World::default() };
        let world = Arc::new(Mutex::new(world));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let router = Router::new()
            .fallback(answer)
            .layer(middleware::from_fn_with_state(Arc::clone(&world), fail))
            .with_state(Arc::clone(&world));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, world }
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    pub fn add(&self, id: i64, directory: &str, arguments: &[&str]) {
        let submission = Submission {
            status: "CREATED",
            owner: "alice@lab.org",
            script: None,
            created_at: Instant::now(),
            directory: directory.to_owned(),
            arguments: arguments.iter().map(|a| (*a).to_owned()).collect(),
            jobs: vec![],
            states: vec![],
            message: None,
        };
        self.world().submissions.insert(id, submission);
    }

    pub fn with<T>(&self, id: i64, look: impl FnOnce(&mut Submission) -> T) -> T {
        look(self.world().submissions.get_mut(&id).unwrap())
    }

    pub fn status(&self, id: i64) -> &'static str {
        self.with(id, |submission| submission.status)
    }
}

async fn fail(State(world): State<Arc<Mutex<World>>>, request: Request, next: Next) -> Response {
    let fault = world.lock().unwrap().fault;
    let fault = fault.filter(|(path, _)| request.uri().path().contains(path)).map(|(_, how)| how);
    match fault {
        Some(Fault::Unavailable) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Some(Fault::Hangs) => std::future::pending().await,
        Some(Fault::Forbids) => StatusCode::FORBIDDEN.into_response(),
        Some(Fault::Unknown) => StatusCode::NOT_FOUND.into_response(),
        Some(Fault::LosesAnswers) => {
            next.run(request).await;
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        None => next.run(request).await,
    }
}

async fn answer(
    State(world): State<Arc<Mutex<World>>>,
    method: Method,
    uri: axum::http::Uri,
    body: Bytes,
) -> Response {
    let mut world = world.lock().unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let path = uri.path().trim_start_matches("/jobbergate/");
    match (method, path.split('/').collect::<Vec<_>>().as_slice()) {
        (Method::POST, [.., "token"]) => {
            Json(json!({"access_token": "t", "expires_in": 300})).into_response()
        }
        (Method::PUT, ["clusters", "status"]) => {
            world.heartbeats += 1;
            let silence = uri.query().and_then(|query| query.split("slurm_silent_seconds=").nth(1));
            world.slurm_silence = silence.and_then(|seconds| seconds.parse().ok());
            StatusCode::ACCEPTED.into_response()
        }
        (Method::PUT, ["clusters", "facts"]) => {
            world.facts.push(body);
            StatusCode::ACCEPTED.into_response()
        }
        (Method::GET, ["health"]) => match world.date {
            Some(date) => (StatusCode::NO_CONTENT, [("date", date)]).into_response(),
            None => StatusCode::NO_CONTENT.into_response(),
        },
        (Method::GET, ["job-scripts"]) => page(vec![]),
        (Method::GET, ["job-scripts", id, ..]) => world.script_of(id).into_response(),
        (Method::GET, [_, "agent", "pending"]) => page(world.pending()),
        (Method::GET, [_, "agent", "active"]) => page(world.active()),
        (_, ["job-submissions", "agent", what]) => world.report(what, &body),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn page(items: Vec<Value>) -> Response {
    let total = items.len();
    Json(json!({"items": items, "total": total, "page": 1, "size": 100, "pages": 1}))
        .into_response()
}

impl World {
    fn script_of(&self, id: &str) -> String {
        let submission = id.parse().ok().and_then(|id: i64| self.submissions.get(&id));
        submission.and_then(|s| s.script.clone()).unwrap_or_else(|| self.script.clone())
    }

    fn pending(&self) -> Vec<Value> {
        let waiting = self.submissions.iter().filter(|(_, s)| s.status == "CREATED");
        let at = "2026-01-02T03:04:05Z";
        let view = |(id, s): (&i64, &Submission)| {
            let file = json!({"parent_id": id, "filename": "job.sh", "file_type": "ENTRYPOINT",
                "created_at": at, "updated_at": at});
            let script = json!({"id": id, "name": "s", "owner_email": s.owner,
                "created_at": at, "updated_at": at, "is_archived": false, "description": null,
                "parent_template_id": null, "cloned_from_id": null, "files": [file]});
            json!({"id": id, "name": "n", "owner_email": s.owner, "job_script": script,
                "execution_directory": s.directory, "execution_parameters": {},
                "sbatch_arguments": s.arguments})
        };
        waiting.map(view).collect()
    }

    fn active(&self) -> Vec<Value> {
        let ended = |s: &Submission| s.states.last().is_some_and(|(state, _)| state == "CANCELLED");
        let active = self
            .submissions
            .iter()
            .filter(|(_, s)| s.status == "SUBMITTED" || (s.status == "CANCELLED" && !ended(s)));
        let view = |(id, s): (&i64, &Submission)| json!({"id": id, "name": "n", "status": s.status, "slurm_job_id": s.jobs.first()});
        active.map(view).collect()
    }

    fn report(&mut self, what: &str, body: &Value) -> Response {
        let id = body["id"].as_i64().or_else(|| what.parse().ok()).unwrap();
        let Some(submission) = self.submissions.get_mut(&id) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        match what {
            "submitted" => {
                let job = body["slurm_job_id"].as_i64().unwrap();
                if !submission.jobs.contains(&job) {
                    submission.jobs.push(job);
                }
                if submission.status == "CREATED" {
                    submission.status = "SUBMITTED";
                }
            }
            "rejected" => {
                submission.status = "REJECTED";
                submission.message = body["report_message"].as_str().map(str::to_owned);
            }
            _ => {
                submission.update(body);
                self.reports.push(body.clone());
            }
        }
        StatusCode::ACCEPTED.into_response()
    }
}

impl Submission {
    fn update(&mut self, body: &Value) {
        let state = body["slurm_job_state"].as_str().unwrap().to_owned();
        let reason = body["slurm_job_state_reason"].as_str().map(str::to_owned);
        match (state.as_str(), self.status) {
            ("COMPLETED", "SUBMITTED") => self.status = "DONE",
            ("FAILED" | "UNKNOWN" | "CANCELLED", "SUBMITTED") => self.status = "ABORTED",
            _ => {}
        }
        self.states.push((state, reason));
    }
}
