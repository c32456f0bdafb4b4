//! People who leave while they are logged in.

use chrono::TimeDelta;
use jobbergate_api::identity::{LogIn, NewPersonalToken};
use jobbergate_testkit::proxy::Mode;

use super::{ALICE, ALICES, BOB, BOBS};
use crate::{
    identity::story::{Tokens, begin, claims, poll, post, refresh, tokens, user_code},
    on_both,
    support::{Actor, LdapApp, random},
};

/// Longer than is believed what is known.
const LATER: TimeDelta = TimeDelta::minutes(5);
const USERS: &str = "cn=hpc-users,ou=groups,dc=example,dc=org";

/// Somebody with all that can be had.
struct Alice {
    cookie: String,
    held: Tokens,
    personal: Actor,
}

async fn alice(app: &LdapApp) -> Alice {
    let (session, cookie) = app.person("alice", ALICES).await;
    let held = tokens(app, &session).await;
    let new = NewPersonalToken { name: "ci".to_owned(), ..NewPersonalToken::default() };
    let (user, provider) = (&session.user, app.provider());
    let made = provider.create_personal_token(user, &user.permissions, &new, &mut random()).await;
    let personal = app.bearer(&made.unwrap().0.0);
    personal.get("/job-scripts").await.ok();
    Alice { cookie, held, personal }
}

