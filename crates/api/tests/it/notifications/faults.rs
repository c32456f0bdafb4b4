//! Brokers, servers and databases that fail.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use jobbergate_api::{args, server};
use jobbergate_testkit::{
    proxy::{Mode, Proxy},
    rabbitmq::VirtualHost,
};
use serde_json::json;

use super::{body, in_both, nothing_waits, rejects, runs, smtp, submits, tells, told};
use super::{until, waiting};
use crate::support::{TestApp, mails, start_time};

/// Runs a statement behind the server's back.
async fn execute(app: &TestApp, sql: &str) {
    let mut db = app.db().write().await.unwrap();
    db.execute(sql, args![]).await.unwrap();
    db.commit().await.unwrap();
}

in_both! {
    async fn nothing_is_kept_when_nobody_is_to_be_told(place: Place) {
        let app = place.server(|_| {}).await;
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let id = submits(&alice).await;
        rejects(&agent, id, "no").await;
        runs(&agent, submits(&alice).await, &["COMPLETED"]).await;
        let cancelled = submits(&alice).await;
        alice.put(&format!("/job-submissions/cancel/{cancelled}"), json!(null)).await.ok();
        assert_eq!(waiting(&app).await, []);
    }

    async fn a_dead_broker_keeps_nobody_waiting_and_is_told_later(place: Place) {
        let host = VirtualHost::new().await.unwrap();
        let broker = Proxy::start(host.port, Mode::Down).await.unwrap();
        let app = place.server(|config| tells(config, &host, broker.address.port())).await;
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let id = submits(&alice).await;
        rejects(&agent, id, "no account").await;
        assert_eq!(alice.get(&format!("/job-submissions/{id}")).await.ok()["status"], "REJECTED");
        tokio::time::sleep(Duration::from_millis(300)).await;
        let kept = waiting(&app).await;
        assert_eq!((kept.len(), kept[0].channel.as_str(), kept[0].failures), (1, "rabbitmq", 0));

        broker.set(Mode::Open);
        assert_eq!(told(&host, 1).await, [body(id, "REJECTED", None)]);
        nothing_waits(&app).await;

        broker.set(Mode::Down);
        let next = submits(&alice).await;
        rejects(&agent, next, "no account").await;
        broker.set(Mode::Open);
        app.clock.advance(TimeDelta::minutes(5));
        assert_eq!(told(&host, 1).await, [body(next, "REJECTED", None)]);
        nothing_waits(&app).await;
    }

    async fn what_happens_to_a_submission_is_told_in_that_order(place: Place) {
        let host = VirtualHost::new().await.unwrap();
        let broker = Proxy::start(host.port, Mode::Down).await.unwrap();
        let app = place.server(|config| tells(config, &host, broker.address.port())).await;
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let id = submits(&alice).await;
        runs(&agent, id, &["RUNNING"]).await;
        let mut expected = Vec::new();
        for _ in 0..5 {
            alice.put(&format!("/job-submissions/cancel/{id}"), json!(null)).await.ok();
            let path = format!("/job-submissions/{id}");
            alice.put(&path, json!({"status": "SUBMITTED"})).await.ok();
            let ended = json!({"slurm_job_id": 7, "slurm_job_state": "FAILED", "slurm_job_info": "{}"});
            agent.put(&format!("/job-submissions/agent/{id}"), ended).await.expect(202);
            alice.put(&path, json!({"status": "SUBMITTED"})).await.ok();
            let state = if expected.is_empty() { "RUNNING" } else { "FAILED" };
            expected.push(body(id, "CANCELLED", Some(state)));
            expected.push(body(id, "ABORTED", Some("FAILED")));
        }
        broker.set(Mode::Open);
        assert_eq!(told(&host, 10).await, expected);
    }

    async fn what_a_killed_server_may_have_told_is_told_again(place: Place) {
        let host = VirtualHost::new().await.unwrap();
        let broker = Proxy::start(host.port, Mode::Open).await.unwrap();
        let mut app = place.server(|config| tells(config, &host, broker.address.port())).await;
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        rejects(&agent, submits(&alice).await, "the first").await;
        told(&host, 1).await;
        nothing_waits(&app).await;

        // The worker has taken the row, and waits for the broker ...
        broker.set(Mode::Held);
        let id = submits(&alice).await;
        rejects(&agent, id, "no").await;
        let taken = async || waiting(&app).await.pop().filter(|row| row.due_at > start_time());
        until(taken).await;
        // ... which gets the message, but the worker can't strike the row off before it is killed.
        let mut locked = app.db().write().await.unwrap();
        locked.execute("UPDATE outbox SET failures = 0", args![]).await.unwrap();
        broker.set(Mode::Open);
        let first = until(async || host.take("jobs").await.unwrap().pop()).await;
        drop(app.worker.take());
        drop(locked);

        let next = place.server(|config| tells(config, &host, host.port)).await;
        assert_eq!(waiting(&next).await.len(), 1);
        next.clock.advance(TimeDelta::seconds(61));
        let second = until(async || host.take("jobs").await.unwrap().pop()).await;
        assert_eq!(second.body, body(id, "REJECTED", None));
        assert_eq!(second, first, "its id tells the receiver that it is the same message");
        nothing_waits(&next).await;
    }

    async fn a_server_that_stops_does_not_wait_for_the_broker_for_ever(place: Place) {
        let host = VirtualHost::new().await.unwrap();
        let broker = Proxy::start(host.port, Mode::Held).await.unwrap();
        let mut app = place.server(|config| tells(config, &host, broker.address.port())).await;
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        rejects(&agent, submits(&alice).await, "no").await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        let stopped = app.worker.take().unwrap().stop();
        tokio::time::timeout(Duration::from_secs(15), stopped).await.unwrap();
        assert_eq!(waiting(&app).await.len(), 1);
    }

    async fn a_new_server_tells_what_the_last_one_left(place: Place) {
        let host = VirtualHost::new().await.unwrap();
        let (broker, smtp) = (Proxy::start(host.port, Mode::Down).await.unwrap(), smtp());
        let mut app = place.server(|config| {
            tells(config, &host, broker.address.port());
            mails(config, broker.address.port());
        })
        .await;
        // The other server goes by the machine's clock.
        app.clock.advance(Utc::now() - start_time());
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let id = submits(&alice).await;
        rejects(&agent, id, "no").await;
        app.worker.take().unwrap().stop().await;
        let channels: Vec<_> = waiting(&app).await.into_iter().map(|row| row.channel).collect();
        assert_eq!(channels, ["rabbitmq", "email"]);

        let config = place.settings(|config| {
            tells(config, &host, host.port);
            mails(config, smtp.port);
        });
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let served = async {
            assert_eq!(told(&host, 1).await, [body(id, "REJECTED", None)]);
            until(async || smtp.received().unwrap().pop()).await;
            nothing_waits(&app).await;
            stop.send(()).unwrap();
        };
        let serving = server::serve(config, async { stopped.await.unwrap() });
        tokio::join!(serving, served).0.unwrap();
    }

    async fn after_a_week_it_is_given_up(place: Place) {
        let host = VirtualHost::new().await.unwrap();
        let broker = Proxy::start(host.port, Mode::Down).await.unwrap();
        let app = place.server(|config| tells(config, &host, broker.address.port())).await;
        let (alice, _agent) = (app.user("alice").await, app.agent("c").await);
        let (old, young) = (submits(&alice).await, submits(&alice).await);
        alice.put(&format!("/job-submissions/cancel/{old}"), json!(null)).await.ok();
        app.clock.advance(TimeDelta::days(3));
        alice.put(&format!("/job-submissions/cancel/{young}"), json!(null)).await.ok();
        app.clock.advance(TimeDelta::days(4));
        assert_eq!(waiting(&app).await.len(), 2, "not yet");
        app.clock.advance(TimeDelta::seconds(1));
        let left = until(async || Some(waiting(&app).await).filter(|left| left.len() == 1)).await;
        assert_eq!(i64::from(left[0].job_submission_id), young);
        broker.set(Mode::Open);
        assert_eq!(told(&host, 1).await, [body(young, "CANCELLED", None)]);
    }

    async fn a_failing_database_does_not_stop_it(place: Place) {
        let host = VirtualHost::new().await.unwrap();
        let broker = Proxy::start(host.port, Mode::Down).await.unwrap();
        let app = place.server(|config| tells(config, &host, broker.address.port())).await;
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let id = submits(&alice).await;
        rejects(&agent, id, "no").await;
        execute(&app, "ALTER TABLE outbox RENAME TO elsewhere").await;
        broker.set(Mode::Open);
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert_eq!(host.take("jobs").await.unwrap(), []);
        execute(&app, "ALTER TABLE elsewhere RENAME TO outbox").await;
        assert_eq!(told(&host, 1).await, [body(id, "REJECTED", None)]);
    }
}
