//! `PUT` and `GET /job-submissions/agent/metrics/{id}`

use futures::future::join_all;
use jobbergate_api::args;
use serde_json::{Value, json};

use super::{BASE, PATH, sample, send, stored, two_nodes, upload, with_a_job};
use crate::{on_both, support::TestApp};

on_both! {
    async fn an_agent_uploads_and_learns_what_is_there(app: TestApp) {
        let (alice, agent) = with_a_job(&app).await;
        let none = json!({"job_submission_id": 1, "max_times": []});
        assert_eq!(agent.get(PATH).await.ok(), none);
        assert_eq!(upload(&agent, &two_nodes()).await.expect(204).text, "");
        let odd = json!([[
            (BASE + 200).to_string(), 5, "1", 2.9, "1.5", "2", 3, 4.7, 5, 6, 7, 8, 9, true,
        ]]);
        upload(&agent, &odd).await.expect(204);
        let expected = json!({"job_submission_id": 1, "max_times": [
            {"max_time": BASE + 200, "node_host": "5", "step": 1, "task": 2},
            {"max_time": BASE + 24, "node_host": "n0", "step": 0, "task": 0},
            {"max_time": BASE + 23, "node_host": "n1", "step": 0, "task": 0},
        ]});
        assert_eq!(agent.get(PATH).await.ok(), expected);
        let span = alice.get("/job-submissions/1/metrics/timestamps").await.ok();
        assert_eq!(span, json!({"min": BASE, "max": BASE + 200}));
    }

    async fn an_upload_may_be_repeated_and_nothing_counts_twice(app: TestApp) {
        let (_alice, agent) = with_a_job(&app).await;
        for _ in 0..2 {
            upload(&agent, &two_nodes()).await.expect(204);
        }
        assert_eq!(stored(&app).await, 25);
        let mut samples = two_nodes();
        samples.as_array_mut().unwrap().push(sample(BASE, "n0"));
        samples.as_array_mut().unwrap().push(sample(BASE + 25, "n1"));
        upload(&agent, &samples).await.expect(204);
        assert_eq!(stored(&app).await, 26);
        let other = json!([[BASE, "n0", 0, 0, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99]]);
        upload(&agent, &other).await.expect(204);
        let query = "?start_time=1700000000&end_time=1700000001&sample_rate=10&node=n0";
        let rows = agent.get(&format!("/job-submissions/1/metrics{query}")).await.ok();
        assert_eq!(rows[0]["cpu_frequency"], 1.5, "the first word stands");
    }

    async fn uploads_at_once_are_all_kept(app: TestApp) {
        let (_alice, agent) = with_a_job(&app).await;
        let halves: Vec<Value> = (0..6)
            .map(|n| {
                // In either order: those who wait for each other's rows would wait for ever.
                let seconds = (0..300).map(|second| if n % 2 == 0 { second } else { 299 - second });
                seconds.map(|second| sample(BASE + n * 150 + second, "n0")).collect()
            })
            .collect();
        for answer in join_all(halves.iter().map(|samples| upload(&agent, samples))).await {
            answer.expect(204);
        }
        assert_eq!(stored(&app).await, 1050);
    }

    async fn as_many_samples_as_promised_fit_and_not_one_more(app: TestApp) {
        let (_alice, agent) = with_a_job(&app).await;
        let samples = |count| -> Value { (0..count).map(|n| sample(BASE + n, "n0")).collect() };
        let refused = upload(&agent, &samples(2341)).await.expect(400).detail();
        let words = "The maximum number of elements has been exceeded. Maximum is 2340, received 2341";
        assert_eq!(refused, words);
        assert_eq!(stored(&app).await, 0);
        upload(&agent, &samples(2340)).await.expect(204);
        assert_eq!(stored(&app).await, 2340);
        upload(&agent, &samples(2047)).await.expect(204);
        assert_eq!(stored(&app).await, 2340);
    }

    async fn extreme_values_are_kept_and_shown(app: TestApp) {
        let (alice, agent) = with_a_job(&app).await;
        let (least, most) = (i64::MIN, i64::MAX);
        let samples = json!([
            [-62_135_596_800_i64, "n", i32::MIN, i32::MAX, 1e100, 1e100, -1e100, most, 1, most, most, most, most, most],
            [-62_135_596_799_i64, "n", 0, 0, -1e100, 1e100, 1e100, most, 1, most, least, most, most, most],
            [253_402_300_799_i64, "n", 0, 0, 0, 0, 0, least, 0, least, least, least, least, least],
        ]);
        upload(&agent, &samples).await.expect(204);
        for rate in [10, 60, 600, 3600, 604_800] {
            let query = format!("start_time=0001-01-01&end_time=9999-12-31T23:59:59&sample_rate={rate}");
            let rows = alice.get(&format!("/job-submissions/1/metrics?{query}")).await.ok();
            let rows = rows.as_array().unwrap();
            assert_eq!(rows.len(), 2, "{rate}");
            // Year 1 began on a Monday.
            assert_eq!(rows[0]["time"], -62_135_596_800_i64);
            assert_eq!(rows[0]["page_faults"].as_f64(), Some(2.0 * most as f64));
            assert_eq!(rows[1]["page_faults"].as_f64(), Some(least as f64));
        }
    }

    async fn metrics_go_with_their_submission(app: TestApp) {
        let (alice, agent) = with_a_job(&app).await;
        upload(&agent, &two_nodes()).await.expect(204);
        alice.delete("/job-submissions/1").await.expect(204);
        assert_eq!(stored(&app).await, 0);
        let refused = upload(&agent, &two_nodes()).await.expect(404);
        assert_eq!(refused.detail(), "job_submissions entry was not found by locator=1");
    }

    async fn samples_need_a_job_on_the_agents_cluster(app: TestApp) {
        let (alice, agent) = with_a_job(&app).await;
        alice.has_submission(1, "c").await;
        let body = super::message(&two_nodes());
        let waiting = send(&agent, "/job-submissions/agent/metrics/2", body.clone()).await;
        let words = "Failed to insert metrics: submission 2 has no job in Slurm yet";
        assert_eq!(waiting.expect(400).detail(), words);
        let refused = upload(&app.agent("other").await, &two_nodes()).await.expect(403);
        assert_eq!(refused.detail(), "Mismatch on attribute(s): client_id");
        for id in ["9999", "99999999999"] {
            let path = format!("/job-submissions/agent/metrics/{id}");
            send(&agent, &path, body.clone()).await.expect(404);
            let none = json!({"job_submission_id": id.parse::<i64>().unwrap(), "max_times": []});
            assert_eq!(agent.get(&path).await.ok(), none);
        }
        assert_eq!(stored(&app).await, 0);
    }
}

/// SQLite has one writer: nobody deletes meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn samples_of_a_submission_that_is_deleted_meanwhile_are_refused() {
    let app = TestApp::on_postgres().await;
    let (_, agent) = with_a_job(&app).await;
    let mut deleting = app.db().write().await.unwrap();
    deleting.execute("DELETE FROM job_submissions WHERE id = 1", args![]).await.unwrap();
    let uploading = tokio::spawn(async move { upload(&agent, &two_nodes()).await });
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    deleting.commit().await.unwrap();
    let refused = uploading.await.unwrap().expect(404);
    assert_eq!(refused.detail(), "job_submissions entry was not found by locator=1");
    assert_eq!(stored(&app).await, 0);
}
