//! Messages to RabbitMQ.

use std::time::Duration;

use jobbergate_api::identity::UserToken;
use jobbergate_testkit::rabbitmq::VirtualHost;
use jobbergate_types::Permission;
use serde_json::{Value, json};

use super::{a_minute_passes, body, fails_once, in_both, nothing_waits, rejects, runs, submits};
use super::{tells, told, until, waiting};
use crate::support::{Actor, TestApp};

/// Somebody who belongs to an organization.
pub(super) async fn member(app: &TestApp, name: &str, organization: &str) -> Actor {
    let permissions = Permission::ALL.into_iter().filter(|permission| permission.is_for_users());
    let user = UserToken {
        email: format!("{name}@example.com"),
        permissions: permissions.collect(),
        client_id: None,
        lifetime: 10_000_000,
        organization: Some(organization.to_owned()),
    };
    app.bearer(&app.provider().issue_user_token(&user, "test").await.unwrap())
}

pub(super) async fn cancels(user: &Actor, id: i64) {
    user.put(&format!("/job-submissions/cancel/{id}"), json!(null)).await.ok();
}

in_both! {
    async fn a_rejection_is_told(place: Place) {
        let host = VirtualHost::new().await.unwrap();
        let app = place.server(|config| tells(config, &host, host.port)).await;
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let id = submits(&alice).await;
        rejects(&agent, id, "no account").await;

        let taken = || async { host.take("jobs").await.unwrap().pop() };
        let message = until(taken).await;

        assert_eq!(message.body, body(id, "REJECTED", None));
        assert_eq!((message.exchange.as_str(), message.routing_key.as_str()), ("default", "status"));
        assert_eq!(message.properties["delivery_mode"], 2);
        assert_eq!(message.properties["headers"], json!({"organization": "default"}));
        assert_eq!(message.properties["content_type"], "application/json");
        nothing_waits(&app).await;
        let exchange = host.describe("exchanges/{name}/default").await.unwrap().unwrap();
        assert_eq!((&exchange["type"], &exchange["durable"]), (&json!("direct"), &json!(true)));
        assert_eq!(exchange["auto_delete"], false);
        let queue = host.describe("queues/{name}/jobs").await.unwrap().unwrap();
        assert_eq!((&queue["durable"], &queue["auto_delete"]), (&json!(true), &json!(false)));
        let bound = host.describe("bindings/{name}/e/default/q/jobs").await.unwrap().unwrap();
        assert_eq!(bound[0]["routing_key"], "status");
    }

    async fn each_end_is_told_and_nothing_else(place: Place) {
        let host = VirtualHost::new().await.unwrap();
        let app = place.server(|config| tells(config, &host, host.port)).await;
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let done = submits(&alice).await;
        runs(&agent, done, &["RUNNING", "COMPLETED"]).await;
        assert_eq!(told(&host, 1).await, [body(done, "DONE", Some("COMPLETED"))]);

        let aborted = submits(&alice).await;
        runs(&agent, aborted, &["RUNNING", "TIMEOUT"]).await;
        assert_eq!(told(&host, 1).await, [body(aborted, "ABORTED", Some("TIMEOUT"))]);

        let cancelled = submits(&alice).await;
        runs(&agent, cancelled, &["RUNNING"]).await;
        cancels(&alice, cancelled).await;
        assert_eq!(told(&host, 1).await, [body(cancelled, "CANCELLED", Some("RUNNING"))]);
        let ended = json!({"slurm_job_id": 7, "slurm_job_state": "CANCELLED", "slurm_job_info": "{}"});
        agent.put(&format!("/job-submissions/agent/{cancelled}"), ended).await.expect(202);

        let renamed = json!({"name": "other", "status": "DONE"});
        alice.put(&format!("/job-submissions/{cancelled}"), renamed).await.ok();
        rejects(&agent, submits(&alice).await, "the last").await;
        assert_eq!(told(&host, 1).await[0]["additional_context"]["status"], "REJECTED");
        nothing_waits(&app).await;
    }

    async fn the_organization_of_the_caller_is_the_exchange(place: Place) {
        let host = VirtualHost::new().await.unwrap();
        let app = place.server(|config| {
            tells(config, &host, host.port);
            config.rabbitmq.rabbitmq_default_exchange = "all".to_owned();
        })
        .await;
        let agent = app.agent("c").await;
        let alice = member(&app, "alice", "läb/7").await;
        let id = submits(&alice).await;
        cancels(&alice, id).await;
        let message = until(async || host.take("jobs").await.unwrap().pop()).await;
        assert_eq!(message.exchange, "läb/7");
        assert_eq!(message.properties["headers"], json!({"organization": "läb/7"}));

        rejects(&agent, submits(&alice).await, "").await;
        let message = until(async || host.take("jobs").await.unwrap().pop()).await;
        assert_eq!(message.exchange, "all");
    }

    async fn what_waited_for_a_deleted_script_is_told_as_rejected(place: Place) {
        let host = VirtualHost::new().await.unwrap();
        let app = place.server(|config| tells(config, &host, host.port)).await;
        let (alice, _agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        let mut ids = Vec::new();
        for _ in 0..40 {
            ids.push(alice.has_submission(script, "c").await);
        }
        alice.delete(&format!("/job-scripts/{script}")).await.expect(204);
        let mut bodies = told(&host, 40).await;
        bodies.sort_by_key(|body| body["path"].as_str().unwrap().len());
        let expected: Vec<_> = ids.iter().map(|id| body(*id, "REJECTED", None)).collect();
        assert!(expected.iter().all(|body| bodies.contains(body)), "{bodies:?}");
        nothing_waits(&app).await;
    }

    async fn what_the_broker_refuses_keeps_nothing_else_waiting(place: Place) {
        let host = VirtualHost::new().await.unwrap();
        let topic = json!({"type": "topic", "durable": true});
        host.declare("exchanges/{name}/default", &topic).await.unwrap();
        let app = place.server(|config| tells(config, &host, host.port)).await;
        let (alice, bob) = (app.user("alice").await, member(&app, "bob", "lab").await);
        let _agent = app.agent("c").await;
        let first = submits(&alice).await;
        cancels(&alice, first).await;
        fails_once(&app).await;

        let second = submits(&bob).await;
        cancels(&bob, second).await;
        assert_eq!(told(&host, 1).await[0]["user_email"], "bob@example.com");
        let left = until(async || Some(waiting(&app).await).filter(|left| left.len() == 1)).await;
        assert_eq!(i64::from(left[0].job_submission_id), first);

        host.delete("exchanges/{name}/default").await.unwrap();
        a_minute_passes(&app);
        assert_eq!(told(&host, 1).await, [body(first, "CANCELLED", None)]);
        nothing_waits(&app).await;
    }

    async fn an_organization_that_can_be_no_exchange_is_told_by_the_default_one(place: Place) {
        let host = VirtualHost::new().await.unwrap();
        let app = place.server(|config| tells(config, &host, host.port)).await;
        let _agent = app.agent("c").await;
        for organization in ["amq.lab", &"o".repeat(256)] {
            let alice = member(&app, "alice", organization).await;
            cancels(&alice, submits(&alice).await).await;
            let message = until(async || host.take("jobs").await.unwrap().pop()).await;
            assert_eq!(message.exchange, "default");
            assert_eq!(message.properties["headers"], json!({"organization": organization}));
        }
        nothing_waits(&app).await;
    }

    async fn two_servers_tell_everything_once(place: Place) {
        let host = VirtualHost::new().await.unwrap();
        let one = place.server(|config| tells(config, &host, host.port)).await;
        let other = place.server(|config| tells(config, &host, host.port)).await;
        let (alice, agent) = (one.user("alice").await, one.agent("c").await);
        let beside = other.bearer(agent.token().unwrap());
        let script = alice.has_script("s", "echo").await;
        for number in 0..60 {
            let id = alice.has_submission(script, "c").await;
            rejects(if number % 2 == 0 { &agent } else { &beside }, id, "no").await;
        }
        let bodies = told(&host, 60).await;
        let mut paths: Vec<Value> = bodies.into_iter().map(|body| body["path"].clone()).collect();
        paths.sort_by_key(ToString::to_string);
        paths.dedup();
        assert_eq!(paths.len(), 60);
        nothing_waits(&one).await;
        assert_eq!(host.take("jobs").await.unwrap(), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_can_not_be_trusted_is_told_nothing() {
    let host = VirtualHost::new().await.unwrap();
    for (tls, password) in [(true, "guest"), (false, "wrong")] {
        let app = TestApp::configured(|config| {
            tells(config, &host, host.port);
            config.rabbitmq.rabbitmq_use_tls = tls;
            config.rabbitmq.rabbitmq_password = password.to_owned();
        })
        .await;
        let (alice, _agent) = (app.user("alice").await, app.agent("c").await);
        cancels(&alice, submits(&alice).await).await;
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert_eq!(waiting(&app).await.len(), 1);
    }
    assert_eq!(host.take("jobs").await.unwrap(), []);
}
