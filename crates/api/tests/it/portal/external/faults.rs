//! What goes wrong while somebody signs in.

use chrono::TimeDelta;
use jobbergate_testkit::issuer::{Behaviour, Issuer};
use reqwest::header::ACCEPT;
use serde_json::{Value, json};

use super::{SESSION, alice, begin, callback, come_back, issue, sign_out};
use crate::{
    on_both,
    support::{IssuerApp, TestApp},
    web::browser::{Browser, Form, form, forms, heading, problem},
};

on_both! {
    async fn whoever_signs_in_stays_on_this_site(app: IssuerApp) {
        for (next, to) in [
            ("/?x=1&y=/", "/?x=1&y=/"),
            ("https://evil.example/", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("/.//evil.example", "/"),
            ("javascript:alert(1)", "/"),
            ("/sign-out", "/"),
        ] {
            let mut browser = Browser::new(&app);
            let asked = begin(&mut browser, next).await;
            issue(&app, app.issued(&asked.query["nonce"], "r"));
            let answer = come_back(&mut browser, &asked).await.expect(303);
            assert_eq!(answer.header("location"), Some(to), "{next}");
            let there = browser.open(&format!("/sign-in?{}", super::query(&[("next", next)]))).await;
            assert_eq!(there.expect(303).header("location"), Some(to), "{next}");
        }
    }

    async fn a_state_is_one_browsers_and_has_an_end(app: IssuerApp) {
        let (mut alice, mut eve) = (Browser::new(&app), Browser::new(&app));
        let alices = begin(&mut alice, "/").await;
        let eves = begin(&mut eve, "/").await;
        issue(&app, app.issued(&eves.query["nonce"], "r"));
        // Eve has Alice's browser end Eve's sign-in, to have her work in Eve's name.
        let refused = come_back(&mut alice, &eves).await.expect(400);
        assert!(problem(&refused).starts_with("This sign-in was begun in another browser"));
        for odd in ["", "x", "%00", "é"] {
            alice.open(&format!("/sign-in/callback?code=c&state={odd}")).await.expect(400);
        }
        alice.open("/sign-in/callback").await.expect(400);
        alice.open("/sign-in/callback?state=a&state=b").await.expect(400);
        app.clock.advance(TimeDelta::minutes(30));
        let refused = come_back(&mut alice, &alices).await.expect(400);
        assert_eq!(problem(&refused), "This sign-in took too long, or was used already.");
        assert_eq!(app.issuer.token_requests().len(), 0);
        assert!(alice.cookie(SESSION).is_none());
    }

    async fn nobody_is_told_what_somebody_elses_link_says(app: IssuerApp) {
        let mut alice = Browser::new(&app);
        let link = "/sign-in/callback?error=access_denied&error_description=Call+0900&state=x";
        let page = alice.open(link).await.expect(400);
        assert!(!page.text.contains("0900"), "{}", page.text);
        let asked = begin(&mut alice, "/").await;
        let link = format!("/sign-in/callback?error=access_denied&error_description=%3Cb%3ENo&state={}", asked.query["state"]);
        let page = alice.open(&link).await.expect(403);
        assert!(problem(&page).ends_with("did not sign you in: <b>No"), "{}", page.text);
    }

    async fn a_session_ends_in_the_middle_of_a_form_and_can_be_ended_all_the_same(app: IssuerApp) {
        let mut alice = alice(&app).await;
        let page = alice.open("/").await.expect(200);
        let log_out = form(&page, "/sign-out");
        app.clock.advance(TimeDelta::hours(13));
        app.issuer.behave(Behaviour::Failing);
        alice.post(&log_out).await.expect(303);
        assert!(alice.cookie(SESSION).is_none());
        // Once more, as from a second tab.
        let done = alice.post(&log_out).await.expect(303);
        assert_eq!(done.header("location"), Some("/signed-out"));
    }

    async fn only_a_page_of_ours_signs_somebody_out(app: IssuerApp) {
        let mut alice = alice(&app).await;
        let good = form(&alice.open("/").await, "/sign-out");
        let wrong = |token: &str| Form {
            action: good.action.clone(),
            fields: vec![("form_token".to_owned(), token.to_owned())],
        };
        for token in ["", "guess"] {
            alice.post(&wrong(token)).await.expect(403);
        }
        alice.post(&Form { fields: vec![], ..good.clone() }).await.expect(403);
        for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
            alice.post_from(&good, &[(name, value)]).await.expect(403);
        }
        alice.open("/sign-out").await.expect(303);
        alice.open("/").await.expect(200);
        alice.post(&good).await.expect(200);
        alice.open("/").await.expect(303);
    }

    async fn signing_out_tells_the_provider(app: IssuerApp) {
        let mut browser = alice(&app).await;
        let out = sign_out(&mut browser).await.expect(200);
        let url = app.issuer.url();
        assert!(out.text.contains(&format!("{url}/protocol/openid-connect/logout?id_token_hint=ey")), "{}", out.text);
        assert!(out.text.contains("post_logout_redirect_uri=http%3A%2F%2F127.0.0.1%3A"), "{}", out.text);
        assert!(crate::support::eventually(async || app.issuer.revocations().len() == 1).await);
        assert_eq!(app.issuer.revocations()[0]["token"], "r1");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_signs_nobody_out_is_named() {
    let issuer_says = json!({"end_session_endpoint": null, "revocation_endpoint": 5});
    let app = IssuerApp::on_sqlite().await;
    app.issuer.say(json!({"end_session_endpoint": null}));
    let mut browser = alice(&app).await;
    let out = sign_out(&mut browser).await.expect(303);
    assert_eq!(out.header("location"), Some("/signed-out?only=here"));
    let page = browser.follow(&out).await.expect(200);
    assert!(page.text.contains("you may still be signed in"), "{}", page.text);
    assert!(page.text.contains("anew=yes"), "{}", page.text);
    drop(issuer_says);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_are_not_for_this_sign_in_are_not_trusted() {
    let app = IssuerApp::on_sqlite().await;
    let foreign = Issuer::start().await.unwrap();
    let exp = app.clock.now().timestamp();
    for (access, id, word) in [
        (json!({}), json!({"nonce": "other"}), "nonce"),
        (json!({}), json!({"aud": "wiki"}), "aud"),
        (json!({}), json!({"iss": foreign.url()}), "iss"),
        (json!({}), json!({"exp": exp}), "expired"),
        (json!({}), json!({"azp": "wiki"}), "azp"),
        (json!({"iss": foreign.url()}), json!({}), "its access token"),
        (json!({"exp": exp - 1}), json!({}), "its access token"),
        (json!({"email": "no address"}), json!({}), "email"),
        (json!({"organization": {"a": {}, "b": {}}}), json!({}), "organization"),
    ] {
        let mut alice = Browser::new(&app);
        let asked = begin(&mut alice, "/").await;
        issue(&app, app.issued_with(&asked.query["nonce"], "r", access, id));
        let refused = come_back(&mut alice, &asked).await.expect(502);
        let words = problem(&refused);
        assert!(words.contains("is not to be trusted") && words.contains(word), "{word}: {words}");
        assert!(alice.cookie(SESSION).is_none());
    }
    for change in
        [json!({"access_token": "opaque"}), json!({"id_token": null}), json!({"id_token": "x.y.z"})]
    {
        let mut alice = Browser::new(&app);
        let asked = begin(&mut alice, "/").await;
        let mut issued = app.issued(&asked.query["nonce"], "r");
        issued.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        issue(&app, issued);
        come_back(&mut alice, &asked).await.expect(502);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_another_provider_is_not_trusted() {
    let app = IssuerApp::on_sqlite().await;
    let signed = |app: &IssuerApp, asked: &crate::support::Asked| {
        issue(app, app.issued(&asked.query["nonce"], "r"));
    };
    let mut alice = Browser::new(&app);
    let asked = begin(&mut alice, "/").await;
    signed(&app, &asked);
    let refused = alice.open(&callback(&asked, "&iss=https://evil.example")).await.expect(502);
    assert!(problem(&refused).contains("came back from another one"));
    assert_eq!(app.issuer.token_requests().len(), 0);
    let asked = begin(&mut alice, "/").await;
    signed(&app, &asked);
    let iss = format!("&{}", super::query(&[("iss", app.issuer.url())]));
    alice.open(&callback(&asked, &iss)).await.expect(303);

    let app = IssuerApp::on_sqlite().await;
    app.issuer.say(json!({"authorization_response_iss_parameter_supported": true}));
    let mut alice = Browser::new(&app);
    let asked = begin(&mut alice, "/").await;
    signed(&app, &asked);
    come_back(&mut alice, &asked).await.expect(502);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_away_is_named() {
    let app = IssuerApp::on_sqlite().await;
    for behaviour in [Behaviour::Failing, Behaviour::Html, Behaviour::Huge] {
        app.issuer.behave(behaviour);
        app.clock.advance(TimeDelta::seconds(10));
        let page = Browser::new(&app).open("/sign-in?next=/?x=1").await.expect(503);
        let words = problem(&page);
        let name = app.issuer.domain();
        assert!(
            words.starts_with(&format!("The identity provider {name} does not answer. Try")),
            "{words}"
        );
        assert!(page.text.contains("/sign-in?next=%2F%3Fx%3D1\""), "{}", page.text);
    }
    app.issuer.behave(Behaviour::Serving);
    app.clock.advance(TimeDelta::seconds(10));
    let mut alice = Browser::new(&app);
    let asked = begin(&mut alice, "/").await;
    for (status, body) in [
        (503, json!({})),
        (200, json!({})),
        (200, Value::Null),
        (302, json!({})),
        (400, json!("no")),
        (400, json!({"error": "temporarily_unavailable"})),
    ] {
        let asked = begin(&mut alice, "/").await;
        app.issuer.answer_token_requests(move |_| (status, body.clone()));
        come_back(&mut alice, &asked).await.expect(503);
    }
    app.issuer.answer_token_requests(|_| (401, json!({"error": "invalid_client"})));
    let refused = come_back(&mut alice, &asked).await.expect(503);
    assert!(problem(&refused).contains("refuses this server"), "{}", refused.text);
    let asked = begin(&mut alice, "/").await;
    app.issuer.answer_token_requests(|_| (400, json!({"error": "invalid_grant"})));
    let refused = come_back(&mut alice, &asked).await.expect(403);
    assert!(problem(&refused).ends_with("did not sign you in: invalid_grant"), "{}", refused.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_without_web_pages_is_said_to_have_none() {
    for says in
        [json!({"authorization_endpoint": null}), json!({"authorization_endpoint": "javascript:x"})]
    {
        let app = IssuerApp::on_sqlite().await;
        app.issuer.say(says);
        let page = Browser::new(&app).open("/sign-in").await.expect(503);
        assert!(
            problem(&page).contains("does not let people sign in to web pages"),
            "{}",
            page.text
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_another_audience_is_asked_for() {
    let app = IssuerApp::configured(|config| {
        config.oidc.web_client.web_audience = Some("https://api.example.com/".to_owned());
        config.oidc.web_client.web_scopes = Some("openid offline_access".to_owned());
        config.oidc.web_client.web_client_secret = Some("s".to_owned());
    })
    .await;
    app.issuer.say(json!({"token_endpoint_auth_methods_supported": ["client_secret_post"]}));
    let mut alice = Browser::new(&app);
    let asked = begin(&mut alice, "/").await;
    assert_eq!(asked.query["audience"], "https://api.example.com/");
    assert_eq!(asked.query["scope"], "openid offline_access");
    assert_eq!(asked.query["theme"], "dark");
    issue(&app, app.issued(&asked.query["nonce"], "r"));
    come_back(&mut alice, &asked).await.expect(303);
    let sent = &app.issuer.token_requests()[0];
    assert_eq!(sent["client_secret"], "s");
    assert_eq!(sent["client_id"], "web");
    assert_eq!(sent["redirect_uri"], asked.query["redirect_uri"]);
    assert!(sent["code_verifier"].len() == 43 && !sent.contains_key("authorization"), "{sent:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_is_the_tokens() {
    let app = IssuerApp::configured(|config| config.tenancy.multi_tenancy_enabled = true).await;
    let mut alice = Browser::new(&app);
    let asked = begin(&mut alice, "/").await;
    issue(&app, app.issued(&asked.query["nonce"], "r"));
    come_back(&mut alice, &asked).await.expect(303);
    let refused = alice.open("/").await.expect(403);
    assert!(problem(&refused).contains("in no organization"), "{}", refused.text);
    let mut alice = Browser::new(&app);
    let asked = begin(&mut alice, "/").await;
    let organization = json!({"organization": {"labs": {}}});
    issue(&app, app.issued_with(&asked.query["nonce"], "r", organization, json!({})));
    come_back(&mut alice, &asked).await.expect(303);
    assert_eq!(heading(&alice.open("/").await.expect(200)), "Welcome, Alice");
    assert_eq!(app.app.tenants.organizations().await.unwrap(), ["labs"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_both_providers_pages_are_the_external_ones() {
    let app = IssuerApp::configured(|config| config.oidc.built_in_provider = Some(true)).await;
    let mut alice = alice(&app).await;
    assert_eq!(heading(&alice.open("/").await.expect(200)), "Welcome, Alice");
    assert_eq!(heading(&alice.open("/realms/jobbergate/account").await.expect(200)), "Log in");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_client_id_the_first_page_says_what_to_register() {
    let issuer = Issuer::start().await.unwrap();
    let app = TestApp::configured(|config| {
        config.armasec_domain = Some(issuer.domain());
        config.armasec_use_https = false;
        config.public_url = Some("https://jobs.example.com/hpc/".parse().unwrap());
    })
    .await;
    let request = reqwest::Client::new().get(format!("http://{}/", app.address));
    let page = request.header(ACCEPT, "text/html").send().await.unwrap().text().await.unwrap();
    assert!(page.contains("<code>https://jobs.example.com/hpc/sign-in/callback</code>"), "{page}");
    assert!(page.contains("<code>https://jobs.example.com/hpc/signed-out</code>"), "{page}");
    assert!(page.contains("JOBBERGATE_WEB_CLIENT_ID"), "{page}");
    let mut alice = Browser::new(&app);
    alice.open("/sign-in").await.expect(404);
    assert!(forms(&alice.open("/").await, "").is_empty());
}
