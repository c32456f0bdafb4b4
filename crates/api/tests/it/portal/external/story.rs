//! Somebody signs in, works and signs out, with a provider that was not written here.

use chrono::TimeDelta;
use serde_json::json;

use super::{SESSION, follow, log_in_there, sign_in, sign_out};
use crate::{
    on_both,
    support::{Asked, ProviderApp, eventually, users_permissions},
    web::browser::{Browser, form, heading, problem},
};

async fn version(app: &ProviderApp) -> i32 {
    let mut db = app.db().read().await.unwrap();
    let sql = "SELECT version FROM web_sessions";
    let (version,): (i32,) = db.fetch_one(sql, jobbergate_api::args![]).await.unwrap();
    version
}

on_both! {
    async fn alice_signs_in_works_is_refreshed_and_signs_out(app: ProviderApp) {
        let mut alice = Browser::new(&app);
        let first = alice.open("/?from=mail").await.expect(303);
        assert_eq!(first.header("location"), Some("/sign-in?next=%2F%3Ffrom%3Dmail"));
        let begun = alice.follow(&first).await.expect(303);
        let asked = Asked::of(begun.header("location").unwrap());
        assert_eq!(asked.address.path(), "/auth");
        assert_eq!(asked.query["code_challenge_method"], "S256");
        assert_eq!(asked.query["scope"], "openid profile email");
        assert!(!asked.query["state"].contains("mail"), "{:?}", asked.query);
        let back = log_in_there(&mut alice, &app.provider, &begun, "alice@example.com").await;
        let there = alice.follow(&back).await.expect(303);
        assert_eq!(there.header("location"), Some("/?from=mail"));
        assert_eq!(there.header("cache-control"), Some("no-store"));
        let cookie = there.header("set-cookie").unwrap().to_owned();
        assert!(cookie.starts_with("jobbergate-web-session="), "{cookie}");
        assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
        let page = alice.follow(&there).await.expect(200);
        assert_eq!(heading(&page), "Welcome, alice <b>");
        assert!(page.text.contains("alice@example.com"));

        // Nine and a half minutes later, ten seconds before the token ends.
        app.clock.advance(TimeDelta::seconds(570));
        assert_eq!(heading(&alice.open("/").await.expect(200)), "Welcome, alice <b>");
        assert!(eventually(async || version(&app).await == 1).await);
        alice.open("/").await.expect(200);

        let out = sign_out(&mut alice).await.expect(200);
        assert_eq!(out.header("clear-site-data"), Some("\"cache\""));
        assert_eq!(out.header("cache-control"), Some("no-store"));
        assert_eq!(heading(&out), "You are signed out");
        assert!(alice.cookie(SESSION).is_none());
        alice.open("/").await.expect(303);
        let link = out.text.split("<a href=\"").skip(1).find(|it| it.contains("/session/end?")).unwrap();
        let link = crate::web::browser::plain(link.split('"').next().unwrap());
        let asked = alice.open(&link).await.expect(200);
        let mut confirmed = form(&asked, "/session/end/confirm");
        confirmed.fields.push(("logout".to_owned(), "yes".to_owned()));
        let done = alice.post(&confirmed).await;
        let done = follow(&mut alice, &app.provider, &done).await.expect(200);
        assert_eq!(heading(&done), "You are signed out");
        // The provider asks who it is again.
        sign_in(&mut alice, &app.provider, "/", "bob@example.com").await.expect(303);
        assert_eq!(heading(&alice.open("/").await), "Welcome, bob <b>");
    }

    async fn whoever_declines_is_told_so_and_may_try_again(app: ProviderApp) {
        let mut alice = Browser::new(&app);
        let begun = alice.open("/sign-in?next=/?x=1").await.expect(303);
        let asked = follow(&mut alice, &app.provider, &begun).await.expect(303);
        let page = follow(&mut alice, &app.provider, &asked).await.expect(200);
        assert!(page.text.contains("/abort"), "{}", page.text);
        let abort = format!("http://{}{}/abort", app.provider.authority, asked.header("location").unwrap());
        let answer = alice.open(&abort).await.expect(303);
        let back = follow(&mut alice, &app.provider, &answer).await.expect(303);
        let page = alice.follow(&back).await.expect(403);
        assert_eq!(heading(&page), "You are not signed in");
        let words = problem(&page);
        assert!(words.ends_with(" did not sign you in: End-User aborted interaction"), "{words}");
        assert!(page.text.contains("/sign-in?next=%2F%3Fx%3D1\""), "{}", page.text);
        assert!(alice.cookie(SESSION).is_none());
        sign_in(&mut alice, &app.provider, "/", "alice@example.com").await.expect(303);
        alice.open("/").await.expect(200);
    }

    async fn a_callback_counts_once_and_takes_nobodys_session(app: ProviderApp) {
        let mut alice = Browser::new(&app);
        let first = alice.open("/?x=1").await.expect(303);
        let begun = alice.follow(&first).await.expect(303);
        let back = log_in_there(&mut alice, &app.provider, &begun, "alice@example.com").await;
        alice.follow(&back).await.expect(303);
        // Going back in the browser leads on to the page, and does not redeem the code again.
        let again = alice.follow(&back).await.expect(303);
        assert_eq!(again.header("location"), Some("/?x=1"));
        assert_eq!(heading(&alice.open("/").await), "Welcome, alice <b>");
        let mut eve = Browser::new(&app);
        let refused = eve.follow(&back).await.expect(400);
        assert!(problem(&refused).starts_with("This sign-in was begun in another browser"));
        // Who has the cookie of the attempt as well can't use it twice.
        eve.set_cookie("jobbergate-sign-in", alice.cookie("jobbergate-sign-in").unwrap());
        let refused = eve.follow(&back).await.expect(400);
        assert_eq!(problem(&refused), "This sign-in took too long, or was used already.");
        assert!(eve.cookie(SESSION).is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_sign_in_beside_each_other() {
    let app = ProviderApp::on_sqlite().await;
    let mut alice = Browser::new(&app);
    let one = alice.open("/sign-in?next=/?tab=1").await.expect(303);
    let two = alice.open("/sign-in?next=/?tab=2").await.expect(303);
    let two = log_in_there(&mut alice, &app.provider, &two, "alice@example.com").await;
    assert_eq!(alice.follow(&two).await.expect(303).header("location"), Some("/?tab=2"));
    let one = follow(&mut alice, &app.provider, &one).await.expect(303);
    assert_eq!(alice.follow(&one).await.expect(303).header("location"), Some("/?tab=1"));
    alice.open("/?tab=1").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_with_a_secret_shows_it_to_the_provider_alone() {
    let claims = json!({"permissions": users_permissions()});
    let app = ProviderApp::configured(claims, |config| {
        config.oidc.web_client.web_client_id = Some("web:secret".to_owned());
        config.oidc.web_client.web_client_secret = Some("a b+c%d:".to_owned());
    })
    .await;
    let mut alice = Browser::new(&app);
    let begun = alice.open("/sign-in").await.expect(303);
    assert!(!begun.header("location").unwrap().contains("b%2Bc"));
    let back = log_in_there(&mut alice, &app.provider, &begun, "alice@example.com").await;
    alice.follow(&back).await.expect(303);
    assert_eq!(heading(&alice.open("/").await.expect(200)), "Welcome, alice <b>");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_do_nothing_here_is_told_so() {
    for permissions in [json!([]), json!(["wiki:read"])] {
        let app = ProviderApp::configured(json!({"permissions": permissions}), |_| {}).await;
        let mut alice = Browser::new(&app);
        let refused = sign_in(&mut alice, &app.provider, "/", "alice@example.com").await;
        let words = problem(&refused.expect(403));
        assert!(
            words.contains("knows you as alice@example.com, but nothing is permitted"),
            "{words}"
        );
        assert!(alice.cookie(SESSION).is_none());
        // At the provider she is still signed in; it asks who it is if she says so.
        let again = alice.open("/sign-in?next=/&anew=yes").await.expect(303);
        assert!(again.header("location").unwrap().contains("prompt=login"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_may_do_what_the_claim_rules_say() {
    let app = ProviderApp::configured(json!({"groups": ["hpc"], "org": "labs"}), |config| {
        config.oidc.claims.oidc_permissions_claim = Some("groups".parse().unwrap());
        config.oidc.claims.oidc_roles = Some("hpc=admin".parse().unwrap());
        config.oidc.claims.oidc_audience = vec!["urn:jobbergate".to_owned()];
    })
    .await;
    let mut alice = Browser::new(&app);
    sign_in(&mut alice, &app.provider, "/", "alice@example.com").await.expect(303);
    let page = alice.open("/").await.expect(200);
    assert!(page.text.contains(">Administration</a>"), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_https_the_cookies_are_for_this_host_alone() {
    let claims = json!({"permissions": users_permissions()});
    let app = ProviderApp::configured(claims, |config| {
        config.public_url = Some("https://jobs.example.com/hpc".parse().unwrap());
    })
    .await;
    let mut alice = Browser::new(&app);
    let first = alice.open("/").await.expect(303);
    assert_eq!(first.header("location"), Some("/hpc/sign-in?next=%2F"));
    let begun = alice.open("/sign-in?next=/").await.expect(303);
    let asked = Asked::of(begun.header("location").unwrap());
    assert_eq!(asked.query["redirect_uri"], "https://jobs.example.com/hpc/sign-in/callback");
    let cookie = begun.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-jobbergate-sign-in="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=1800"), "{cookie}");
}
