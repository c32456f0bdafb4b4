//! The pages of clusters.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    identity::story::person,
    on_both,
    support::TestApp,
    web::browser::{Browser, heading},
};

fn facts(name: &str) -> Value {
    json!({
        "agent_version": "1.2.3",
        "slurm_version": "22.05.8",
        "partitions": [{
            "name": name, "is_default": true, "is_hidden": true, "state": "DRAIN",
            "node_names": "node[1-4]", "total_nodes": 4, "total_cpus": 16, "max_time_minutes": 1500,
            "default_time_minutes": 5, "min_nodes": 2, "max_nodes": 3, "max_cpus_per_node": 2,
            "max_memory_per_node_mb": 2048, "max_memory_per_cpu_mb": null,
            "default_memory_per_node_mb": null, "default_memory_per_cpu_mb": 512,
            "allowed_accounts": ["physics", "chemistry"], "denied_accounts": null,
            "allowed_groups": ["hpc"], "allowed_qos": ["normal"], "denied_qos": null, "qos": "part",
        }],
        "nodes": [
            {"state": "MIXED", "state_flags": [], "count": 3, "partitions": [name], "cpus": 4,
             "memory_mb": 2000, "features": [], "gres": [], "allocated_cpus": 5,
             "allocated_memory_mb": 0},
            {"state": "DOWN", "state_flags": [], "count": 1, "partitions": [name], "cpus": 4,
             "memory_mb": 2000, "features": [], "gres": [], "allocated_cpus": 0,
             "allocated_memory_mb": 0},
        ],
        "jobs": {"PENDING": 3, "RUNNING": 17},
        "accounting": {
            "accounts": [{"name": "physics", "parent": "root"}],
            "qos": [{"name": "normal", "priority": 7, "max_time_minutes": 60,
                "max_jobs_per_user": 5, "max_submitted_per_user": null,
                "max_resources_per_job": null, "max_resources_per_user": "cpu=64"}],
            "associations": [{"user": "alice", "account": "physics", "qos": ["normal"]}],
        },
        "remarks": ["something is not known"],
    })
}

async fn alice(app: &TestApp) -> Browser {
    person(app, "alice", &["user"]).await;
    Browser::of(app, "alice@example.com").await
}

