//! What jobs write, read by the agent for their owners.

mod files;
mod names;
mod whose;

use std::time::{Duration, Instant};

use base64::{Engine, prelude::BASE64_STANDARD};
use jobbergate_testkit::slurm::SlurmLab;
use serde_json::{Value, json};

use super::{scene::Scene, support::eventually};

/// What an agent answered.
#[derive(Debug)]
struct Answer {
    part: Value,
    text: String,
    /// Of which kind a refusal is, and its words.
    refusal: Option<(String, String)>,
}

impl Answer {
    #[track_caller]
    fn refused(self) -> (String, String) {
        self.refusal.clone().unwrap_or_else(|| panic!("not refused: {self:?}"))
    }

    #[track_caller]
    fn shown(self) -> String {
        assert_eq!(self.refusal, None);
        self.text
    }
}

/// A request for the output of a submission's job.
fn request(scene: &Scene, id: i64, query: Value) -> Value {
    let job = scene.server.with(id, |submission| submission.jobs[0]);
    let owner = scene.server.with(id, |submission| submission.owner);
    let mut request = json!({"job_submission_id": id, "slurm_job_id": job, "owner_email": owner,
        "ended": false, "stream": "stdout", "limit": 65536, "wait": 0});
    request.as_object_mut().unwrap().extend(query.as_object().unwrap().clone());
    request
}

/// Asks an agent.
async fn ask(scene: &Scene, mut request: Value) -> Answer {
    let id = format!("{:032x}", rand_id());
    request["id"] = json!(id);
    scene.server.world().requests.push(request);
    let answered = || async { scene.server.world().answers.contains_key(&id) };
    eventually(60, "an answer", answered).await;
    let answer = scene.server.world().answers.remove(&id).unwrap();
    let content = answer["content"].as_str().unwrap_or_default();
    let bytes = BASE64_STANDARD.decode(content).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let refusal = answer.get("refusal").filter(|refusal| !refusal.is_null());
    Answer {
        part: answer["part"].clone(),
        text: String::from_utf8_lossy(&bytes).into_owned(),
        refusal: refusal.map(|refusal| (text(&refusal["kind"]), text(&refusal["message"]))),
    }
}

fn rand_id() -> u128 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos()
}

async fn output(scene: &Scene, id: i64, query: Value) -> Answer {
    ask(scene, request(scene, id, query)).await
}

/// A submission of alice's with this script; has a job when this returns.
async fn submitted(scene: &Scene, id: i64, script: &str, arguments: &[&str]) {
    scene.submit(id, arguments);
    scene.server.with(id, |submission| submission.script = Some(format!("#!/bin/sh\n{script}\n")));
    let has_job = || async { scene.server.with(id, |submission| !submission.jobs.is_empty()) };
    eventually(30, "a job", has_job).await;
}

/// The same, and its job has ended.
async fn done(scene: &Scene, id: i64, script: &str, arguments: &[&str]) {
    submitted(scene, id, script, arguments).await;
    scene.becomes(id, "DONE").await;
}

async fn scene(lab: SlurmLab) -> Scene {
    let scene = Scene::new(lab, "#!/bin/sh\n").await;
    scene.server.world().lets_wait = true;
    scene
}

#[tokio::test]
async fn an_owner_follows_a_job_line_by_line_to_its_end() {
    let scene = scene(SlurmLab::start().unwrap()).await;
    let agent = scene.agent();
    let script = "for i in 1 2 3 4 5; do date +%s.%N; sleep 1; done; echo end";
    submitted(&scene, 1, script, &[]).await;
    let (mut from, mut file, mut seen) = (json!(0), Value::Null, String::new());
    let end = Instant::now() + Duration::from_secs(60);
    let mut latest = Duration::ZERO;
    loop {
        assert!(Instant::now() < end, "{seen:?}");
        let query = json!({"from": from, "file": file, "wait": 30});
        let answer = output(&scene, 1, query).await;
        assert_eq!(answer.refusal, None);
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        for line in answer.text.lines().filter_map(|line| line.parse::<f64>().ok()) {
            latest = latest.max(now.saturating_sub(Duration::from_secs_f64(line)));
        }
        assert_eq!(answer.part["from"], from, "nothing is left out and nothing comes twice");
        assert_eq!(answer.part["replaced"], false);
        seen.push_str(&answer.text);
        from = json!(seen.len());
        file = answer.part["file"].clone();
        if answer.part["ended"] == true {
            break;
        }
        assert!(!answer.text.is_empty(), "it was waited for more");
    }
    assert_eq!(seen.lines().count(), 6, "{seen}");
    assert!(seen.ends_with("end\n"), "{seen}");
    println!("the latest line came after {latest:?}");
    assert!(latest < Duration::from_secs(5), "{latest:?}");
    agent.stop().await;
}

