//! `/clusters/status`

use chrono::TimeDelta;
use jobbergate_api::permission::Permission;
use serde_json::{Value, json};

use crate::on_both;

on_both! {
    async fn an_agent_reports_and_a_user_sees_it_healthy_until_the_interval_is_over(app: TestApp) {
        let (agent, alice) = (app.agent("cluster-1").await, app.user("alice").await);
        let answer = agent.put("/clusters/status?interval=60", Value::Null).await.expect(202);
        assert_eq!(answer.text, "");

        let expected = json!({
            "client_id": "cluster-1",
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
            "last_reported": "2026-01-01T00:00:00Z",
            "interval": 60,
            "is_healthy": true,
        });
        assert_eq!(alice.get("/clusters/status/cluster-1").await.ok(), expected);

        app.clock.advance(TimeDelta::seconds(61));
        let view = alice.get("/clusters/status/cluster-1").await.ok();
        assert_eq!(view["is_healthy"], false);
        assert_eq!(alice.get("/clusters/status/other").await.expect(404).text, "");
    }

    async fn clusters_are_listed_by_client_id(app: TestApp) {
        for cluster in ["b", "a", "c"] {
            let agent = app.agent(cluster).await;
            agent.put("/clusters/status?interval=5", Value::Null).await.expect(202);
        }
        let page = app.user("alice").await.get("/clusters/status?size=2").await.ok();
        let ids: Vec<_> = page["items"].as_array().unwrap().iter().map(|i| &i["client_id"]).collect();
        assert_eq!(ids, ["a", "b"]);
        assert_eq!((&page["total"], &page["pages"]), (&json!(3), &json!(2)));
    }

    async fn an_interval_must_be_positive_and_fit(app: TestApp) {
        let agent = app.agent("cluster-1").await;
        for interval in ["0", "-1", "x", "1.5", "99999999999"] {
            let path = format!("/clusters/status?interval={interval}");
            let body = agent.put(&path, Value::Null).await.expect(422).json();
            assert_eq!(body["detail"][0]["loc"], json!(["query", "interval"]), "{interval}");
        }
        agent.put("/clusters/status?interval=60.0", Value::Null).await.expect(202);
    }

    async fn not_even_an_administrator_reports_for_an_agent(app: TestApp) {
        let admin = app.somebody("root@example.com", Some("c"), &[Permission::Admin]).await;
        admin.put("/clusters/status?interval=60", Value::Null).await.expect(403);
        let nameless = app.somebody("a@example.com", None, &[Permission::ClustersUpdate]).await;
        let answer = nameless.put("/clusters/status?interval=60", Value::Null).await.expect(400);
        assert!(answer.detail().ends_with("1: client_id"), "{}", answer.detail());
    }
}
