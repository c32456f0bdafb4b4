//! Uploads that can't be read.

use reqwest::Method;
use serde_json::{Value, json};

use super::{BASE, PATH, message, sample, send, stored, two_nodes, upload, with_a_job};
use crate::on_both;

/// A sample with another value in one column.
fn with(column: usize, value: Value) -> Value {
    let mut sample = sample(BASE, "n0");
    sample[column] = value;
    sample
}

on_both! {
    async fn what_is_no_list_of_samples_is_refused_in_words(app: TestApp) {
        let (_alice, agent) = with_a_job(&app).await;
        let no_list = "Decoded data must be a list.";
        let no_row = "All elements of the inner data must be a Sequence: row 0 is not an array";
        let short = "Every iterable in `data` must match the length of `expected_types`. Row 0 has 2 \
                     columns, 14 are needed";
        let broken = "Failed to insert metrics: the MessagePack is broken";
        let truncated = message(&two_nodes());
        let truncated = truncated[..truncated.len() - 5].to_vec();
        let mut trailing = message(&two_nodes());
        trailing.push(0);
        for (body, words) in [
            (b"\xc1".to_vec(), broken),
            (message(&json!({"a": 1})), no_list),
            (message(&json!("text")), no_list),
            (message(&json!([])), "Failed to insert metrics: there are none"),
            (message(&json!([1, 2])), no_row),
            (message(&json!([[1, 2]])), short),
            (truncated, "Failed to insert metrics: row 24, page_faults: the body ends there"),
            (trailing, "Failed to insert metrics: 1 bytes follow the last row"),
        ] {
            let refused = send(&agent, PATH, body).await.expect(400).detail();
            assert!(refused.starts_with(words), "{refused}");
        }
        let deep = [b"\x91\x9e".as_slice(), &[0x91; 500_000]].concat();
        let refused = send(&agent, PATH, deep).await.expect(400).detail();
        assert!(refused.ends_with("row 0, time: a list or a map is no value"), "{refused}");
        assert_eq!(stored(&app).await, 0);
    }

    async fn a_value_out_of_range_is_named_and_nothing_is_kept(app: TestApp) {
        let (_alice, agent) = with_a_job(&app).await;
        for (column, value, words) in [
            (0, json!("x"), "time: \"x\" is no integer"),
            (0, json!(i64::MAX), "time: 9223372036854775807 is not a second of the years from 1 to 9999"),
            (0, json!(u64::MAX), "time: 18446744073709551615 needs more than 64 bits"),
            (0, json!(null), "time: nil is no number"),
            (0, json!([1]), "time: a list or a map is no value"),
            (1, json!("a\0b"), "node_host: it contains a NUL character"),
            (1, json!("x".repeat(256)), "node_host: 256 characters are too many, there may be 255"),
            (2, json!(1_i64 << 31), "step: 2147483648 needs more than 32 bits"),
            (3, json!(-(1_i64 << 40)), "task: -1099511627776 needs more than 32 bits"),
            (4, json!(1e300), "cpu_frequency: 1000"),
            (5, json!("nan"), "cpu_time: NaN is not between -1e100 and 1e100"),
            (5, json!("soon"), "cpu_time: \"soon\" is no number"),
            (7, json!(1e30), "gpu_memory: 1000000000000000000000000000000 is no integer of 64 bits"),
            (9, json!({}), "page_faults: a list or a map is no value"),
            (13, json!("1.5"), "disk_write: \"1.5\" is no integer"),
        ] {
            let samples = json!([sample(BASE, "n1"), with(column, value)]);
            let refused = upload(&agent, &samples).await.expect(400).detail();
            let words = format!("Failed to insert metrics: row 1, {words}");
            assert!(refused.starts_with(&words), "{refused}");
        }
        assert_eq!(stored(&app).await, 0);
    }

    async fn json_and_emptiness_are_refused_as_before(app: TestApp) {
        let (_alice, agent) = with_a_job(&app).await;
        let put = || agent.request(Method::PUT, PATH);
        let json_type = ("content-type", "application/json");
        let samples = message(&two_nodes());
        let request = put().header(json_type.0, json_type.1).body(samples.clone());
        let words = "There was an error parsing the body";
        assert_eq!(agent.send(request).await.expect(400).detail(), words);
        let refused = agent.send(put().json(&json!({}))).await.expect(422).json();
        assert_eq!(refused["detail"][0]["type"], "bytes_type");
        assert_eq!(refused["detail"][0]["loc"], json!(["body"]));
        let refused = send(&agent, PATH, Vec::new()).await.expect(422).json();
        let missing = json!({"type": "missing", "loc": ["body"], "msg": "Field required", "input": null});
        assert_eq!(refused, json!({"detail": [missing]}));
        let refused = send(&agent, "/job-submissions/agent/metrics/abc", samples.clone()).await;
        assert_eq!(refused.expect(422).json()["detail"][0]["loc"], json!(["path", "job_submission_id"]));
        for kind in ["application/msgpack", "text/plain", "application/x-www-form-urlencoded"] {
            let request = put().header("content-type", kind).body(samples.clone());
            agent.send(request).await.expect(204);
        }
    }

    async fn a_body_that_is_too_large_is_refused_and_strangers_first_of_all(app: TestApp) {
        let (_alice, agent) = with_a_job(&app).await;
        let large = vec![0x90; (1 << 20) + 1];
        let refused = send(&agent, PATH, large.clone()).await.expect(413).detail();
        assert!(refused.contains("1048576 bytes"), "{refused}");
        send(&app.anonymous(), PATH, large[..1000].to_vec()).await.expect(401);
        let nobody = app.without_email(jobbergate_types::Permission::JobSubmissionsRead).await;
        send(&nobody, PATH, b"\xc1".to_vec()).await.expect(403);
        let user = app.user("bob").await;
        let refused = send(&user, PATH, b"\xc1".to_vec()).await.expect(400).detail();
        assert!(refused.contains("1: client_id"), "{refused}");
    }
}
