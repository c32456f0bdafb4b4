//! A server that fails in ways that the real one does not: it serves one organization from
//! memory, and can be told to be silent or to break off.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
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
    /// Why it waits, as far as that was said.
    pub waits_for: Option<String>,
    /// How often that was said.
    pub reason_reports: usize,
    pub metrics: Metrics,
    /// Whether another agent has claimed it.
    pub is_anothers: bool,
}

#[derive(Debug, Default)]
pub struct World {
    pub script: String,
    pub submissions: BTreeMap<i64, Submission>,
    pub heartbeats: usize,
    /// Whether agents may wait until there is something new, as with servers that can do that.
    pub lets_wait: bool,
    /// How often it was asked what is pending, what is active and what is new.
    pub asked: [usize; 3],
    /// How long Slurm was silent, by the last heartbeat.
    pub slurm_silence: Option<u64>,
    pub slurm_problem: Option<String>,
    /// Whether agents claim submissions, and all that is no other's is claimed.
    pub shares: bool,
    /// How often an agent renewed its lease.
    pub claims: usize,
    /// How often an agent handed back what it had claimed.
    pub handed_back: usize,
    /// How often a submission was looked at.
    pub views: usize,
    /// What was said of the cluster.
    pub facts: Vec<Value>,
    /// The bodies of all reports on the states of jobs.
    pub reports: Vec<Value>,
    /// What it says is pending beside the submissions, whatever that is.
    pub odd_pending: Vec<Value>,
    /// Requests for output that no agent has taken.
    pub requests: Vec<Value>,
    /// What agents answered to them.
    pub answers: BTreeMap<String, Value>,
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
            waits_for: None,
            reason_reports: 0,
            metrics: Metrics::default(),
            is_anothers: false,
        };
        self.world().submissions.insert(id, submission);
    }

    pub fn with<T>(&self, id: i64, look: impl FnOnce(&mut Submission) -> T) -> T {
        look(self.world().submissions.get_mut(&id).unwrap())
    }

    pub fn waits_for(&self, id: i64) -> Option<String> {
        self.with(id, |submission| submission.waits_for.clone())
    }

    pub fn status(&self, id: i64) -> &'static str {
        self.with(id, |submission| submission.status)
    }
}

/// In a server's words, not in a proxy's.
fn refused(status: StatusCode) -> Response {
    (status, Json(json!({"detail": status.canonical_reason()}))).into_response()
}

