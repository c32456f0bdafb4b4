//! People who leave while they are logged in.

use chrono::TimeDelta;
use jobbergate_api::identity::{LogIn, NewPersonalToken};
use jobbergate_testkit::proxy::Mode;

use super::{ALICE, ALICES, BOBS};
use crate::{
    identity::story::{Tokens, claims, refresh, tokens},
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

async fn permissions(app: &LdapApp) -> Vec<String> {
    app.provider().user("alice@example.com").await.unwrap().permissions
}
