//! Programs that send a browser here and get it back with a code.

use std::collections::HashMap;

use jobbergate_api::identity::AuthorizationRequest;
use reqwest::Url;

use super::browser::{Browser, form, heading, problem};
use crate::{
    identity::story::{
        CALLBACK, PASSWORD, PORTAL_CALLBACK, Tokens, VERIFIER, claims, person, portal,
        portal_request, post, redeem, request,
    },
    on_both,
    support::Answer,
};

const AUTH: &str = "/realms/jobbergate/protocol/openid-connect/auth";

/// A request as a query.
pub fn query(request: &AuthorizationRequest) -> String {
    let fields = serde_json::to_value(request).unwrap();
    let fields = fields.as_object().unwrap().clone();
    let given = fields.iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish()
}

fn address(request: &AuthorizationRequest) -> String {
    format!("{AUTH}?{}", query(request))
}

/// Where a browser is sent back to, taken apart.
#[track_caller]
fn back(answer: &Answer) -> (String, HashMap<String, String>) {
    assert_eq!(answer.status, 303, "{answer:?}");
    let mut url = Url::parse(answer.header("location").unwrap()).unwrap();
    let query = url.query_pairs().into_owned().collect();
    url.set_query(None);
    (url.to_string(), query)
}

fn policy(answer: &Answer) -> &str {
    answer.header("content-security-policy").unwrap()
}

