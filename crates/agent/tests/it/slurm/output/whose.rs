//! Whose output is read.

use jobbergate_testkit::slurm::SlurmLab;
use serde_json::json;

use super::{ask, done, output, request, scene};

#[tokio::test]
async fn the_number_of_anothers_job_leads_to_nothing() {
    let scene = scene(SlurmLab::start().unwrap()).await;
    let agent = scene.agent();
    done(&scene, 1, "echo alice", &[]).await;
    let bobs = crate::slurm::support::workdir("bob");
    scene.server.add(2, bobs.path().to_str().unwrap(), &[]);
    scene.server.with(2, |submission| {
        submission.owner = "bob@lab.org";
        submission.script = Some("#!/bin/sh\necho bob\n".to_owned());
    });
    scene.becomes(2, "DONE").await;
    assert_eq!(output(&scene, 2, json!({})).await.shown(), "bob\n");
    done(&scene, 3, "echo alice again", &[]).await;
    // She made a submission with the number of his job, and with that of another one of hers.
    let job = |id| scene.server.with(id, |submission| submission.jobs[0]);
    for (claimed, why) in [(2, "does not run as alice"), (3, "another one")] {
        let mut made_up = request(&scene, 1, json!({}));
        made_up["job_submission_id"] = json!(77);
        made_up["slurm_job_id"] = json!(job(claimed));
        let (kind, words) = ask(&scene, made_up).await.refused();
        assert!(kind == "forbidden" && words.contains(why), "{kind} {words}");
    }
    // Who had a job as alice is somebody else now.
    let mut mapped = request(&scene, 1, json!({}));
    mapped["owner_email"] = json!("bob@lab.org");
    assert_eq!(ask(&scene, mapped).await.refused().0, "forbidden");
    let mut unmapped = request(&scene, 1, json!({}));
    unmapped["owner_email"] = json!("nobody-knows@lab.org");
    assert_eq!(ask(&scene, unmapped).await.refused().0, "forbidden");
    agent.stop().await;
}

#[tokio::test]
async fn a_job_of_another_agent_is_known_by_its_tag() {
    let scene = scene(SlurmLab::start().unwrap()).await;
    let agent = scene.agent();
    done(&scene, 1, "echo mine", &[]).await;
    agent.stop().await;
    let state = tempfile::tempdir().unwrap();
    let address = scene.server.address.clone();
    let other = crate::slurm::scene::config(&scene.lab, state.path(), &address);
    let other = crate::slurm::scene::Running::start(other);
    assert_eq!(output(&scene, 1, json!({})).await.shown(), "mine\n");
    other.stop().await;
}