/// Moves a branch of the directory.
fn rename(app: &LdapApp, from: &str, to: &str) {
    let entry = format!("dn: ou={from},dc=example,dc=org\nchangetype: modrdn\n");
    app.ldap.change(&format!("{entry}newrdn: ou={to}\ndeleteoldrdn: 1\n")).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_lost_its_people_takes_nobody_out() {
    let app = LdapApp::configured(|config| {
        config.ldap.ldap_base = Some("ou=people,dc=example,dc=org".to_owned());
    })
    .await;
    let alice = alice(&app).await;
    rename(&app, "people", "staff");
    app.clock.advance(LATER);
    alice.personal.get("/job-scripts").await.ok();
    assert!(app.provider().session(&alice.cookie).await.unwrap().is_some());
    let fresh = Tokens::of(&refresh(&app, &alice.held.refresh).await.ok());
    assert!(matches!(app.try_to_log_in("bob", BOBS).await, LogIn::Unavailable));
    // What is there, but empty, says nothing either.
    let entry =
        "dn: ou=people,dc=example,dc=org\nchangetype: add\nobjectClass: organizationalUnit\n";
    app.ldap.change(entry).unwrap();
    app.clock.advance(LATER);
    let fresh = Tokens::of(&refresh(&app, &fresh.refresh).await.ok());
    app.ldap.change("dn: ou=people,dc=example,dc=org\nchangetype: delete\n").unwrap();
    rename(&app, "staff", "people");
    delete(&app);
    app.clock.advance(LATER);
    refresh(&app, &fresh.refresh).await.expect(400);
}

fn delete(app: &LdapApp) {
    app.ldap.change(&format!("dn: {ALICE}\nchangetype: delete\n")).unwrap();
}

on_both! {
    async fn who_is_not_in_the_directory_any_more_loses_everything(app: LdapApp) {
        let alice = alice(&app).await;
        delete(&app);
        // Not before it is asked again.
        app.clock.advance(LATER - TimeDelta::seconds(1));
        alice.personal.get("/job-scripts").await.ok();
        assert!(app.provider().session(&alice.cookie).await.unwrap().is_some());
        app.clock.advance(TimeDelta::seconds(1));
        refresh(&app, &alice.held.refresh).await.expect(400);
        alice.held.bearer(&app).get("/job-scripts").await.expect(401);
        alice.personal.get("/job-scripts").await.expect(401);
        assert!(app.provider().session(&alice.cookie).await.unwrap().is_none());
        assert!(app.provider().user("alice@example.com").await.unwrap().left_at.is_some());
        assert!(matches!(app.try_to_log_in("alice", ALICES).await, LogIn::Refused));
    }

    async fn a_script_is_refused_when_its_owner_has_gone(app: LdapApp) {
        let alice = alice(&app).await;
        delete(&app);
        app.clock.advance(LATER);
        alice.personal.get("/job-scripts").await.expect(401);
        alice.held.bearer(&app).get("/job-scripts").await.expect(401);
    }

    async fn a_browser_is_logged_out_when_its_person_has_gone(app: LdapApp) {
        let alice = alice(&app).await;
        delete(&app);
        app.clock.advance(LATER);
        assert!(app.provider().session(&alice.cookie).await.unwrap().is_none());
        alice.personal.get("/job-scripts").await.expect(401);
    }

    async fn who_leaves_a_group_loses_what_it_permitted(app: LdapApp) {
        let alice = alice(&app).await;
        assert_eq!(claims(&alice.held.access)["permissions"], serde_json::json!(permissions(&app).await));
        assert!(permissions(&app).await.contains(&"jobbergate:admin".to_owned()));
        let admins = "cn=hpc-admins,ou=groups,dc=example,dc=org";
        app.modify(admins, &format!("replace: uniqueMember\nuniqueMember: {ALICE}x"));
        app.clock.advance(LATER);
        let fresh = Tokens::of(&refresh(&app, &alice.held.refresh).await.ok());
        let may = claims(&fresh.access)["permissions"].to_string();
        assert!(!may.contains("jobbergate:admin") && may.contains("job-scripts:read"), "{may}");
    }

    async fn who_leaves_all_groups_is_out_and_comes_back_with_one(app: LdapApp) {
        let alice = alice(&app).await;
        let admins = "cn=hpc-admins,ou=groups,dc=example,dc=org";
        app.modify(admins, &format!("replace: uniqueMember\nuniqueMember: {ALICE}x"));
        app.modify(USERS, &format!("delete: member\nmember: {ALICE}"));
        app.clock.advance(LATER);
        refresh(&app, &alice.held.refresh).await.expect(400);
        alice.personal.get("/job-scripts").await.expect(401);
        assert!(matches!(app.try_to_log_in("alice", ALICES).await, LogIn::NoRole));
        app.modify(USERS, &format!("add: member\nmember: {ALICE}"));
        app.person("alice", ALICES).await;
        // What she made for her scripts was not lost.
        alice.personal.get("/job-scripts").await.ok();
        refresh(&app, &alice.held.refresh).await.expect(400);
    }

    async fn who_has_a_leavers_address_next_gets_nothing_of_theirs(app: LdapApp) {
        let alice = alice(&app).await;
        app.provider().grant_role("alice@example.com", "maintainer").await.unwrap();
        delete(&app);
        app.clock.advance(LATER);
        alice.personal.get("/job-scripts").await.expect(401);
        assert_inherits_nothing(&app, &alice).await;
    }

    async fn nor_if_nobody_noticed_that_they_had_left(app: LdapApp) {
        let alice = alice(&app).await;
        app.provider().grant_role("alice@example.com", "maintainer").await.unwrap();
        delete(&app);
        assert_inherits_nothing(&app, &alice).await;
    }

    async fn nor_if_they_have_another_address_now(app: LdapApp) {
        let alice = alice(&app).await;
        app.provider().grant_role("alice@example.com", "maintainer").await.unwrap();
        app.modify(ALICE, "replace: mail\nmail: new@example.com");
        app.person("alice", ALICES).await;
        assert_inherits_nothing(&app, &alice).await;
    }

    async fn an_address_that_is_written_otherwise_is_the_same(app: LdapApp) {
        app.modify(BOB, "replace: mail\nmail: Bob.Builder@HPC.org");
        let (bob, cookie) = app.person("bob", BOBS).await;
        assert_eq!(bob.user.email, "Bob.Builder@hpc.org");
        app.modify(BOB, "replace: mail\nmail: bob.builder@hpc.org");
        app.clock.advance(LATER);
        assert!(app.provider().session(&cookie).await.unwrap().is_some());
        let (again, _) = app.person("bob", BOBS).await;
        assert_eq!((&again.user.id, &again.user.email), (&bob.user.id, &bob.user.email));
        // Nor is it another's, whose entry writes it so.
        app.modify(ALICE, "replace: mail\nmail: BOB.builder@hpc.org");
        assert!(matches!(app.try_to_log_in("alice", ALICES).await, LogIn::NotTheirs));
        assert_eq!(app.provider().users().await.unwrap().len(), 1);
    }

    async fn who_has_another_address_is_somebody_else(app: LdapApp) {
        let alice = alice(&app).await;
        app.modify(ALICE, "replace: mail\nmail: new@example.com");
        app.clock.advance(LATER);
        refresh(&app, &alice.held.refresh).await.expect(400);
    }

    async fn nobody_is_shut_out_because_the_directory_is_down_for_a_day(app: LdapApp) {
        let alice = alice(&app).await;
        app.proxy.set(Mode::Down);
        app.clock.advance(TimeDelta::hours(11));
        alice.personal.get("/job-scripts").await.ok();
        let fresh = Tokens::of(&refresh(&app, &alice.held.refresh).await.ok());
        assert!(app.provider().session(&alice.cookie).await.unwrap().is_some());
        app.clock.advance(TimeDelta::hours(11));
        assert!(app.provider().session(&alice.cookie).await.unwrap().is_some());
        app.clock.advance(TimeDelta::hours(2));
        let answer = refresh(&app, &fresh.refresh).await.expect(503);
        assert!(answer.text.contains("has not answered for a day"), "{answer:?}");
        alice.personal.get("/job-scripts").await.expect(503);
        assert!(app.provider().session(&alice.cookie).await.is_err());
        app.proxy.set(Mode::Open);
        app.clock.advance(TimeDelta::seconds(30));
        refresh(&app, &fresh.refresh).await.ok();
        alice.personal.get("/job-scripts").await.ok();
    }

    async fn many_refreshes_at_once_do_not_take_each_others_connections(app: LdapApp) {
        let alice = alice(&app).await;
        for mode in [Mode::Open, Mode::Swallowed] {
            app.clock.advance(LATER);
            app.proxy.set(mode);
            let all = (0..12).map(|_| refresh(&app, &alice.held.refresh));
            let reading = async {
                tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                let begun = std::time::Instant::now();
                app.provider().users().await.unwrap();
                begun.elapsed()
            };
            let (answers, waited) = tokio::join!(futures::future::join_all(all), reading);
            // Used before, after the first round: what matters is that there is an answer.
            for answer in answers {
                answer.expect(if mode == Mode::Open { 200 } else { 400 });
            }
            assert!(waited < std::time::Duration::from_secs(8), "{mode:?}: {waited:?}");
        }
    }

    async fn a_directory_whose_groups_are_nowhere_takes_nobody_out(app: LdapApp) {
        let alice = alice(&app).await;
        rename(&app, "groups", "teams");
        app.clock.advance(LATER);
        let fresh = Tokens::of(&refresh(&app, &alice.held.refresh).await.ok());
        assert!(permissions(&app).await.contains(&"jobbergate:admin".to_owned()));
        let refused = app.try_to_log_in("bob", BOBS).await;
        assert!(matches!(refused, LogIn::Unavailable), "{refused:?}");
        rename(&app, "teams", "groups");
        app.clock.advance(LATER);
        refresh(&app, &fresh.refresh).await.ok();
        app.person("bob", BOBS).await;
    }

    async fn who_lets_a_terminal_in_and_leaves_is_out_there_too(app: LdapApp) {
        let (session, _) = app.person("alice", ALICES).await;
        let device = begin(&app).await;
        assert!(app.provider().approve_device(&session, user_code(&device)).await.unwrap());
        let held = Tokens::of(&poll(&app, &device).await.ok());
        assert_eq!(claims(&held.access)["email"], "alice@example.com");
        held.bearer(&app).get("/job-scripts").await.ok();
        delete(&app);
        app.clock.advance(LATER);
        let form = [("grant_type", "refresh_token"), ("client_id", "default"), ("refresh_token", &held.refresh)];
        post(&app, "token", &form).await.expect(400);
        held.bearer(&app).get("/job-scripts").await.expect(401);
    }

    async fn others_do_not_wait_for_a_directory_that_hangs(app: LdapApp) {
        let alice = alice(&app).await;
        let (_, bobs) = app.person("bob", BOBS).await;
        app.clock.advance(LATER);
        app.proxy.set(Mode::Swallowed);
        assert!(app.provider().session(&alice.cookie).await.unwrap().is_some());
        // The next ones are answered at once: waiting for it would take a second each.
        let begun = std::time::Instant::now();
        for _ in 0..20 {
            assert!(app.provider().session(&bobs).await.unwrap().is_some());
        }
        assert!(begun.elapsed() < std::time::Duration::from_secs(15));
    }
}

/// Bob has Alice's address now, and logs in.
async fn assert_inherits_nothing(app: &LdapApp, alice: &Alice) {
    app.modify(BOB, "replace: mail\nmail: alice@example.com");
    let (bob, _) = app.person("bob", BOBS).await;
    assert_eq!(bob.user.email, "alice@example.com");
    assert_eq!(bob.user.roles, ["expert", "user"]);
    assert_eq!(app.provider().personal_tokens(&bob.user).await.unwrap(), []);
    alice.personal.get("/job-scripts").await.expect(401);
    alice.held.bearer(app).get("/job-scripts").await.expect(401);
    refresh(app, &alice.held.refresh).await.expect(400);
    assert!(app.provider().session(&alice.cookie).await.unwrap().is_none());
}

async fn permissions(app: &LdapApp) -> Vec<String> {
    app.provider().user("alice@example.com").await.unwrap().permissions
}