on_both! {
    async fn alice_sees_how_clusters_are(app: TestApp) {
        let mut alice = alice(&app).await;
        let page = alice.open("/clusters").await.expect(200);
        assert!(page.text.contains("There is no cluster yet.") && page.text.contains("Ask your administrator"));
        let agent = app.agent("c1").await;
        agent.put("/clusters/status?interval=60&slurm_silent_seconds=600", Value::Null).await.expect(202);
        let page = alice.open("/clusters").await.expect(200);
        assert!(page.text.contains(r#"href="/clusters/c1""#) && page.text.contains("Slurm does not answer"), "{}", page.text);
        assert!(page.text.contains(">10 min ago</time>"));
        app.clock.advance(TimeDelta::minutes(3));
        let page = alice.open("/clusters").await.expect(200);
        assert!(page.text.contains("Agent does not report") && page.text.contains(">3 min ago</time>"));
        assert!(!page.text.contains("/admin/agents"));
    }

    async fn why_slurm_does_not_answer_is_said_at_once(app: TestApp) {
        let mut alice = alice(&app).await;
        let agent = app.agent("c1").await;
        let path = "/clusters/status?interval=60&slurm_silent_seconds=1";
        let problem = "&slurm_problem=squeue%20failed:%20%3Cno%3E";
        agent.put(&format!("{path}{problem}"), Value::Null).await.expect(202);
        for page in ["/clusters", "/clusters/c1"] {
            let page = alice.open(page).await.expect(200);
            assert!(page.text.contains(">Slurm does not answer<") && page.text.contains("squeue failed: &#60;no&#62;"), "{}", page.text);
        }
        let view = app.user("bob").await.get("/clusters/status/c1").await.ok();
        assert_eq!(view["slurm_problem"], "squeue failed: <no>");
        agent.put(path, Value::Null).await.expect(202);
        let page = alice.open("/clusters/c1").await.expect(200);
        assert!(page.text.contains(">Connected<") && !page.text.contains("squeue failed"), "{}", page.text);
        let long = format!("{path}&slurm_problem={}", "x".repeat(1001));
        agent.put(&long, Value::Null).await.expect(422);
    }

    async fn a_registered_cluster_is_there_before_its_agent_and_gone_with_its_client(app: TestApp) {
        let mut alice = alice(&app).await;
        let agent = app.agent("new-one").await;
        for page in ["/clusters", "/clusters/new-one", "/"] {
            let page = alice.open(page).await.expect(200);
            assert!(page.text.contains("new-one") && page.text.contains("Agent has never reported"), "{}", page.text);
        }
        agent.put("/clusters/status?interval=60", Value::Null).await.expect(202);
        let owner = app.user("alice").await;
        let script = owner.has_script("s", "echo").await;
        owner.has_submission(script, "new-one").await;
        app.provider().delete_client("new-one").await.unwrap();
        assert!(!alice.open("/clusters").await.expect(200).text.contains("new-one"));
        let page = alice.open("/submissions/1").await.expect(200);
        assert!(page.text.contains("agent was deleted: nobody submits or follows this any more."), "{}", page.text);
        let page = alice.open("/clusters/new-one").await.expect(200);
        assert!(page.text.contains("agent was deleted: nothing can be submitted to it."), "{}", page.text);
    }

    async fn alice_sees_what_a_cluster_offers(app: TestApp) {
        let mut alice = alice(&app).await;
        let agent = app.agent("c1").await;
        agent.put("/clusters/status?interval=3600&slurm_silent_seconds=1", Value::Null).await.expect(202);
        let page = alice.open("/clusters/c1").await.expect(200);
        assert!(page.text.contains("The agent has not said yet what Slurm offers here."), "{}", page.text);
        agent.put("/clusters/facts", facts("debug")).await.expect(202);
        let page = alice.open("/clusters/c1").await.expect(200);
        assert_eq!(heading(&page), "c1");
        for words in [
            ">Connected<", "Jobbergate 1.2.3", "22.05.8, 4 nodes", ">debug", ">default<", ">hidden<", ">DRAIN<",
            ">1 out<", "5 of 16", "1 d 1 h; 5 min unless said", "at least nodes: 2", "at most nodes: 3",
            "memory per node: 2.00 GiB", "512 MiB per processor unless said", "limits of QOS part",
            "accounts: physics, chemistry", "groups: hpc", "QOS: normal", "<dt>RUNNING</dt><dd>17</dd>",
            ">physics<", ">normal<", "at most 1 h", "per user: cpu=64", "something is not known",
        ] {
            assert!(page.text.contains(words), "{words} in {}", page.text);
        }
        assert!(!page.text.contains("may not be so any more"));
        app.clock.advance(TimeDelta::minutes(20));
        let page = alice.open("/clusters/c1").await.expect(200);
        assert!(page.text.contains("may not be so any more") && page.text.contains(">20 min ago</time>"), "{}", page.text);
    }

    async fn long_lists_are_shown_page_by_page(app: TestApp) {
        let mut alice = alice(&app).await;
        let agent = app.agent("c1").await;
        let mut many = facts("debug");
        let accounts = (0..120).map(|number| json!({"name": format!("a{number:03}"), "parent": null}));
        many["accounting"]["accounts"] = accounts.collect();
        let partition = many["partitions"][0].clone();
        let partitions = (0..60).map(|number| {
            let mut partition = partition.clone();
            partition["name"] = json!(format!("p{number:02}"));
            partition
        });
        many["partitions"] = partitions.collect();
        agent.put("/clusters/facts", many).await.expect(202);
        let page = alice.open("/clusters/c1").await.expect(200);
        assert!(page.text.contains(">a049<") && !page.text.contains(">a050<"), "{}", page.text);
        assert!(page.text.contains("120 accounts · page 1 of 3"));
        assert!(page.text.contains(">p49") && !page.text.contains(">p50"));
        let page = alice.open("/clusters/c1?accounts=3&partitions=2").await.expect(200);
        assert!(page.text.contains(">a119<") && !page.text.contains(">a099<") && page.text.contains(">p59"));
        assert!(page.text.contains("accounts=3&#38;qos=&#38;partitions=2") || page.text.contains("accounts=3&amp;qos=&amp;partitions=2"), "it stays so when it is refreshed: {}", page.text);
        for odd in ["accounts=0", "accounts=-1", "accounts=x", "accounts=999999999999999999999"] {
            alice.open(&format!("/clusters/c1?{odd}")).await.expect(200);
        }
    }

    async fn what_slurm_says_is_text(app: TestApp) {
        let mut alice = alice(&app).await;
        let agent = app.agent("c1").await;
        let evil = "<script>alert(1)</script>\"'>";
        let mut hostile = facts(evil);
        hostile["slurm_version"] = json!(evil);
        hostile["agent_version"] = json!(evil);
        hostile["jobs"] = json!({evil: 1});
        hostile["remarks"] = json!([evil]);
        hostile["partitions"][0]["node_names"] = json!(evil);
        hostile["partitions"][0]["allowed_accounts"] = json!([evil]);
        hostile["accounting"]["accounts"][0]["name"] = json!(evil);
        hostile["accounting"]["qos"][0]["max_resources_per_user"] = json!(evil);
        agent.put("/clusters/facts", hostile).await.expect(202);
        let page = alice.open("/clusters/c1").await.expect(200);
        assert!(!page.text.contains("<script>alert") && page.text.contains("alert(1)"), "{}", page.text);
    }

    async fn a_cluster_of_which_nothing_is_known_is_not_here(app: TestApp) {
        let mut alice = alice(&app).await;
        for path in ["/clusters/none", "/clusters/%00", "/clusters/%3Cscript%3E"] {
            let page = alice.open(path).await.expect(404);
            assert_eq!(heading(&page), "This is not here any more");
        }
        assert!(alice.open("/clusters?page=7").await.expect(200).text.contains("There is no cluster yet."));
        app.agent("c1").await;
        for page in ["7", "0", "x"] {
            let page = alice.open(&format!("/clusters?page={page}")).await.expect(200);
            assert!(page.text.contains(r#"href="/clusters/c1""#), "{}", page.text);
        }
    }

    async fn who_may_not_read_clusters_sees_none(app: TestApp) {
        person(&app, "bob", &[]).await;
        let mut bob = Browser::of(&app, "bob@example.com").await;
        for path in ["/clusters", "/clusters/c1"] {
            assert_eq!(heading(&bob.open(path).await.expect(403)), "You may not see or do this");
        }
        assert_eq!(heading(&Browser::new(&app).open("/clusters").await), "Log in");
    }

    async fn who_has_its_submissions_is_shown(app: TestApp) {
        let mut alice = alice(&app).await;
        let agent = app.agent("c1").await;
        agent.put("/clusters/status?interval=60", Value::Null).await.expect(202);
        agent.post("/job-submissions/agent/claims", json!({"instance": "node-a", "new": 0})).await.ok();
        let page = alice.open("/clusters/c1").await.expect(200);
        assert!(page.text.contains("node-a") && page.text.contains(">at work<"), "{}", page.text);
        app.clock.advance(TimeDelta::seconds(30));
        let page = alice.open("/clusters/c1").await.expect(200);
        assert!(!page.text.contains(">at work<"), "{}", page.text);
    }

    async fn a_cluster_of_another_organization_is_not_there(app: TenantApp) {
        let (one, other) = (app.organization().await, app.organization().await);
        let agent = other.agent("c1").await;
        agent.put("/clusters/status?interval=60", Value::Null).await.expect(202);
        agent.put("/clusters/facts", facts("debug")).await.expect(202);
        let new = jobbergate_api::identity::NewUser {
            email: "alice@example.com".to_owned(),
            roles: vec!["user".to_owned()],
            password: Some(crate::identity::story::PASSWORD.to_owned()),
            organization: Some(one.id.clone()),
            ..Default::default()
        };
        app.provider().create_user(&new, &mut crate::support::random()).await.unwrap();
        let mut alice = Browser::of(&app, "alice@example.com").await;
        assert!(alice.open("/clusters").await.expect(200).text.contains("There is no cluster yet."));
        alice.open("/clusters/c1").await.expect(404);
    }
}