#[tokio::test]
async fn each_task_of_an_array_writes_on_its_own() {
    let scene = scene(SlurmLab::start().unwrap()).await;
    let agent = scene.agent();
    done(&scene, 1, "echo task $SLURM_ARRAY_TASK_ID", &["--array=1,3"]).await;
    for task in [1, 3] {
        let answer = output(&scene, 1, json!({"task": task})).await;
        assert_eq!(answer.shown(), format!("task {task}\n"));
    }
    let (kind, words) = output(&scene, 1, json!({})).await.refused();
    assert_eq!(kind, "unsuitable");
    assert!(words.contains("array") && words.contains("1, 3"), "{words}");
    assert_eq!(output(&scene, 1, json!({"task": 2})).await.refused().0, "not_there");
    done(&scene, 2, "echo single", &[]).await;
    assert_eq!(output(&scene, 2, json!({"task": 2})).await.refused().0, "unsuitable");
    agent.stop().await;
}

#[tokio::test]
async fn a_job_that_waits_has_no_output_yet_and_who_waits_sees_its_first_line() {
    let scene = scene(SlurmLab::start().unwrap()).await;
    let agent = scene.agent();
    submitted(&scene, 1, "echo begun; sleep 30", &["--begin=now+1hour"]).await;
    let (kind, words) = output(&scene, 1, json!({})).await.refused();
    assert_eq!(kind, "not_yet");
    assert!(words.contains("queue"), "{words}");
    let number = scene.server.with(1, |submission| submission.jobs[0]).to_string();
    let start = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        scene
            .lab
            .run("scontrol", &["update", &format!("JobId={number}"), "StartTime=now"])
            .unwrap();
    };
    let (answer, ()) = tokio::join!(output(&scene, 1, json!({"from": 0, "wait": 30})), start);
    assert_eq!(answer.shown(), "begun\n");
    scene.lab.run("scancel", &[&number]).unwrap();
    agent.stop().await;
}

#[tokio::test]
async fn where_a_job_wrote_is_known_when_slurm_has_forgotten_it() {
    let scene = scene(SlurmLab::start_alone().unwrap()).await;
    let agent = scene.agent();
    done(&scene, 1, "echo out; echo err >&2", &["--error=e.txt"]).await;
    done(&scene, 2, "echo task $SLURM_ARRAY_TASK_ID", &["--array=4"]).await;
    agent.stop().await;
    let forgotten = || async {
        let known = scene.lab.run("squeue", &["-h", "-a", "-t", "all"]).unwrap();
        known.stdout.is_empty()
    };
    eventually(90, "Slurm forgets", forgotten).await;
    let agent = scene.agent();
    let shown = output(&scene, 1, json!({"ended": true})).await;
    assert_eq!((&shown.part["ended"], shown.text.as_str()), (&json!(true), "out\n"));
    assert_eq!(output(&scene, 1, json!({"stream": "stderr"})).await.shown(), "err\n");
    assert_eq!(output(&scene, 2, json!({"task": 4})).await.shown(), "task 4\n");
    assert!(output(&scene, 2, json!({})).await.refused().1.contains("such as 4"));
    // While Slurm is away, too.
    scene.lab.stop_controller();
    assert_eq!(output(&scene, 1, json!({})).await.shown(), "out\n");
    scene.lab.up().unwrap();
    let mut unknown = request(&scene, 1, json!({}));
    unknown["slurm_job_id"] = json!(999_999);
    assert_eq!(ask(&scene, unknown).await.refused().0, "not_there");
    agent.stop().await;
}

#[tokio::test]
async fn an_administrator_may_switch_it_off() {
    let scene = scene(SlurmLab::start().unwrap()).await;
    let mut config = scene.config();
    config.output.job_output = false;
    let agent = super::scene::Running::start(config);
    done(&scene, 1, "echo out", &[]).await;
    let (kind, words) = output(&scene, 1, json!({})).await.refused();
    assert!(kind == "switched_off" && words.contains("JOBBERGATE_AGENT_JOB_OUTPUT"), "{words}");
    agent.stop().await;
}
