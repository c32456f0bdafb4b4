//! What a job uses, on its page.

use serde_json::{Value, json};

use super::{
    agent::{ends, running},
    alice,
};
use crate::{job_submissions::metrics::uploads, on_both};

const BASE: i64 = 1_767_222_000;

/// A second of two nodes.
fn samples(count: i64) -> Value {
    let sample = |time: i64, node: &str, memory: i64| {
        json!([time, node, 0, 0, 1.5, 2.0, 80.0, 0, 0.0, 6, memory, 1, 9, 2])
    };
    (0..count)
        .flat_map(|n| {
            [sample(BASE + 10 * n, "<b>n1", 2048), sample(BASE + 10 * n, "n2", 1024 * (n + 1))]
        })
        .collect()
}

on_both! {
    async fn alice_sees_maxima_and_her_browser_gets_lines(app: TestApp) {
        let (actor, mut alice) = alice(&app).await;
        let agent = app.agent("c").await;
        let id = running(&agent, &actor).await;
        uploads(&agent, id, &samples(30)).await;
        let path = format!("/submissions/{id}/metrics");
        let page = alice.open(&path).await.expect(200);
        assert!(page.text.contains("&#60;b&#62;n1") && page.text.contains("30.0 MiB"), "{}", page.text);
        assert!(page.text.contains("80 %"), "{}", page.text);
        let found: Value = alice.fetch_json(&path).await;
        assert_eq!((&found["rate"], &found["is_active"]), (&json!(10), &json!(true)));
        assert_eq!(found["times"].as_array().unwrap().len(), 30);
        assert_eq!(found["charts"].as_array().unwrap().len(), 3, "{found}");
        assert_eq!(found["charts"][1]["lines"][1]["values"][29], json!(31_457_280.0));
        let found: Value = alice.fetch_json(&format!("{path}?node=n2")).await;
        assert_eq!(found["nodes"], json!(["n2"]));
    }

    async fn a_long_job_is_shown_in_fewer_points(app: TestApp) {
        let (actor, alice) = alice(&app).await;
        let agent = app.agent("c").await;
        let id = running(&agent, &actor).await;
        let sample = |time: i64| json!([time, "n", 0, 0, 1.5, 2.0, 80.0, 0, 0.0, 6, 1, 1, 9, 2]);
        let day: Value = (0..1440).map(|minute| sample(BASE - 86_400 + 60 * minute)).collect();
        uploads(&agent, id, &day).await;
        let found: Value = alice.fetch_json(&format!("/submissions/{id}/metrics")).await;
        assert_eq!((&found["rate"], found["times"].as_array().unwrap().len()), (&json!(600), 144));
    }

    async fn why_nothing_was_measured_is_said(app: TestApp) {
        let (actor, mut alice) = alice(&app).await;
        let agent = app.agent("c").await;
        let id = running(&agent, &actor).await;
        let path = format!("/submissions/{id}/metrics");
        let page = alice.open(&path).await.expect(200);
        assert!(page.text.contains("Nothing was measured yet."), "{}", page.text);
        ends(&agent, id, "COMPLETED").await;
        let found: Value = alice.fetch_json(&path).await;
        assert!(found["why"].as_str().unwrap().contains("shorter than about a minute"), "{found}");
    }
}