async fn fail(State(world): State<Arc<Mutex<World>>>, request: Request, next: Next) -> Response {
    let fault = world.lock().unwrap().fault;
    let fault = fault.filter(|(path, _)| request.uri().path().contains(path)).map(|(_, how)| how);
    match fault {
        Some(Fault::Unavailable) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Some(Fault::Hangs) => std::future::pending().await,
        Some(Fault::Forbids) => StatusCode::FORBIDDEN.into_response(),
        Some(Fault::Unknown) => refused(StatusCode::NOT_FOUND),
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
    bytes: Bytes,
) -> Response {
    if uri.path().ends_with("agent/changes") {
        return changes(&world, uri.query().unwrap_or_default()).await;
    }
    let mut world = world.lock().unwrap();
    let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let path = uri.path().trim_start_matches("/jobbergate/");
    match (method, path.split('/').collect::<Vec<_>>().as_slice()) {
        (Method::POST, [.., "token"]) => {
            Json(json!({"access_token": "the-token-of-the-agent", "expires_in": 300}))
                .into_response()
        }
        (Method::PUT, ["clusters", "status"]) => {
            world.heartbeats += 1;
            let said: HashMap<String, String> =
                url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
                    .into_owned()
                    .collect();
            world.slurm_silence =
                said.get("slurm_silent_seconds").and_then(|seconds| seconds.parse().ok());
            world.slurm_problem = said.get("slurm_problem").cloned();
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
        (Method::GET, [_, "agent", "pending"]) => {
            world.asked[0] += 1;
            page(world.pending())
        }
        (Method::GET, [_, "agent", "active"]) => {
            world.asked[1] += 1;
            page(world.active())
        }
        (Method::GET, [_, "agent", "followed"]) if world.shares => {
            world.asked[1] += 1;
            let query = uri.query().unwrap_or_default().split('&');
            let after = query.filter_map(|part| part.strip_prefix("after=")).next();
            let after: i64 = after.and_then(|after| after.parse().ok()).unwrap_or_default();
            let mut active = world.active();
            active.retain(|one| one["id"].as_i64() > Some(after));
            Json(active).into_response()
        }
        // As a server that knows no claims.
        (_, [_, "agent", "followed"]) => refused(StatusCode::METHOD_NOT_ALLOWED),
        (Method::POST, [_, "agent", "output-requests"]) => {
            Json(std::mem::take(&mut world.requests)).into_response()
        }
        (Method::PUT, [_, "agent", "output-requests", id]) => {
            world.answers.insert((*id).to_owned(), body);
            StatusCode::ACCEPTED.into_response()
        }
        (method, ["job-submissions", "agent", "metrics", id]) => {
            let submission = id.parse().ok().and_then(|id: i64| world.submissions.get_mut(&id));
            match (submission, method) {
                (None, _) => refused(StatusCode::NOT_FOUND),
                (Some(submission), Method::PUT) => submission.metrics.take(&bytes).into_response(),
                (Some(submission), _) => Json(submission.metrics.max_times(id)).into_response(),
            }
        }
        (method, ["job-submissions", "agent", "claims"]) if world.shares => {
            world.handed_back += usize::from(method == Method::DELETE);
            world.claims += usize::from(method == Method::POST);
            let claims = json!({"lease_seconds": 20, "claimed": 0, "active": 0, "lapsed": false});
            Json(claims).into_response()
        }
        // As a server that knows no claims.
        (_, ["job-submissions", "agent", "claims"]) => refused(StatusCode::METHOD_NOT_ALLOWED),
        (_, ["job-submissions", "agent", "waiting"]) => {
            for waiting in body["submissions"].as_array().unwrap() {
                let id = waiting["id"].as_i64().unwrap();
                let reason = waiting["slurm_pending_reason"].as_str().unwrap();
                if let Some(submission) = world.submissions.get_mut(&id) {
                    let reason = Some(reason.to_owned()).filter(|reason| !reason.is_empty());
                    submission.reason_reports += 1;
                    submission.waits_for = reason;
                }
            }
            StatusCode::ACCEPTED.into_response()
        }
        (_, ["job-submissions", "agent", what]) => world.report(what, &body),
        (Method::GET, ["job-submissions", id]) => {
            world.views += 1;
            match world.view(id) {
                Some(view) => Json(view).into_response(),
                None => refused(StatusCode::NOT_FOUND),
            }
        }
        _ => refused(StatusCode::NOT_FOUND),
    }
}

/// Waits until something is new, for five seconds at most.
async fn changes(world: &Mutex<World>, query: &str) -> Response {
    let known = query.split('&').find_map(|part| part.strip_prefix("cursor="));
    let before = {
        let mut world = world.lock().unwrap();
        world.asked[2] += 1;
        if !world.lets_wait {
            return refused(StatusCode::METHOD_NOT_ALLOWED);
        }
        known.unwrap_or("-.-").to_owned()
    };
    let (pending, cancelled) = before.split_once('.').unwrap();
    for round in 0.. {
        let (now_pending, now_cancelled) = world.lock().unwrap().news();
        let requests = !world.lock().unwrap().requests.is_empty();
        let news = (now_pending != pending, now_cancelled != cancelled);
        if news != (false, false) || requests || round == 250 {
            let cursor = format!("{now_pending}.{now_cancelled}");
            let answer = json!({"cursor": cursor, "pending": news.0, "cancelled": news.1,
                "requests": requests});
            return Json(answer).into_response();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    unreachable!()
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

    fn view(&self, id: &str) -> Option<Value> {
        let id: i64 = id.parse().ok()?;
        let submission = self.submissions.get(&id)?;
        let at = "2023-11-14T22:13:20Z";
        Some(json!({"id": id, "name": "n", "owner_email": submission.owner, "created_at": at,
            "updated_at": at, "is_archived": false, "description": null, "job_script_id": 1,
            "slurm_job_id": submission.jobs.first(), "client_id": "lab",
            "status": submission.status, "slurm_job_state": null, "cloned_from_id": null,
            "execution_directory": null, "report_message": null, "slurm_job_info": null,
            "sbatch_arguments": null}))
    }

    /// The last submissions that were made, and that were cancelled.
    fn news(&self) -> (String, String) {
        let last = |status: &str| {
            let of_status = self.submissions.iter().filter(|(_, s)| s.status == status);
            of_status.map(|(id, _)| *id).max().unwrap_or_default()
        };
        let made = self.submissions.keys().max().copied().unwrap_or_default();
        (made.to_string(), last("CANCELLED").to_string())
    }

    fn pending(&self) -> Vec<Value> {
        let waiting = self.submissions.iter();
        let waiting = waiting.filter(|(_, s)| s.status == "CREATED" && !s.is_anothers);
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
        self.odd_pending.iter().cloned().chain(waiting.map(view)).collect()
    }

    fn active(&self) -> Vec<Value> {
        let ended = |s: &Submission| s.states.last().is_some_and(|(state, _)| state == "CANCELLED");
        let active = self
            .submissions
            .iter()
            .filter(|(_, s)| !s.is_anothers)
            .filter(|(_, s)| s.status == "SUBMITTED" || (s.status == "CANCELLED" && !ended(s)));
        let view = |(id, s): (&i64, &Submission)| json!({"id": id, "name": "n", "status": s.status, "slurm_job_id": s.jobs.first()});
        active.map(view).collect()
    }

    fn report(&mut self, what: &str, body: &Value) -> Response {
        let id = body["id"].as_i64().or_else(|| what.parse().ok()).unwrap();
        let Some(submission) = self.submissions.get_mut(&id) else {
            return refused(StatusCode::NOT_FOUND);
        };
        let is_repeated = submission.jobs.first().copied() == body["slurm_job_id"].as_i64();
        if submission.is_anothers && !(what == "submitted" && is_repeated) {
            return refused(StatusCode::CONFLICT);
        }
        match what {
            "submitted" => {
                let job = body["slurm_job_id"].as_i64().unwrap();
                if !submission.jobs.contains(&job) {
                    submission.jobs.push(job);
                    // A job that runs at once is reported as running here only.
                    submission.states.push(state_of(body));
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

/// What was uploaded of a submission.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Processor time and resident memory by time, node, step and task; what is there already stays.
    pub samples: BTreeMap<(i64, String, i64, i64), (f64, i64)>,
    /// How many samples each upload had.
    pub uploads: Vec<usize>,
}

impl Metrics {
    fn take(&mut self, body: &[u8]) -> StatusCode {
        let rows = rmpv::decode::read_value(&mut &*body).unwrap();
        let rows = rows.as_array().unwrap();
        self.uploads.push(rows.len());
        // Where the Python server fails.
        if rows.is_empty() || rows.len() >= 2048 {
            return StatusCode::BAD_REQUEST;
        }
        for row in rows {
            let integer = |column: usize| row[column].as_i64().unwrap();
            assert_eq!(row.as_array().unwrap().len(), 14);
            let node = row[1].as_str().unwrap().to_owned();
            let key = (integer(0), node, integer(2), integer(3));
            self.samples.entry(key).or_insert((row[5].as_f64().unwrap(), integer(10)));
        }
        StatusCode::NO_CONTENT
    }

    fn max_times(&self, id: &str) -> Value {
        let mut times = BTreeMap::new();
        for (time, node, step, task) in self.samples.keys() {
            times.insert((node, step, task), time);
        }
        let entry = |((node, step, task), time)| json!({"max_time": time, "node_host": node, "step": step, "task": task});
        let times: Vec<Value> = times.into_iter().map(entry).collect();
        json!({"job_submission_id": id.parse::<i64>().unwrap(), "max_times": times})
    }

    pub fn uploaded(&self) -> usize {
        self.uploads.iter().sum()
    }
}

/// The state in a report, and its reason.
fn state_of(body: &Value) -> (String, Option<String>) {
    let state = body["slurm_job_state"].as_str().unwrap().to_owned();
    (state, body["slurm_job_state_reason"].as_str().map(str::to_owned))
}

impl Submission {
    fn update(&mut self, body: &Value) {
        let (state, reason) = state_of(body);
        match (state.as_str(), self.status) {
            ("COMPLETED", "SUBMITTED") => self.status = "DONE",
            ("FAILED" | "UNKNOWN" | "CANCELLED", "SUBMITTED") => self.status = "ABORTED",
            _ => {}
        }
        self.states.push((state, reason));
    }
}
