//! `GET /job-submissions/{id}/metrics`

use serde_json::{Value, json};

use super::{BASE, sample, two_nodes, upload, with_a_job};
use crate::{
    on_both,
    support::{Actor, in_url},
};

const RANGE: &str = "start_time=2023-11-14T22:00:00Z&end_time=2023-11-14T22:13:45Z";

async fn rows(actor: &Actor, query: &str) -> Vec<Value> {
    let path = format!("/job-submissions/1/metrics?{query}");
    actor.get(&path).await.ok().as_array().unwrap().clone()
}

/// A row that sums up so many samples.
fn row(time: i64, node: &str, samples: i64) -> Value {
    let sum = |each: i64| (samples * each) as f64;
    json!({
        "time": time, "node_host": node, "step": null, "task": null,
        "cpu_frequency": 1.5, "cpu_time": sum(2), "cpu_utilization": 3.5, "gpu_memory": 4.0,
        "gpu_utilization": 5.5, "page_faults": sum(6), "memory_rss": 7.0, "memory_virtual": 9.0,
        "disk_read": sum(8), "disk_write": sum(10),
    })
}

on_both! {
    async fn each_node_gets_a_row_for_each_while(app: TestApp) {
        let (alice, agent) = with_a_job(&app).await;
        upload(&agent, &two_nodes()).await.expect(204);
        let expected = [
            row(BASE, "n0", 5),
            row(BASE, "n1", 5),
            row(BASE + 10, "n0", 5),
            row(BASE + 10, "n1", 5),
            row(BASE + 20, "n0", 3),
            row(BASE + 20, "n1", 2),
        ];
        assert_eq!(rows(&alice, &format!("{RANGE}&sample_rate=10")).await, expected);
        let minute = rows(&alice, &format!("{RANGE}&sample_rate=60&node=n1")).await;
        assert_eq!(minute, [row(1_699_999_980, "n1", 12)]);
        let usual = rows(&alice, RANGE).await;
        assert_eq!(usual, [row(1_699_999_800, "n0", 13), row(1_699_999_800, "n1", 12)]);
        let week = "start_time=2023-11-13&end_time=2023-11-15&sample_rate=604800&node=n0";
        assert_eq!(rows(&alice, week).await, [row(1_699_833_600, "n0", 13)]);
        assert_eq!(rows(&alice, &format!("{RANGE}&node=nope")).await, [] as [Value; 0]);
        assert_eq!(rows(&alice, &format!("{RANGE}&node=")).await, usual);
    }

    async fn tasks_and_steps_are_summed_up(app: TestApp) {
        let (alice, agent) = with_a_job(&app).await;
        let samples = json!([
            [BASE, "n", 0, 0, 1.0, 1.0, 10.0, 2, 0.0, 1, 100, 1, 1000, 5],
            [BASE, "n", 0, 1, 2.0, 3.0, 20.0, 5, 0.5, 2, 200, 2, 2000, 6],
            [BASE + 1, "n", 1, 0, 6.0, 5.0, 60.0, 2, 1.0, 4, 600, 4, 6000, 7],
        ]);
        upload(&agent, &samples).await.expect(204);
        let expected = json!({
            "time": BASE, "node_host": "n", "step": null, "task": null,
            "cpu_frequency": 3.0, "cpu_time": 9.0, "cpu_utilization": 30.0, "gpu_memory": 3.0,
            "gpu_utilization": 0.5, "page_faults": 7.0, "memory_rss": 300.0,
            "memory_virtual": 3000.0, "disk_read": 7.0, "disk_write": 18.0,
        });
        assert_eq!(rows(&alice, &format!("{RANGE}&sample_rate=10")).await, [expected]);
    }

    async fn instants_may_be_written_in_many_ways(app: TestApp) {
        let (alice, agent) = with_a_job(&app).await;
        upload(&agent, &two_nodes()).await.expect(204);
        let all = rows(&alice, &format!("{RANGE}&sample_rate=10")).await;
        for (start, end) in [
            ("2023-11-14T22:00:00", "2023-11-14T22:13:45"),
            ("2023-11-14T22:00:00", "2023-11-14T22:13:45Z"),
            ("2023-11-14T22:00:00Z", "2023-11-14T22:13:45"),
            ("2023-11-14T23:00:00+01:00", "2023-11-14T17:13:45-0500"),
            ("1700000000", "1700000025"),
            ("1700000000000", "1700000025000"),
            ("2023-11-14", "2023-11-15"),
            ("1999-01-01", "9999-12-31T23:59:59.999999Z"),
        ] {
            let (start, end) = (in_url(start), in_url(end));
            let query = format!("start_time={start}&end_time={end}&sample_rate=10");
            assert_eq!(rows(&alice, &query).await, all, "{query}");
        }
        let two = rows(&alice, "start_time=1700000000&end_time=1700000010&sample_rate=10").await;
        assert_eq!(two, all[..4]);
        let nothing = "start_time=1700000001&end_time=1700000009&sample_rate=10";
        assert_eq!(rows(&alice, nothing).await, [] as [Value; 0]);
        for backwards in [
            "start_time=2023-11-14T22:00:00Z&end_time=2023-11-14T21:00:00Z",
            "start_time=2023-11-14T22:00:00Z&end_time=2023-11-14T22:00:00Z",
        ] {
            let path = format!("/job-submissions/1/metrics?{backwards}");
            let refused = alice.get(&path).await.expect(400).detail();
            assert_eq!(refused, "End time must be greater than the start time.");
        }
    }

    async fn unless_asked_for_more_it_is_the_last_hour(app: TestApp) {
        let (alice, agent) = with_a_job(&app).await;
        let now = app.clock.now().timestamp();
        let samples = json!([sample(now - 4000, "n"), sample(now - 3600, "n"), sample(now, "n"), sample(now + 700, "n")]);
        upload(&agent, &samples).await.expect(204);
        assert_eq!(rows(&alice, "").await, [row(now - 3600, "n", 1), row(now, "n", 1)]);
        assert_eq!(rows(&alice, "start_time=2023-11-14").await.len(), 3);
    }

    async fn what_cannot_be_asked_for_is_told_why(app: TestApp) {
        let (alice, _agent) = with_a_job(&app).await;
        let refused = async |query: &str| {
            let path = format!("/job-submissions/1/metrics?{query}");
            alice.get(&path).await.expect(422).json()["detail"][0].clone()
        };
        let words = "Input should be a valid datetime or date, input is too short";
        let expected = json!({
            "type": "datetime_from_date_parsing", "loc": ["query", "start_time"], "msg": words,
            "input": "zzz", "ctx": {"error": "input is too short"},
        });
        assert_eq!(refused("start_time=zzz").await, expected);
        for (query, field) in [
            ("start_time=", "start_time"),
            ("end_time=99999999999999999999999", "end_time"),
            ("end_time=-99999999999999999999999", "end_time"),
            ("start_time=2023-13-01", "start_time"),
            ("start_time=2023-11-14T22:00:00 01:00", "start_time"),
            ("sample_rate=7", "sample_rate"),
            ("sample_rate=abc", "sample_rate"),
            ("sample_rate=", "sample_rate"),
            ("sample_rate=99999999999999999999", "sample_rate"),
            ("node=a%00b", "node"),
        ] {
            assert_eq!(refused(query).await["loc"], json!(["query", field]), "{query}");
        }
        let rate = refused("sample_rate=7").await;
        assert_eq!(rate["type"], "enum");
        assert_eq!(rate["msg"], "Input should be 10, 60, 600, 3600 or 604800");
    }

    async fn a_submission_without_metrics_has_none(app: TestApp) {
        let (alice, _agent) = with_a_job(&app).await;
        for id in ["1", "9999", "99999999999"] {
            assert_eq!(alice.get(&format!("/job-submissions/{id}/metrics")).await.ok(), json!([]));
            let path = format!("/job-submissions/{id}/metrics/timestamps");
            let refused = alice.get(&path).await.expect(404).detail();
            assert_eq!(refused, format!("No metrics found for job submission {id} or job submission does not exist"));
        }
        for path in ["abc/metrics", "abc/metrics/timestamps", "agent/metrics"] {
            let refused = alice.get(&format!("/job-submissions/{path}")).await.expect(422).json();
            assert_eq!(refused["detail"][0]["type"], "int_parsing");
        }
    }

    async fn too_many_rows_are_refused_with_a_way_out(app: TestApp) {
        let (alice, _agent) = with_a_job(&app).await;
        let mut db = app.db().write().await.unwrap();
        let numbers = "WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 400)";
        let sql = format!(
            "{numbers} INSERT INTO job_submission_metrics SELECT $1, 1, 100, 'node' || a.n || '-' || b.n, \
             0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM n AS a, n AS b"
        );
        db.execute(&sql, jobbergate_api::args![app.clock.now()]).await.unwrap();
        db.commit().await.unwrap();
        let refused = alice.get("/job-submissions/1/metrics").await.expect(400).detail();
        assert!(refused.starts_with("There are more than 100000 rows; ask for"), "{refused}");
        assert_eq!(rows(&alice, "node=node7-7").await.len(), 1);
    }
}
