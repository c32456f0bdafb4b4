//! `GET /job-submissions`

use serde_json::{Value, json};

use crate::{
    on_both,
    support::{Actor, TestApp},
};

/// What a list of submissions has in `field`.
async fn listed(actor: &Actor, query: &str, field: &str) -> Vec<Value> {
    let page = actor.get(&format!("/job-submissions?{query}")).await.ok();
    page["items"].as_array().unwrap().iter().map(|item| item[field].clone()).collect()
}

/// Alice, with submissions 1 (waiting), 2 (job 77, running) and 3 (job 78, done) of script 1.
async fn alice_with_three(app: &TestApp) -> Actor {
    let (alice, agent) = (app.user("alice").await, app.agent("c").await);
    alice.has_script("s", "echo").await;
    alice.has_submission(1, "c").await;
    for job in [77, 78] {
        let body =
            json!({"name": "on site", "job_script_id": 1, "client_id": "c", "slurm_job_id": job});
        alice.post("/job-submissions", body).await.created();
    }
    for (id, job, state) in [(2, 77, "RUNNING"), (3, 78, "COMPLETED")] {
        let body = json!({"slurm_job_id": job, "slurm_job_state": state, "slurm_job_info": "{}"});
        agent.put(&format!("/job-submissions/agent/{id}"), body).await.expect(202);
    }
    alice
}

on_both! {
    async fn a_submission_comes_with_its_script(app: TestApp) {
        let alice = alice_with_three(&app).await;
        let page = alice.get("/job-submissions?size=1").await.ok();
        let expected = json!({
            "id": 1,
            "name": "job",
            "owner_email": "alice@example.com",
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
            "is_archived": false,
            "description": "",
            "job_script_id": 1,
            "slurm_job_id": null,
            "client_id": "c",
            "status": "CREATED",
            "slurm_job_state": null,
            "cloned_from_id": null,
            "job_script": {
                "id": 1,
                "name": "s",
                "owner_email": "alice@example.com",
                "created_at": "2026-01-01T00:00:00Z",
                "updated_at": "2026-01-01T00:00:00Z",
                "is_archived": false,
                "description": "",
                "parent_template_id": null,
                "cloned_from_id": null,
            },
        });
        assert_eq!(page["items"], json!([expected]));
        assert_eq!((&page["total"], &page["pages"]), (&json!(3), &json!(3)));
        alice.delete("/job-scripts/1").await.expect(204);
        assert_eq!(listed(&alice, "", "job_script").await, [json!(null), json!(null), json!(null)]);
    }

    async fn they_are_filtered(app: TestApp) {
        let alice = alice_with_three(&app).await;
        for (query, ids) in [
            ("submit_status=SUBMITTED", vec![2]),
            ("submit_status=DONE", vec![3]),
            ("slurm_job_ids=77,%2078", vec![2, 3]),
            ("slurm_job_ids=%2B77", vec![2]),
            ("slurm_job_ids=99999999999", vec![]),
            ("slurm_job_ids=", vec![1, 2, 3]),
            ("slurm_job_ids=77&submit_status=DONE", vec![]),
            ("from_job_script_id=1", vec![1, 2, 3]),
            ("from_job_script_id=2", vec![]),
            ("from_job_script_id=0", vec![1, 2, 3]),
            ("from_job_script_id=99999999999", vec![]),
            ("search=site", vec![2, 3]),
            ("search=alice@", vec![1, 2, 3]),
        ] {
            assert_eq!(listed(&alice, query, "id").await, ids, "{query}");
        }
        let refused = alice.get("/job-submissions?slurm_job_ids=a,b").await.expect(422);
        let words = "Invalid slurm_job_ids param. Must be a comma-separated list of integers";
        assert_eq!(refused.detail(), words);
        let refused = alice.get("/job-submissions?submit_status=NOPE").await.expect(422).json();
        let words = "Input should be 'CREATED', 'SUBMITTED', 'REJECTED', 'DONE', 'ABORTED' or 'CANCELLED'";
        assert_eq!(refused["detail"][0]["msg"], words);
        alice.get("/job-submissions?from_job_script_id=x").await.expect(422);
    }

    async fn states_are_sorted_as_text_and_none_is_last(app: TestApp) {
        let alice = alice_with_three(&app).await;
        let states = listed(&alice, "sort_field=slurm_job_state", "slurm_job_state").await;
        assert_eq!(states, [json!("COMPLETED"), json!("RUNNING"), json!(null)]);
        let query = "sort_field=status&sort_ascending=false";
        assert_eq!(listed(&alice, query, "status").await, ["SUBMITTED", "DONE", "CREATED"]);
        let refused = alice.get("/job-submissions?sort_field=execution_directory").await.expect(400);
        let words = "Must be one of id, name, owner_email, created_at, updated_at, job_script_id, \
                     slurm_job_id, client_id, status, slurm_job_state";
        assert!(refused.detail().ends_with(words), "{}", refused.detail());
    }

    async fn what_is_archived_or_of_others_is_left_out_on_demand(app: TestApp) {
        let alice = alice_with_three(&app).await;
        alice.put("/job-submissions/1", json!({"is_archived": true})).await.ok();
        assert_eq!(listed(&alice, "", "id").await, [2, 3]);
        assert_eq!(listed(&alice, "include_archived=true", "id").await, [1, 2, 3]);
        let bob = app.user("bob").await;
        assert_eq!(listed(&bob, "user_only=true", "id").await, Vec::<Value>::new());
    }
}
