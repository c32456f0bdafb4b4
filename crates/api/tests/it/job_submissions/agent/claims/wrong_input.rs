//! Requests about claims that make no sense.

use serde_json::{Value, json};

use super::{CLAIMS, waiting};
use crate::on_both;

on_both! {
    async fn what_is_wrong_with_a_request_is_named(app: TestApp) {
        let (_alice, agent) = waiting(&app, 1).await;
        let long = "x".repeat(65);
        for (body, field) in [
            (json!({"instance": "", "new": 1}), "instance"),
            (json!({"instance": long, "new": 1}), "instance"),
            (json!({"instance": 7, "new": 1}), "instance"),
            (json!({"instance": "a\u{0}b", "new": 1}), "instance"),
            (json!({"instance": null, "new": 1}), "instance"),
            (json!({"new": 1}), "instance"),
            (json!({"instance": "a"}), "new"),
            (json!({"instance": "a", "new": -1}), "new"),
            (json!({"instance": "a", "new": 101}), "new"),
            (json!({"instance": "a", "new": "many"}), "new"),
            (json!({"instance": "a", "new": 1.5}), "new"),
            (json!({"instance": "a", "new": null}), "new"),
            (json!({"instance": "a", "new": 9_223_372_036_854_775_808_u64}), "new"),
        ] {
            let refused = agent.post(CLAIMS, body.clone()).await.expect(422).json();
            assert_eq!(refused["detail"][0]["loc"], json!(["body", field]), "{body}");
        }
        for path in [CLAIMS, "/job-submissions/agent/pending", "/job-submissions/agent/active"] {
            let ask = async |query: &str| match path {
                CLAIMS => agent.delete(&format!("{path}?{query}")).await,
                _ => agent.get(&format!("{path}?{query}")).await,
            };
            for query in ["instance=".to_owned(), format!("instance={long}"), "instance=a%00".into()] {
                let refused = ask(&query).await.expect(422).json();
                assert_eq!(refused["detail"][0]["loc"], json!(["query", "instance"]), "{query}");
            }
        }
        agent.delete(CLAIMS).await.expect(422);
        let longest = "ü".repeat(64);
        agent.post(CLAIMS, json!({"instance": longest, "new": 100})).await.ok();
    }

    async fn a_claim_that_is_no_number_is_refused(app: TestApp) {
        let (_alice, agent) = waiting(&app, 1).await;
        for claim in [json!("one"), json!(1.5), json!(9_223_372_036_854_775_808_u64)] {
            let body = json!({"id": 1, "report_message": "no", "claim": claim});
            let path = "/job-submissions/agent/rejected";
            let refused = agent.post(path, body).await.expect(422).json();
            assert_eq!(refused["detail"][0]["loc"], json!(["body", "claim"]), "{claim}");
        }
    }

    async fn a_person_without_a_cluster_is_no_agent(app: TestApp) {
        let (alice, _agent) = waiting(&app, 1).await;
        alice.post(CLAIMS, json!({"instance": "a", "new": 1})).await.expect(400);
        alice.delete(&format!("{CLAIMS}?instance=a")).await.expect(400);
        app.anonymous().post(CLAIMS, Value::Null).await.expect(401);
    }
}
