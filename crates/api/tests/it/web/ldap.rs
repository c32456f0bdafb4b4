//! Pages for people of an LDAP directory.

use jobbergate_testkit::proxy::Mode;

use super::browser::{Browser, heading, problem};
use crate::{
    identity::story::{PASSWORD, person},
    on_both,
};

const LOGIN: &str = "/realms/jobbergate/login";

on_both! {
    async fn somebody_logs_in_by_user_name_and_sees_no_password_to_change(app: LdapApp) {
        let mut alice = Browser::new(&app);
        let page = alice.open(LOGIN).await.expect(200);
        assert!(page.text.contains("User name or e-mail address"), "{}", page.text);
        assert!(!page.text.contains("type=\"email\""));
        alice.log_in("alice", "alice in wonderland").await.expect(303);
        let page = alice.open("/realms/jobbergate/account").await.expect(200);
        assert_eq!(heading(&page), "Your account");
        assert!(page.text.contains("alice@example.com") && page.text.contains("admin, user"));
        assert!(!page.text.contains("/account/password"));
        assert!(page.text.contains("Your password is kept in your centre’s directory"));
        // Nor by a form that somebody kept.
        let mut form = super::browser::forms(&page, "/account/tokens").remove(0);
        form.action = form.action.replace("/account/tokens", "/account/password");
        let fields = [("current", "alice in wonderland"), ("password", "a"), ("again", "a")];
        form.fields.extend(fields.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let refused = alice.post(&form).await.expect(409);
        assert!(refused.text.contains("change it there"), "{}", refused.text);
    }

    async fn nobody_learns_who_is_in_the_directory(app: LdapApp) {
        person(&app, "root", &["admin"]).await;
        let mut eve = Browser::new(&app);
        let mut seen = Vec::new();
        for login in ["alice", "carol", "dave@example.com", "root@example.com", "nobody", "*", ""] {
            let refused = eve.log_in(login, "wrong").await.expect(403);
            assert_eq!(problem(&refused), "The user name, the e-mail address or the password is wrong.");
            seen.push(refused.text.replace(&format!("value=\"{login}\""), "").replace(" autofocus", ""));
        }
        seen.dedup();
        assert_eq!(seen.len(), 1);
    }

    async fn who_is_kept_out_is_told_why(app: LdapApp) {
        let mut browser = Browser::new(&app);
        for (login, password, words) in [
            ("carol", "carol has no mail", "no e-mail address of yours"),
            ("dave", "dave is in no group", "none of your groups may use Jobbergate"),
        ] {
            let refused = browser.log_in(login, password).await.expect(403);
            assert!(problem(&refused).contains(words), "{}", refused.text);
        }
        person(&app, "alice", &["user"]).await;
        let refused = browser.log_in("alice", "alice in wonderland").await.expect(403);
        assert!(problem(&refused).contains("belongs to another account here"));
        assert!(browser.cookie("jobbergate-session").is_none());
    }

    async fn after_a_day_without_the_directory_an_administrator_logs_in_where_somebody_was(app: LdapApp) {
        person(&app, "root", &["admin"]).await;
        let mut browser = Browser::new(&app);
        browser.log_in("alice", "alice in wonderland").await.expect(303);
        app.proxy.set(Mode::Down);
        for _ in 0..3 {
            app.clock.advance(chrono::TimeDelta::hours(11));
            browser.open("/realms/jobbergate/account").await;
        }
        let page = browser.open(LOGIN).await.expect(200);
        assert!(page.text.contains("User name or e-mail address"), "{}", page.text);
        browser.log_in("root@example.com", PASSWORD).await.expect(303);
        let page = browser.open("/realms/jobbergate/account").await.expect(200);
        assert!(page.text.contains("root@example.com"));
    }

    async fn a_directory_that_does_not_answer_is_said_to(app: LdapApp) {
        app.proxy.set(Mode::Down);
        let mut alice = Browser::new(&app);
        let refused = alice.log_in("alice", "alice in wonderland").await.expect(503);
        assert!(problem(&refused).starts_with("Your centre’s directory, which knows your password, does not answer."));
        assert_eq!(refused.header("retry-after"), Some("60"));
        assert!(refused.text.contains("value=\"alice\""));
        app.proxy.set(Mode::Open);
        alice.log_in("alice", "alice in wonderland").await.expect(303);
    }
}
