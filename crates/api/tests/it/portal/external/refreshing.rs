//! Sessions that go on with new tokens.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::json;

use super::{SESSION, alice, issue};
use crate::{
    on_both,
    support::{IssuerApp, eventually},
    web::browser::{Browser, heading, problem},
};

fn copy(app: &crate::support::TestApp, browser: &Browser) -> Browser {
    let mut copy = Browser::new(app);
    copy.set_cookie(SESSION, browser.cookie(SESSION).unwrap());
    copy
}

fn refreshes(app: &IssuerApp) -> Vec<String> {
    let refreshes = app.issuer.token_requests().into_iter();
    refreshes.filter_map(|form| form.get("refresh_token").cloned()).collect()
}

/// Has the provider take each refresh token once, as the best do: `r1` gives `r2`, and so on.
fn rotate(app: &IssuerApp) {
    let used = AtomicUsize::new(1);
    let issued: Vec<_> = (2..9).map(|n| app.issued("", &format!("r{n}"))).collect();
    app.issuer.answer_token_requests(move |form| {
        let number = used.fetch_add(1, Ordering::SeqCst);
        match form.get("refresh_token") == Some(&format!("r{number}")) {
            true => (200, issued[number - 1].clone()),
            false => (400, json!({"error": "invalid_grant"})),
        }
    });
}

