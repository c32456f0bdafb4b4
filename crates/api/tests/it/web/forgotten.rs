//! A link by e-mail for who forgot their password.

use jobbergate_api::config::mail::SmtpTls;
use jobbergate_testkit::smtp::{Email, Smtp};

use super::browser::{Browser, heading, plain, problem};
use crate::{
    identity::story::{PASSWORD, person},
    on_both,
    support::{Answer, TestApp, database, eventually},
};

const FORGOTTEN: &str = "/realms/jobbergate/forgotten";
const NEW: &str = "a different horse, a different staple";

async fn on_each() -> Vec<(TestApp, Smtp)> {
    let mut all = Vec::new();
    for on_postgres in [false, true] {
        let smtp = Smtp::start().unwrap();
        let port = smtp.port;
        let change = |config: &mut jobbergate_api::config::ServeConfig| {
            config.mail.smtp_host = Some("localhost".to_owned());
            config.mail.smtp_port = Some(port);
            config.mail.smtp_from_email = Some("Jobbergate <jobs@lab.co>".to_owned());
            config.mail.smtp_tls = SmtpTls::None;
        };
        let app = match on_postgres {
            true => TestApp::configured_on_database(database().await, change).await,
            false => TestApp::configured(change).await,
        };
        all.push((app, smtp));
    }
    all
}

async fn asks(browser: &mut Browser, email: &str) -> Answer {
    let page = browser.open(FORGOTTEN).await.expect(200);
    browser.submit(&page, "/forgotten", &[("email", email)]).await
}

async fn mails(smtp: &Smtp, count: usize) -> Vec<Email> {
    eventually(async || smtp.received().unwrap().len() >= count).await;
    smtp.received().unwrap()
}

fn link(app: &TestApp, mail: &Email) -> String {
    let url = mail.text.lines().find(|line| line.contains("link=")).unwrap().trim();
    let path = url.split_once("/realms/").unwrap().1;
    format!("http://{}/realms/{path}", app.address)
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_sent_a_link_and_chooses_another_password() {
    for (app, smtp) in on_each().await {
        person(&app, "alice", &["user"]).await;
        let mut alice = Browser::new(&app);
        assert!(alice.open("/realms/jobbergate/login").await.text.contains("Password forgotten?"));
        for count in 1..=2 {
            let answer = asks(&mut alice, " alice@Example.com ").await;
            assert_eq!(heading(&alice.follow(&answer).await), "Look into your mailbox");
            mails(&smtp, count).await;
        }
        let mails = mails(&smtp, 2).await;
        assert_eq!(mails[0].recipients, ["alice@example.com"]);
        assert_eq!(mails[0].header("subject"), Some("Jobbergate: choose a new password"));
        assert!(mails[0].text.contains("until 2026-01-01 01:00 UTC"), "{}", mails[0].text);
        // Who asks a second time may still use the first one; then both are used up.
        let page = alice.open(&link(&app, &mails[0])).await.expect(200);
        let fields = [("password", NEW), ("again", NEW)];
        alice.submit(&page, "/password", &fields).await.expect(303);
        alice.open(&link(&app, &mails[1])).await.expect(404);
        Browser::new(&app).log_in("alice@example.com", NEW).await.expect(303);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_who_has_an_account() {
    for (app, smtp) in on_each().await {
        let user = person(&app, "alice", &["user"]).await;
        person(&app, "bob", &["user"]).await;
        app.provider().disable_user("bob@example.com").await.unwrap();
        let mut eve = Browser::new(&app);
        for email in ["nobody@example.com", "bob@example.com", &user.email] {
            for _ in 0..3 {
                let answer = asks(&mut eve, email).await.expect(303);
                assert_eq!(answer.header("location"), Some("/realms/jobbergate/forgotten?done=1"));
            }
            let refused = asks(&mut eve, email).await.expect(429);
            assert_eq!(
                problem(&refused),
                "A link was asked for too often. Try again in 15 minutes."
            );
            assert_eq!(refused.header("retry-after"), Some("900"));
        }
        let refused = asks(&mut eve, "nonsense").await.expect(422);
        assert_eq!(problem(&refused), "\"nonsense\" is not an e-mail address.");
        assert_eq!(mails(&smtp, 3).await.len(), 3);
        assert!(
            smtp.received().unwrap().iter().all(|mail| mail.recipients == [user.email.as_str()])
        );
        // Being asked for changes nothing.
        Browser::new(&app).log_in(&user.email, PASSWORD).await.expect(303);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_of_the_network_asks_only_so_often() {
    for (app, smtp) in on_each().await {
        let mut eve = Browser::new(&app);
        for number in 0..30 {
            asks(&mut eve, &format!("n{number}@example.com")).await.expect(303);
        }
        asks(&mut eve, "n30@example.com").await.expect(429);
        assert!(smtp.received().unwrap().is_empty());
    }
}

on_both! {
    async fn without_e_mail_the_page_says_whom_to_ask(app: TestApp) {
        let mut alice = Browser::new(&app);
        let page = alice.open("/realms/jobbergate/login").await;
        assert!(!page.text.contains("/forgotten"));
        assert!(plain(&page.text).contains("Ask your administrator for a link."));
        let page = alice.open(FORGOTTEN).await.expect(200);
        assert!(page.text.contains("This server sends no e-mail.") && !page.text.contains("<form"));
    }
}
