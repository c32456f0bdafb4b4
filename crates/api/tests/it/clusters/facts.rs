//! `/clusters/facts`

use chrono::TimeDelta;
use jobbergate_api::permission::Permission;
use serde_json::{Value, json};

use crate::on_both;

fn facts() -> Value {
    json!({
        "slurm_version": "22.05.8",
        "partitions": [{
            "name": "debug", "is_default": true, "is_hidden": false, "state": "UP",
            "node_names": "node1", "total_nodes": 1, "total_cpus": 4, "max_time_minutes": 30,
            "default_time_minutes": 5, "min_nodes": 0, "max_nodes": null, "max_cpus_per_node": null,
            "max_memory_per_node_mb": null, "max_memory_per_cpu_mb": null,
            "default_memory_per_node_mb": null, "default_memory_per_cpu_mb": null,
            "allowed_accounts": ["physics"], "denied_accounts": null, "allowed_groups": null,
            "allowed_qos": null, "denied_qos": null, "qos": null,
        }],
        "nodes": [{
            "state": "IDLE", "state_flags": ["DRAIN"], "count": 1, "partitions": ["debug"],
            "cpus": 4, "memory_mb": 2000, "features": ["avx"], "gres": ["gpu:a100:4"],
            "allocated_cpus": 0, "allocated_memory_mb": 0,
        }],
        "jobs": {"PENDING": 3, "RUNNING": 1},
        "accounting": {
            "accounts": [{"name": "physics", "parent": "root"}],
            "qos": [{"name": "normal", "priority": 0, "max_time_minutes": null,
                "max_jobs_per_user": 5, "max_submitted_per_user": null,
                "max_resources_per_job": null, "max_resources_per_user": "cpu=64"}],
            "associations": [{"user": "alice", "account": "physics", "qos": ["normal"]}],
        },
        "remarks": ["something is not known"],
    })
}

on_both! {
    async fn an_agent_says_what_its_cluster_is_and_a_user_reads_it(app: TestApp) {
        let (agent, alice) = (app.agent("cluster-1").await, app.user("alice").await);
        let unknown = alice.get("/clusters/facts/cluster-1").await.expect(404);
        let words = "Nothing is known of a cluster cluster-1: no agent with this client id has";
        assert!(unknown.detail().starts_with(words), "{}", unknown.detail());
        let answer = agent.put("/clusters/facts", facts()).await.expect(202);
        assert_eq!(answer.text, "");
        let mut expected = facts();
        expected["client_id"] = json!("cluster-1");
        expected["reported_at"] = json!("2026-01-01T00:00:00Z");
        assert_eq!(alice.get("/clusters/facts/cluster-1").await.ok(), expected);
        let list = alice.get("/clusters/status").await.ok();
        assert_eq!(list["total"], 0, "facts are no heartbeat");
    }

    async fn what_was_found_last_takes_the_place_of_what_was_found_before(app: TestApp) {
        let (agent, alice) = (app.agent("c").await, app.user("alice").await);
        agent.put("/clusters/facts", facts()).await.expect(202);
        app.clock.advance(TimeDelta::seconds(300));
        let empty = json!({"slurm_version": null, "partitions": [], "nodes": [], "jobs": {},
            "accounting": null, "remarks": []});
        agent.put("/clusters/facts", empty).await.expect(202);
        let view = alice.get("/clusters/facts/c").await.ok();
        assert_eq!(view["reported_at"], "2026-01-01T00:05:00Z");
        assert_eq!((&view["partitions"], &view["accounting"]), (&json!([]), &Value::Null));
        alice.get("/clusters/facts/other").await.expect(404);
    }

    async fn a_newer_agent_may_know_more_than_the_server(app: TestApp) {
        let (agent, alice) = (app.agent("c").await, app.user("alice").await);
        let mut newer = facts();
        newer["weather"] = json!("fine");
        newer["partitions"][0]["colour"] = json!("red");
        agent.put("/clusters/facts", newer).await.expect(202);
        let view = alice.get("/clusters/facts/c").await.ok();
        assert_eq!(view.get("weather"), None);
        assert_eq!(view["partitions"][0]["name"], "debug");
    }

    async fn facts_that_are_too_many_or_none_are_refused_by_name(app: TestApp) {
        let agent = app.agent("c").await;
        let mut many = facts();
        many["partitions"] = json!(vec![facts()["partitions"][0].clone(); 1001]);
        let body = agent.put("/clusters/facts", many).await.expect(422).json();
        assert_eq!(body["detail"][0]["loc"], json!(["body", "partitions"]));
        let mut long = facts();
        let association = json!({"user": "u".repeat(300), "account": "a"});
        long["accounting"]["associations"] = json!(vec![association; 10_000]);
        let refused = agent.put("/clusters/facts", long).await.expect(413);
        assert!(refused.detail().contains("cannot exceed 2097152 bytes"), "{}", refused.detail());
        agent.put("/clusters/facts", Value::Null).await.expect(422);
        let body = agent.put("/clusters/facts", json!({"nodes": 7})).await.expect(422).json();
        let places: Vec<_> = body["detail"].as_array().unwrap().iter().map(|p| &p["loc"]).collect();
        assert!(places.contains(&&json!(["body", "nodes"])), "{body}");
    }

    async fn only_an_agent_reports_and_only_who_may_see_clusters_reads(app: TestApp) {
        let admin = app.somebody("root@example.com", Some("c"), &[Permission::Admin]).await;
        admin.put("/clusters/facts", facts()).await.expect(403);
        let alice = app.user("alice").await;
        alice.put("/clusters/facts", facts()).await.expect(403);
        let nameless = app.somebody("a@example.com", None, &[Permission::ClustersUpdate]).await;
        let answer = nameless.put("/clusters/facts", facts()).await.expect(400);
        assert!(answer.detail().ends_with("1: client_id"), "{}", answer.detail());
        app.agent("c").await.put("/clusters/facts", facts()).await.expect(202);
        nameless.get("/clusters/facts/c").await.expect(403);
        admin.get("/clusters/facts/c").await.ok();
        alice.get("/clusters/facts/c").await.ok();
    }

    async fn the_python_agents_heartbeat_is_as_it_was(app: TestApp) {
        let (agent, alice) = (app.agent("c").await, app.user("alice").await);
        agent.put("/clusters/status?interval=60", Value::Null).await.expect(202);
        let view = alice.get("/clusters/status/c").await.ok();
        let fields: Vec<_> = view.as_object().unwrap().keys().collect();
        let theirs =
            ["client_id", "created_at", "updated_at", "last_reported", "interval", "is_healthy"];
        assert_eq!(fields, theirs);
    }
}