on_both! {
    async fn one_request_of_all_servers_refreshes_and_the_others_wait(app: IssuerApp) {
        let alice = alice(&app).await;
        app.clock.advance(TimeDelta::seconds(301));
        rotate(&app);
        app.issuer.delay_tokens(Duration::from_millis(700));
        // A server of its own on the same database, as far as that can have one.
        let replica = if app.s3.is_some() { Some(app.replica().await) } else { None };
        if let Some(replica) = &replica {
            replica.clock.advance(app.clock.now() - replica.clock.now());
        }
        let servers = [Some(&*app), replica.as_ref()];
        let tabs = servers.into_iter().flatten().flat_map(|app| [app; 4]);
        let tabs = tabs.map(|app| {
            let mut tab = copy(app, &alice);
            async move { tab.open("/").await.expect(200) }
        });
        for page in join_all(tabs).await {
            assert_eq!(heading(&page), "Welcome, Alice");
        }
        assert_eq!(refreshes(&app), ["r1"]);
        app.clock.advance(TimeDelta::seconds(301));
        rotate_from_second(&app);
        copy(&app, &alice).open("/").await.expect(200);
        assert_eq!(refreshes(&app), ["r1", "r2"]);
    }

    async fn nobody_waits_while_the_old_token_is_good(app: IssuerApp) {
        let mut alice = alice(&app).await;
        app.clock.advance(TimeDelta::seconds(245));
        rotate(&app);
        app.issuer.delay_tokens(Duration::from_secs(5));
        for _ in 0..3 {
            let opened = tokio::time::timeout(Duration::from_secs(4), alice.open("/")).await;
            opened.unwrap().expect(200);
        }
        assert!(eventually(async || refreshes(&app) == ["r1"]).await);
    }

    async fn a_browser_that_goes_away_does_not_stop_a_refresh(app: IssuerApp) {
        let mut alice = alice(&app).await;
        app.clock.advance(TimeDelta::seconds(301));
        rotate(&app);
        app.issuer.delay_tokens(Duration::from_millis(500));
        let gone = tokio::time::timeout(Duration::from_millis(200), alice.open("/")).await;
        assert!(gone.is_err());
        alice.open("/").await.expect(200);
        assert_eq!(refreshes(&app), ["r1"]);
    }

    async fn who_is_refreshed_no_more_is_signed_out(app: IssuerApp) {
        let mut alice = alice(&app).await;
        app.clock.advance(TimeDelta::seconds(301));
        app.issuer.answer_token_requests(|_| (400, json!({"error": "invalid_grant"})));
        let answer = alice.open("/").await.expect(303);
        assert_eq!(answer.header("location"), Some("/sign-in?next=%2F"));
        assert_eq!(sessions(&app).await, 0);
    }

    async fn a_provider_that_is_away_costs_nobody_the_session(app: IssuerApp) {
        let mut alice = alice(&app).await;
        app.issuer.answer_token_requests(|_| (503, json!({})));
        app.clock.advance(TimeDelta::seconds(250));
        alice.open("/").await.expect(200);
        assert!(eventually(async || refreshes(&app).len() == 1).await);
        app.clock.advance(TimeDelta::seconds(60));
        let page = alice.open("/").await.expect(503);
        let words = problem(&page);
        assert!(words.contains("does not answer. Try again in a minute"), "{words}");
        // It is left alone for ten seconds.
        alice.open("/").await.expect(503);
        assert_eq!(refreshes(&app).len(), 2);
        app.clock.advance(TimeDelta::seconds(10));
        rotate(&app);
        alice.open("/").await.expect(200);
    }

    async fn a_refusal_of_this_server_costs_nobody_the_session(app: IssuerApp) {
        let mut alice = alice(&app).await;
        app.issuer.answer_token_requests(|_| (401, json!({"error": "invalid_client"})));
        app.clock.advance(TimeDelta::seconds(301));
        alice.open("/").await.expect(503);
        app.clock.advance(TimeDelta::seconds(10));
        rotate(&app);
        alice.open("/").await.expect(200);
    }

    async fn another_persons_tokens_end_the_session(app: IssuerApp) {
        for (access, id) in [
            (json!({"sub": "eve", "email": "eve@example.com"}), json!({})),
            (json!({}), json!({"sub": "eve"})),
            (json!({}), json!({"aud": "wiki"})),
        ] {
            let mut alice = alice(&app).await;
            app.clock.advance(TimeDelta::seconds(301));
            issue(&app, app.issued_with("", "r2", access, id));
            alice.open("/").await.expect(303);
        }
        assert_eq!(sessions(&app).await, 0);
    }

    async fn without_a_refresh_token_a_session_ends_with_its_access_token(app: IssuerApp) {
        let mut alice = Browser::new(&app);
        let asked = super::begin(&mut alice, "/").await;
        let mut issued = app.issued(&asked.query["nonce"], "r1");
        issued.as_object_mut().unwrap().remove("refresh_token");
        issue(&app, issued);
        super::come_back(&mut alice, &asked).await.expect(303);
        app.clock.advance(TimeDelta::seconds(299));
        alice.open("/").await.expect(200);
        app.clock.advance(TimeDelta::seconds(2));
        alice.open("/").await.expect(303);
        assert_eq!(refreshes(&app).len(), 0);
    }

    async fn a_session_ends_when_nothing_happens_and_is_forgotten(app: IssuerApp) {
        let mut alice = alice(&app).await;
        app.clock.advance(TimeDelta::hours(12));
        alice.open("/").await.expect(303);
        assert_eq!(refreshes(&app).len(), 0);
        assert_eq!(sessions(&app).await, 1);
        app.app.relying_party.as_ref().unwrap().tidy().await.unwrap();
        assert_eq!(sessions(&app).await, 0);
    }

    async fn a_session_lasts_a_week_at_most(app: IssuerApp) {
        let mut alice = alice(&app).await;
        for hour in 0..24 * 7 / 8 {
            let issued = app.issued("", &format!("r{hour}"));
            issue(&app, issued);
            alice.open("/").await.expect(200);
            app.clock.advance(TimeDelta::hours(8));
        }
        alice.open("/").await.expect(303);
    }

    async fn who_has_the_database_has_no_token(app: IssuerApp) {
        let alice = alice(&app).await;
        let cookie = alice.cookie(SESSION).unwrap();
        let mut db = app.db().read().await.unwrap();
        let sql = "SELECT hash, tokens FROM web_sessions";
        let (hash, tokens): (String, String) = db.fetch_one(sql, jobbergate_api::args![]).await.unwrap();
        for kept in [hash, tokens] {
            assert!(!kept.contains(cookie) && !kept.contains("eyJhbGci"), "{kept}");
        }
    }
}

fn rotate_from_second(app: &IssuerApp) {
    let issued = app.issued("", "r3");
    app.issuer.answer_token_requests(move |form| match form["refresh_token"].as_str() {
        "r2" => (200, issued.clone()),
        _ => (400, json!({"error": "invalid_grant"})),
    });
}

async fn sessions(app: &IssuerApp) -> i64 {
    let mut db = app.db().read().await.unwrap();
    let sql = "SELECT count(*) FROM web_sessions";
    let (count,): (i64,) = db.fetch_one(sql, jobbergate_api::args![]).await.unwrap();
    count
}
