//! The account page.

use chrono::TimeDelta;

use super::browser::{Browser, form, forms, heading, problem};
use crate::{
    identity::story::{PASSWORD, log_in, person, tokens},
    on_both,
};

const ACCOUNT: &str = "/realms/jobbergate/account";
const NEW: &str = "a different horse, a different staple";

on_both! {
    async fn somebody_changes_their_password(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let mut other = Browser::of(&app, "alice@example.com").await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let page = alice.open(ACCOUNT).await.expect(200);
        for (current, password, again, status, words) in [
            ("wrong", NEW, NEW, 403, "The current password is wrong."),
            (PASSWORD, NEW, PASSWORD, 422, "The two new passwords are not the same."),
            (PASSWORD, "short", "short", 422, "The password is too short: it must have at least 12 characters."),
        ] {
            let fields = [("current", current), ("password", password), ("again", again)];
            let refused = alice.submit(&page, "/account/password", &fields).await.expect(status);
            assert_eq!(problem(&refused), words);
        }
        let mut thief = Browser::new(&app);
        thief.set_cookie("jobbergate-session", alice.cookie("jobbergate-session").unwrap());
        assert_eq!(heading(&thief.open(ACCOUNT).await), "Your account");
        let fields = [("current", PASSWORD), ("password", NEW), ("again", NEW)];
        let answer = alice.submit(&page, "/account/password", &fields).await;
        let page = alice.follow(&answer).await.expect(200);
        assert!(page.text.contains("Your password was changed."));
        assert!(!page.text.contains("Your personal access tokens go on working"));
        assert_eq!(heading(&thief.open(ACCOUNT).await), "Log in");
        assert_eq!(heading(&other.open(ACCOUNT).await), "Log in");
        other.log_in("alice@example.com", PASSWORD).await.expect(403);
        other.log_in("alice@example.com", NEW).await.expect(303);
    }

    async fn who_changes_their_password_is_told_that_tokens_of_scripts_go_on(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let page = alice.open(ACCOUNT).await.expect(200);
        alice.submit(&page, "/account/tokens", &[("name", "ci"), ("days", "")]).await.expect(303);
        let page = alice.open(ACCOUNT).await.expect(200);
        let fields = [("current", PASSWORD), ("password", NEW), ("again", NEW)];
        let answer = alice.submit(&page, "/account/password", &fields).await;
        let page = alice.follow(&answer).await.expect(200);
        let words = r##"Your personal access tokens go on working: <a href="#tokens-title">revoke those</a> that"##;
        assert!(page.text.contains(words), "{}", page.text);
        assert!(!alice.open(ACCOUNT).await.text.contains(words));
    }

    async fn somebody_ends_sessions_here_and_elsewhere(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let mut other = Browser::of(&app, "alice@example.com").await;
        app.clock.advance(TimeDelta::seconds(1));
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let page = alice.open(ACCOUNT).await.expect(200);
        let sessions = forms(&page, "/account/sessions/end");
        assert_eq!(sessions.len(), 2);
        assert_eq!(page.text.matches("<em>this one</em>").count(), 1);
        alice.post(&sessions[1]).await.expect(303);
        assert_eq!(heading(&other.open(ACCOUNT).await), "Log in");
        let answer = alice.post(&sessions[0]).await;
        assert_eq!(heading(&alice.follow(&answer).await), "Log in");
        assert!(alice.cookie("jobbergate-session").is_none());
    }

    async fn somebody_shuts_a_program_out(app: TestApp) {
        let user = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &user).await;
        let held = tokens(&app, &session).await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let page = alice.open(ACCOUNT).await.expect(200);
        assert!(page.text.contains("Jobbergate in a terminal"));
        for _ in 0..2 {
            let answer = alice.submit(&page, "/account/programs/end", &[]).await;
            let page = alice.follow(&answer).await.expect(200);
            assert!(page.text.contains("The program&#39;s access has ended."));
        }
        held.bearer(&app).get("/job-scripts").await.expect(401);
    }

    async fn somebody_makes_a_token_sees_it_once_and_revokes_it(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let page = alice.open(ACCOUNT).await.expect(200);
        for (name, days, words) in [
            ("a\u{202E}b", "90", "The name must have 1 to 128 characters, without line breaks and the like."),
            ("", "90", "The name must have 1 to 128 characters, without line breaks and the like."),
            ("ci", "0", "The number of days must be between 1 and 3650, or nothing."),
            ("ci", "soon", "The number of days must be between 1 and 3650, or nothing."),
        ] {
            let fields = [("name", name), ("days", days)];
            let refused = alice.submit(&page, "/account/tokens", &fields).await.expect(422);
            assert_eq!(problem(&refused), words);
        }
        let fields = [("name", "nightly <b>"), ("days", "1")];
        let answer = alice.submit(&page, "/account/tokens", &fields).await;
        let made = alice.follow(&answer).await.expect(200);
        let secret = made.text.split(">jbg_").nth(1).unwrap().split('<').next().unwrap();
        let token = app.bearer(&format!("jbg_{secret}"));
        token.get("/job-scripts").await.ok();
        assert!(made.text.contains("nightly &#60;b&#62;"));
        assert!(made.text.contains("It is good until 2026-01-03 00:00 UTC."), "{}", made.text);
        let page = alice.open(ACCOUNT).await.expect(200);
        assert!(!page.text.contains("jbg_"));
        // Made on the first of January, it ends with the second.
        assert!(page.text.contains("until 2026-01-03 00:00 UTC"), "{}", page.text);
        let answer = alice.submit(&page, "/account/tokens/revoke", &[]).await;
        assert!(alice.follow(&answer).await.text.contains("The token was revoked."));
        token.get("/job-scripts").await.expect(401);
    }

    async fn a_token_may_do_what_its_owner_ticks(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let page = alice.open(ACCOUNT).await.expect(200);
        let mut form = forms(&page, "/account/tokens").remove(0);
        form.fields.retain(|(name, _)| !name.starts_with("jobbergate:"));
        form.fields.push(("name".to_owned(), "ci".to_owned()));
        form.fields.retain(|(name, value)| name != "name" || value == "ci");
        let refused = alice.post(&form).await.expect(422);
        assert_eq!(problem(&refused), "Tick at least one thing that the token may do.");
        assert!(refused.text.contains(r#"value="ci""#), "what was filled in stays");
        let ticked = |name: &str| {
            let mut form = form.clone();
            form.fields.push((name.to_owned(), "1".to_owned()));
            form
        };
        for (name, status, words) in [
            ("jobbergate:admin", 403, "permissions: you do not have jobbergate:admin yourself."),
            ("jobbergate:nothing", 422, "permissions: there is no jobbergate:nothing."),
        ] {
            let refused = alice.post(&ticked(name)).await.expect(status);
            assert_eq!(problem(&refused), words);
        }
        let answer = alice.post(&ticked("jobbergate:job-scripts:read")).await;
        let cookie = answer.header("set-cookie").unwrap();
        assert!(cookie.starts_with("jobbergate-shown="), "{cookie}");
        assert!(cookie.ends_with("; Max-Age=60"), "nobody may open the next page: {cookie}");
        let made = alice.follow(&answer).await.expect(200);
        assert!(made.text.contains("may: read job scripts"), "{}", made.text);
        let secret = made.text.split(">jbg_").nth(1).unwrap().split('<').next().unwrap();
        let token = app.bearer(&format!("jbg_{secret}"));
        token.get("/job-scripts").await.ok();
        token.get("/job-submissions").await.expect(403);
        assert!(alice.cookie("jobbergate-shown").is_none(), "it is shown once");
    }

    async fn a_maintainers_token_changes_what_others_own_only_if_they_tick_it(app: TestApp) {
        person(&app, "max", &["maintainer"]).await;
        let mut max = Browser::of(&app, "max@example.com").await;
        let page = max.open(ACCOUNT).await.expect(200);
        let box_of = |name: &str| page.text.split(&format!(r#"name="{name}""#)).nth(1).unwrap().split('>').next().unwrap();
        assert!(!box_of("jobbergate:maintainer").contains("checked"), "{}", page.text);
        assert!(box_of("jobbergate:job-scripts:read").contains("checked"), "{}", page.text);
    }

    async fn an_administrator_may_let_a_token_do_one_thing(app: TestApp) {
        person(&app, "ada", &["admin"]).await;
        let mut ada = Browser::of(&app, "ada@example.com").await;
        let page = ada.open(ACCOUNT).await.expect(200);
        assert!(page.text.contains("do everything that an administrator may do"));
        assert_eq!(page.text.matches(" checked>").count(), 0);
        // What a browser sends of this form when nothing is ticked.
        let mut form = forms(&page, "/account/tokens").remove(0);
        form.fields.retain(|(name, _)| !name.starts_with("jobbergate:") && name != "name");
        form.fields.push(("name".to_owned(), "ci".to_owned()));
        let refused = ada.post(&form).await.expect(422);
        assert_eq!(problem(&refused), "Tick at least one thing that the token may do.");
        assert!(page.text.contains(r#"name="jobbergate:clusters:update""#));
    }

    async fn somebody_changes_their_name(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let page = alice.open(ACCOUNT).await.expect(200);
        for name in ["", " ", "a\nb", "a\u{202E}b", "a\u{2066}b", &"x".repeat(129)] {
            let refused = alice.submit(&page, "/account/name", &[("name", name)]).await.expect(422);
            assert_eq!(problem(&refused), "The name must have 1 to 128 characters, without line breaks and the like.");
        }
        let answer = alice.submit(&page, "/account/name", &[("name", " Alice <A> ")]).await;
        let page = alice.follow(&answer).await.expect(200);
        assert!(page.text.contains("Your name was changed.") && page.text.contains("<dd>Alice &#60;A&#62;</dd>"));
        assert_eq!(app.provider().user("alice@example.com").await.unwrap().name, "Alice <A>");
    }

    async fn who_was_logged_out_meanwhile_goes_on_where_they_were(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let page = alice.open(ACCOUNT).await.expect(200);
        alice.set_cookie("jobbergate-session", "ended");
        let refused = alice.submit(&page, "/account/name", &[("name", "x")]).await.expect(403);
        assert!(problem(&refused).starts_with("You were logged out in the meantime, and nothing was changed."));
        assert!(refused.text.contains(r#"<a href="/realms/jobbergate/account">Log in</a>"#));
        let mut form = form(&page, "/account/name");
        form.fields.push(("user_code".to_owned(), "BCDF-GHJK".to_owned()));
        form.fields.push(("decision".to_owned(), "allow".to_owned()));
        form.fields.push(("request".to_owned(), "client_id=x\"><b>".to_owned()));
        for (action, link) in [
            ("/device", "/device?user_code=BCDF-GHJK"),
            ("/consent", "/protocol/openid-connect/auth?client_id=x&#34;&#62;&#60;b&#62;"),
        ] {
            form.action = format!("/realms/jobbergate{action}");
            let refused = alice.post(&form).await.expect(403);
            assert!(refused.text.contains(&format!(r#"<a href="/realms/jobbergate{link}">"#)), "{}", refused.text);
        }
    }

    async fn what_is_too_long_or_odd_is_refused_with_words(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let page = alice.open(ACCOUNT).await.expect(200);
        let long = "x".repeat(70_000);
        let refused = alice.submit(&page, "/account/name", &[("name", &long)]).await.expect(413);
        assert_eq!(problem(&refused), "What was filled in is too long.");
        for action in ["/account/name", "/account/sessions/end", "/account/tokens/revoke", "/account/programs/end", "/device"] {
            let mut form = form(&page, "/account/name");
            form.action = format!("/realms/jobbergate{action}");
            for name in ["id", "user_code", "decision"] {
                form.fields.push((name.to_owned(), "\0".to_owned()));
            }
            let refused = alice.post(&form).await.expect(422);
            assert_eq!(problem(&refused), "A field has a character that can't be typed (NUL).", "{action}");
        }
    }

    async fn who_opens_a_forms_address_comes_to_the_account(app: TestApp) {
        let mut alice = Browser::new(&app);
        assert_eq!(heading(&alice.open("/realms/jobbergate/logout").await), "You are logged out");
        for path in ["consent", "account/name", "account/password", "account/tokens", "account/tokens/revoke"] {
            let answer = alice.open(&format!("/realms/jobbergate/{path}")).await.expect(303);
            assert_eq!(answer.header("location"), Some(ACCOUNT));
        }
    }

    async fn nobody_ends_what_is_anothers(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        person(&app, "eve", &["user"]).await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let mut eve = Browser::of(&app, "eve@example.com").await;
        let theirs = forms(&alice.open(ACCOUNT).await, "/account/sessions/end").remove(0);
        let id = theirs.fields.iter().find(|(name, _)| name == "id").unwrap().1.clone();
        let page = eve.open(ACCOUNT).await;
        eve.submit(&page, "/account/sessions/end", &[("id", &id)]).await;
        assert_eq!(heading(&alice.open(ACCOUNT).await), "Your account");
    }
}