on_both! {
    async fn our_command_line_gets_its_tokens_after_a_log_in(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let mut alice = Browser::new(&app);
        let page = alice.open(&address(&request())).await.expect(200);
        assert!(page.text.contains("Jobbergate in a terminal"));
        assert!(policy(&page).contains("form-action 'self' http://127.0.0.1:49152;"), "{}", policy(&page));
        let wrong = [("email", "alice@example.com"), ("password", "wrong")];
        let page = alice.submit(&page, "/login", &wrong).await.expect(403);
        assert!(page.text.contains("Jobbergate in a terminal"));
        assert!(policy(&page).contains("http://127.0.0.1:49152"));
        let right = [("email", "alice@example.com"), ("password", PASSWORD)];
        let answer = alice.submit(&page, "/login", &right).await;
        let page = alice.follow(&answer).await.expect(200);
        assert_eq!(heading(&page), "Allow Jobbergate in a terminal?");
        assert!(page.text.contains("A program on the computer where this browser runs asks to:"));
        assert!(page.text.contains("<li>do all that you may do, in your name</li>"));
        assert!(page.text.contains("Allow it only if you have just begun to log in there yourself"));
        let answer = alice.submit(&page, "/consent", &[("decision", "allow")]).await;
        let (to, said) = back(&answer);
        assert_eq!((to.as_str(), said["state"].as_str()), (CALLBACK, "xyz & so on"));
        let held = Tokens::of(&redeem(&app, &said["code"]).await.ok());
        assert_eq!(claims(held.id.as_ref().unwrap())["nonce"], "n-0S6");
        held.bearer(&app).get("/job-scripts").await.ok();
        // Another program may say that it is ours: who is logged in is asked again.
        let page = alice.open(&address(&request())).await.expect(200);
        assert_eq!(heading(&page), "Allow Jobbergate in a terminal?");
        let silent = AuthorizationRequest { prompt: Some("none".to_owned()), ..request() };
        assert_eq!(back(&alice.open(&address(&silent)).await).1["error"], "consent_required");
        let denied = alice.submit(&page, "/consent", &[("decision", "deny")]).await;
        assert_eq!(back(&denied).1["error"], "access_denied");
    }

    async fn somebody_is_asked_before_a_program_of_others_gets_in(app: TestApp) {
        let secret = portal(&app).await;
        person(&app, "alice", &["user"]).await;
        let asking = AuthorizationRequest {
            scope: Some("openid email jobbergate:job-scripts:read".to_owned()),
            ..portal_request()
        };
        let mut alice = Browser::new(&app);
        let page = alice.open(&address(&asking)).await.expect(200);
        let right = [("email", "alice@example.com"), ("password", PASSWORD)];
        let answer = alice.submit(&page, "/login", &right).await;
        let page = alice.follow(&answer).await.expect(200);
        assert_eq!(heading(&page), "Allow Portal?");
        assert!(page.text.contains("portal.example.com"));
        assert!(page.text.contains("<li>read job scripts</li>"));
        assert!(!page.text.contains("do all that you may do"));
        assert!(policy(&page).contains("form-action 'self' https://portal.example.com;"));
        let denied = alice.submit(&page, "/consent", &[("decision", "deny")]).await;
        assert_eq!(back(&denied).1["error"], "access_denied");
        let allowed = alice.submit(&page, "/consent", &[("decision", "allow")]).await;
        let (to, said) = back(&allowed);
        assert_eq!(to, PORTAL_CALLBACK.split('?').next().unwrap());
        assert_eq!(said["from"], "jobbergate");
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", "portal"),
            ("client_secret", &secret),
            ("code", &said["code"]),
            ("redirect_uri", PORTAL_CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        let held = Tokens::of(&post(&app, "token", &form).await.ok());
        assert_eq!(claims(&held.access)["permissions"], serde_json::json!(["jobbergate:job-scripts:read"]));
        // What was said counts for as long as the program is in.
        back(&alice.open(&address(&asking)).await);
    }

    async fn nobody_is_asked_for_what_they_could_not_grant(app: TestApp) {
        portal(&app).await;
        person(&app, "alice", &["user"]).await;
        person(&app, "ada", &["admin"]).await;
        let scope = "openid email jobbergate:job-scripts:read jobbergate:job-templates:delete jobbergate:admin";
        let asking = AuthorizationRequest { scope: Some(scope.to_owned()), ..portal_request() };
        for (email, all) in [("alice@example.com", false), ("ada@example.com", true)] {
            let mut browser = Browser::of(&app, email).await;
            let page = browser.open(&address(&asking)).await.expect(200);
            assert!(page.text.contains("<li>read job scripts</li>"), "{}", page.text);
            assert_eq!(page.text.contains("<li>delete job templates</li>"), all, "{}", page.text);
            assert_eq!(page.text.contains("an administrator may do"), all, "{}", page.text);
        }
    }

    async fn who_must_log_in_anew_does_so_once(app: TestApp) {
        portal(&app).await;
        person(&app, "alice", &["user"]).await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let anew = |request: AuthorizationRequest| AuthorizationRequest { prompt: Some("login".to_owned()), ..request };
        let page = alice.open(&address(&anew(request()))).await.expect(200);
        assert_eq!(heading(&page), "Log in");
        let right = [("email", "alice@example.com"), ("password", PASSWORD)];
        let page = alice.submit(&page, "/login", &right).await.expect(200);
        let answer = alice.submit(&page, "/consent", &[("decision", "allow")]).await;
        assert!(back(&answer).1.contains_key("code"));
        // The same where consent is needed on top.
        let page = alice.open(&address(&anew(portal_request()))).await.expect(200);
        let page = alice.submit(&page, "/login", &right).await.expect(200);
        let answer = alice.submit(&page, "/consent", &[("decision", "allow")]).await;
        assert!(back(&answer).1.contains_key("code"));
    }

    async fn who_must_not_be_asked_is_not(app: TestApp) {
        let silent = AuthorizationRequest { prompt: Some("none".to_owned()), ..request() };
        let answer = Browser::new(&app).open(&address(&silent)).await;
        assert_eq!(back(&answer).1["error"], "login_required");
    }

    async fn nobody_is_sent_where_the_program_is_not(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let evil = AuthorizationRequest { redirect_uri: Some("https://evil.example/".to_owned()), ..request() };
        for (path, words) in [
            (address(&evil), "The program wants you to go to an address that is not registered for it."),
            (format!("{AUTH}?client_id=nobody"), "No program of this name is registered here for people to log in."),
            (AUTH.to_owned(), "The program did not say which one it is: client_id is missing."),
            (format!("{AUTH}?client_id=a&client_id=b"), "client_id is there more than once"),
        ] {
            let page = alice.open(&path).await.expect(400);
            assert_eq!(problem(&page), words);
            assert!(page.header("location").is_none());
        }
    }

    async fn who_presses_nothing_is_told_so(app: TestApp) {
        portal(&app).await;
        person(&app, "alice", &["user"]).await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let page = alice.open(&address(&portal_request())).await.expect(200);
        let consent = form(&page, "/consent");
        let mut device = consent.clone();
        device.action = "/realms/jobbergate/device".to_owned();
        device.fields.push(("user_code".to_owned(), "BCDF-GHJK".to_owned()));
        for mut form in [consent, device] {
            for decision in [None, Some("maybe")] {
                form.fields.retain(|(name, _)| name != "decision");
                form.fields.extend(decision.map(|it| ("decision".to_owned(), it.to_owned())));
                let refused = alice.post(&form).await.expect(422);
                let words = "The form does not say whether you allow this. Go back, and press Allow or Deny.";
                assert_eq!(problem(&refused), words);
            }
        }
    }

    async fn a_request_by_post_is_the_same(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let fields = url::form_urlencoded::parse(query(&request()).as_bytes()).into_owned().collect();
        let form = super::browser::Form { action: AUTH.to_owned(), fields };
        let answer = alice.post(&form).await;
        let page = alice.follow(&answer).await.expect(200);
        let answer = alice.submit(&page, "/consent", &[("decision", "allow")]).await;
        redeem(&app, &back(&answer).1["code"]).await.ok();
    }
}
