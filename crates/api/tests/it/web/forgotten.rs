//! A link by e-mail for who forgot their password.

use std::time::Duration;

use jobbergate_testkit::smtp::Email;

use super::browser::{Browser, heading, plain, problem};
use crate::{
    identity::story::{PASSWORD, person},
    on_both,
    support::{Answer, TestApp, mails},
};

const FORGOTTEN: &str = "/realms/jobbergate/forgotten";
/// More than a message takes.
const DEADLINE: Duration = Duration::from_secs(20);
const NEW: &str = "a different horse, a different staple";

async fn asks(browser: &mut Browser, email: &str) -> Answer {
    let page = browser.open(FORGOTTEN).await.expect(200);
    browser.submit(&page, "/forgotten", &[("email", email)]).await
}

fn link(app: &TestApp, mail: &Email) -> String {
    let url = mail.text.lines().find(|line| line.contains("link=")).unwrap().trim();
    let path = url.split_once("/realms/").unwrap().1;
    format!("http://{}/realms/{path}", app.address)
}

on_both! {
    async fn somebody_is_sent_a_link_and_chooses_another_password(app: MailApp) {
        person(&app, "alice", &["user"]).await;
        let mut alice = Browser::new(&app);
        assert!(alice.open("/realms/jobbergate/login").await.text.contains("Password forgotten?"));
        for count in 1..=2 {
            let answer = asks(&mut alice, " alice@Example.com ").await;
            assert_eq!(heading(&alice.follow(&answer).await), "Look into your mailbox");
            app.mails(count).await;
        }
        let mails = app.mails(2).await;
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

    async fn nobody_learns_who_has_an_account(app: MailApp) {
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
        assert_eq!(app.mails(3).await.len(), 3);
        assert!(
            app.sent().iter().all(|mail| mail.recipients == [user.email.as_str()])
        );
        // Being asked for changes nothing.
        Browser::new(&app).log_in(&user.email, PASSWORD).await.expect(303);
    }

    async fn one_address_of_the_network_asks_only_so_often(app: MailApp) {
        person(&app, "alice", &["user"]).await;
        person(&app, "bob", &["user"]).await;
        let mut eve = Browser::new(&app);
        for number in 0..29 {
            asks(&mut eve, &format!("n{number}@example.com")).await.expect(303);
        }
        asks(&mut eve, "bob@example.com").await.expect(303);
        asks(&mut eve, "alice@example.com").await.expect(429);
        assert!(app.app.password_mail.finish(DEADLINE).await);
        let recipients: Vec<_> = app.sent().into_iter().flat_map(|mail| mail.recipients).collect();
        assert_eq!(recipients, ["bob@example.com"]);
    }

    async fn a_server_that_stops_sends_what_was_asked_for(app: MailApp) {
        person(&app, "alice", &["user"]).await;
        asks(&mut Browser::new(&app), "alice@example.com").await.expect(303);
        assert!(app.app.password_mail.finish(DEADLINE).await);
        assert_eq!(app.sent().len(), 1);
    }

    async fn without_e_mail_the_page_says_whom_to_ask(app: TestApp) {
        let mut alice = Browser::new(&app);
        let page = alice.open("/realms/jobbergate/login").await;
        assert!(!page.text.contains("/forgotten"));
        assert!(plain(&page.text).contains("Ask your administrator for a link."));
        let page = alice.open(FORGOTTEN).await.expect(200);
        assert!(page.text.contains("This server sends no e-mail.") && !page.text.contains("<form"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_hangs_keeps_neither_people_nor_the_server_waiting() {
    // It takes connections and says nothing.
    let hanging = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = hanging.local_addr().unwrap().port();
    let app = TestApp::configured(|config| {
        mails(config, port);
        config.mail.smtp_host = Some("127.0.0.1".to_owned());
    })
    .await;
    let mut eve = Browser::new(&app);
    for number in 0..16 {
        let name = format!("n{}", number / 3);
        if number % 3 == 0 {
            person(&app, &name, &["user"]).await;
        }
        asks(&mut eve, &format!("{name}@example.com")).await.expect(303);
    }
    let refused = asks(&mut eve, "nobody@example.com").await.expect(503);
    let words = "Too many links are being sent at once; try again in a moment.";
    assert_eq!(problem(&refused), words);
    assert_eq!(refused.header("retry-after"), Some("5"));
    assert!(!app.app.password_mail.finish(Duration::from_millis(10)).await);
}
