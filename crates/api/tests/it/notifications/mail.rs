//! E-mail by SMTP.

use jobbergate_api::{args, config::mail::SmtpTls};
use jobbergate_testkit::{
    proxy::{Mode, Proxy},
    smtp::Smtp,
};
use serde_json::json;

use super::{
    a_minute_passes, fails_once, in_both, nothing_waits, rejects, runs, smtp, submits, until,
    waiting,
};
use crate::support::{TestApp, mails};

/// Waits until the worker has tried to connect twice, to find that it is not welcome.
async fn a_while() {
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
}

/// A submission of this user is rejected.
async fn is_rejected(app: &TestApp, name: &str) {
    let user = app.user(name).await;
    let agent = app.agent("c").await;
    let id = submits(&user).await;
    rejects(&agent, id, "no account").await;
}

in_both! {
    async fn the_owner_reads_why_a_job_does_not_run(place: Place) {
        let smtp = smtp();
        let app = place.server(|config| mails(config, smtp.port)).await;
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        let request = json!({"name": "Wärme ☃", "job_script_id": script, "client_id": "c"});
        let id = alice.post("/job-submissions", request).await.created()["id"].as_i64().unwrap();
        rejects(&agent, id, "sbatch: error: <b>no</b>\naccount ☃").await;
        let email = until(async || smtp.received().unwrap().pop()).await;
        assert_eq!(email.sender, "jobs@lab.co");
        assert_eq!(email.recipients, ["alice@example.com"]);
        assert_eq!(email.header("from"), Some("Jobbergate <jobs@lab.co>"));
        assert_eq!(email.header("to"), Some("alice@example.com"));
        let subject = format!("Job submission {id} was rejected: Wärme ☃");
        assert_eq!(email.header("subject"), Some(subject.as_str()));
        assert!(email.header("date").unwrap().starts_with("Thu, 01 Jan 2026 00:00:00"));
        assert!(email.header("message-id").unwrap().ends_with("@lab.co>"));
        assert!(email.header("content-type").unwrap().starts_with("text/plain"));
        let words = format!(
            "Your job submission {id}, \"Wärme ☃\", to the cluster c was rejected: the job does \
             not run.\n\nReason:\n\n    sbatch: error: <b>no</b>\n    account ☃\n\n"
        );
        assert!(email.text.starts_with(&words), "{}", email.text);
        nothing_waits(&app).await;
        assert_eq!(smtp.received().unwrap().len(), 1);
    }

    async fn only_rejections_are_mailed(place: Place) {
        let smtp = smtp();
        let app = place.server(|config| mails(config, smtp.port)).await;
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        for state in ["COMPLETED", "FAILED"] {
            runs(&agent, submits(&alice).await, &["RUNNING", state]).await;
        }
        let cancelled = submits(&alice).await;
        alice.put(&format!("/job-submissions/cancel/{cancelled}"), json!(null)).await.ok();
        assert_eq!(waiting(&app).await, []);
    }

    async fn who_deletes_a_script_lets_the_owners_of_its_submissions_know(place: Place) {
        let smtp = smtp();
        let app = place.server(|config| mails(config, smtp.port)).await;
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let _agent = app.agent("c").await;
        let script = alice.has_script("s", "echo").await;
        bob.has_submission(script, "c").await;
        alice.delete(&format!("/job-scripts/{script}")).await.expect(204);
        let email = until(async || smtp.received().unwrap().pop()).await;
        assert_eq!(email.recipients, ["bob@example.com"]);
        let reason = "    Parent job script was deleted before the submission.\n";
        assert!(email.text.contains(reason), "{}", email.text);
    }

    async fn a_busy_server_gets_it_later(place: Place) {
        let smtp = smtp();
        smtp.set_busy(true).unwrap();
        let app = place.server(|config| mails(config, smtp.port)).await;
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        rejects(&agent, submits(&alice).await, "no").await;
        fails_once(&app).await;
        a_minute_passes(&app);
        until(async || waiting(&app).await.pop().filter(|row| row.failures > 1)).await;
        smtp.set_busy(false).unwrap();
        a_minute_passes(&app);
        let email = until(async || smtp.received().unwrap().pop()).await;
        assert_eq!(email.recipients, ["alice@example.com"]);
        nothing_waits(&app).await;
    }

    async fn who_can_get_nothing_for_now_delays_nobody_else(place: Place) {
        let smtp = smtp();
        let app = place.server(|config| mails(config, smtp.port)).await;
        let (later, alice) = (app.user("later").await, app.user("alice").await);
        let agent = app.agent("c").await;
        for round in 1..=3 {
            rejects(&agent, submits(&later).await, "no").await;
            let refused = async || {
                let rows = waiting(&app).await;
                (rows.len() == round && rows.iter().all(|row| row.failures > 0)).then_some(())
            };
            until(refused).await;
        }
        // After a pause for all it would take seconds.
        let begun = std::time::Instant::now();
        rejects(&agent, submits(&alice).await, "no").await;
        let email = until(async || smtp.received().unwrap().pop()).await;
        assert_eq!(email.recipients, ["alice@example.com"]);
        assert!(begun.elapsed().as_millis() < 2000, "{:?}", begun.elapsed());
        // The row goes when the server has confirmed the message.
        until(async || (waiting(&app).await.len() == 3).then_some(())).await;
    }

    async fn what_nobody_can_get_is_given_up(place: Place) {
        let smtp = smtp();
        let app = place.server(|config| mails(config, smtp.port)).await;
        let (nobody, alice) = (app.user("nobody").await, app.user("alice").await);
        let agent = app.agent("c").await;
        rejects(&agent, submits(&nobody).await, "no").await;
        nothing_waits(&app).await;
        let odd = submits(&alice).await;
        let mut db = app.db().write().await.unwrap();
        let sql = "UPDATE job_submissions SET owner_email = $1 WHERE id = $2";
        db.execute(sql, args!["not\r\nan <address", odd]).await.unwrap();
        db.commit().await.unwrap();
        rejects(&agent, odd, "no").await;
        nothing_waits(&app).await;
        rejects(&agent, submits(&alice).await, "no").await;
        let email = until(async || smtp.received().unwrap().pop()).await;
        assert_eq!(email.recipients, ["alice@example.com"]);
        assert_eq!(smtp.received().unwrap().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sends_mail_by_the_name_of_a_job() {
    let smtp = smtp();
    let app = TestApp::configured(|config| mails(config, smtp.port)).await;
    let (alice, agent) = (app.user("alice").await, app.agent("c").await);
    let script = alice.has_script("s", "echo").await;
    let name = "x\r\nBcc: eve@evil.co\r\n\r\nbuy";
    let request = json!({"name": name, "job_script_id": script, "client_id": "c"});
    let id = alice.post("/job-submissions", request).await.created()["id"].as_i64().unwrap();
    rejects(&agent, id, ".\r\nRCPT TO:<eve@evil.co>\r\n..").await;
    let email = until(async || smtp.received().unwrap().pop()).await;
    assert_eq!(email.recipients, ["alice@example.com"]);
    assert_eq!(email.header("bcc"), None);
    let subject = format!("Job submission {id} was rejected: x Bcc: eve@evil.co buy");
    assert_eq!(email.header("subject"), Some(subject.as_str()));
    let reason = "Reason:\n\n    .\n    RCPT TO:<eve@evil.co>\n    ..\n";
    assert!(email.text.contains(reason), "{}", email.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_beyond_ascii_are_served() {
    let smtp = smtp();
    let app = TestApp::configured(|config| mails(config, smtp.port)).await;
    is_rejected(&app, "jürgen").await;
    let email = until(async || smtp.received().unwrap().pop()).await;
    assert_eq!(email.recipients, ["jürgen@example.com"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_server_gets_it_when_it_is_back() {
    let smtp = smtp();
    let proxy = Proxy::start(smtp.port, Mode::Down).await.unwrap();
    let app = TestApp::configured(|config| mails(config, proxy.address.port())).await;
    is_rejected(&app, "alice").await;
    a_while().await;
    assert_eq!(waiting(&app).await.len(), 1);
    proxy.set(Mode::Open);
    until(async || smtp.received().unwrap().pop()).await;
    nothing_waits(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_asks_for_a_password_gets_the_right_one() {
    let smtp = Smtp::with_credentials("jobs", "secret").unwrap();
    let app = TestApp::configured(|config| {
        mails(config, smtp.port);
        config.mail.smtp_username = Some("jobs".to_owned());
        config.mail.smtp_password = Some("secret".to_owned());
    })
    .await;
    is_rejected(&app, "alice").await;
    until(async || smtp.received().unwrap().pop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_wrong_password_or_none_nothing_is_lost() {
    let smtp = Smtp::with_credentials("jobs", "secret").unwrap();
    for password in [Some("wrong".to_owned()), None] {
        let app = TestApp::configured(|config| {
            mails(config, smtp.port);
            config.mail.smtp_username = password.as_ref().map(|_| "jobs".to_owned());
            config.mail.smtp_password = password;
        })
        .await;
        is_rejected(&app, "alice").await;
        a_while().await;
        assert_eq!(waiting(&app).await.len(), 1);
    }
    assert_eq!(smtp.received().unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_in_the_clear_unless_that_is_wanted() {
    let smtp = Smtp::with_credentials("jobs", "secret").unwrap();
    for tls in [SmtpTls::Starttls, SmtpTls::Tls] {
        let app = TestApp::configured(|config| {
            mails(config, smtp.port);
            config.mail.smtp_tls = tls;
            config.mail.smtp_username = Some("jobs".to_owned());
            config.mail.smtp_password = Some("secret".to_owned());
        })
        .await;
        is_rejected(&app, "alice").await;
        a_while().await;
        assert_eq!(waiting(&app).await.len(), 1, "{tls:?}");
    }
    assert_eq!(smtp.received().unwrap(), []);
}
