//! What programs may ask beside a code, and who may fetch what was asked for.

use chrono::TimeDelta;
use jobbergate_api::identity::{AuthorizationRequest, Browser, Decision, parameters};

use super::story::{
    PORTAL_CALLBACK, Tokens, VERIFIER, allow, code, decide, log_in, person, portal, portal_request,
    post, redeem, redirect, refusal, request, tokens,
};
use crate::{on_both, support::random};

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

on_both! {
    async fn a_program_gets_a_code_of_the_person_it_names_or_none(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let bob = person(&app, "bob", &["user"]).await;
        let (hers, _) = log_in(&app, &alice).await;
        let (his, _) = log_in(&app, &bob).await;
        let held = tokens(&app, &hers).await;
        let named = AuthorizationRequest { id_token_hint: held.id.clone(), ..request() };
        let silent = AuthorizationRequest { prompt: text("none"), ..named.clone() };
        for session in [None, Some(&his)] {
            let decision = decide(&app, &named, session).await;
            assert!(matches!(decision, Decision::LogIn { .. }), "{decision:?}");
            assert_eq!(redirect(&decide(&app, &silent, session).await).1["error"], "login_required");
        }
        let browser = Browser { session: Some(&his), just_logged_in: true, ..Browser::default() };
        let another = app.provider().authorize(&named, browser, &mut random()).await.unwrap();
        assert_eq!(redirect(&another).1["error"], "login_required");
        // The token may have expired.
        app.clock.advance(TimeDelta::hours(1));
        assert_eq!(redirect(&decide(&app, &silent, Some(&hers)).await).1["error"], "consent_required");
        for request in [&named, &silent] {
            let (_, query) = redirect(&allow(&app, request, &hers).await);
            redeem(&app, &query["code"]).await.ok();
        }
        for other in ["x", &held.access, &held.refresh] {
            let odd = AuthorizationRequest { id_token_hint: text(other), ..request() };
            assert_eq!(redirect(&decide(&app, &odd, Some(&hers)).await).1["error"], "invalid_request");
        }
    }

    async fn a_program_may_have_somebody_say_who_they_are(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        for prompt in ["login", "select_account"] {
            let asks = AuthorizationRequest { prompt: text(prompt), ..request() };
            let decision = decide(&app, &asks, Some(&session)).await;
            assert!(matches!(decision, Decision::LogIn { .. }), "{prompt}: {decision:?}");
            let browser = Browser { session: Some(&session), just_logged_in: true, consented: true };
            let decision = app.provider().authorize(&asks, browser, &mut random()).await.unwrap();
            assert!(redirect(&decision).1.contains_key("code"), "{prompt}");
        }
    }

    async fn a_program_of_ours_has_somebody_asked_if_it_wants_that(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        tokens(&app, &session).await;
        let asks = AuthorizationRequest { prompt: text("consent"), ..request() };
        let decision = decide(&app, &asks, Some(&session)).await;
        assert!(matches!(decision, Decision::Consent { .. }), "{decision:?}");
        let browser = Browser { session: Some(&session), consented: true, ..Browser::default() };
        let decision = app.provider().authorize(&asks, browser, &mut random()).await.unwrap();
        assert!(redirect(&decision).1.contains_key("code"));
    }

    async fn what_is_not_known_is_no_error(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let more = "display=popup&ui_locales=de&claims_locales=fr&acr_values=1&claims=%7B%7D&resource=urn:x&unknown=1&state=";
        let fields = serde_json::to_value(AuthorizationRequest { state: None, ..request() }).unwrap();
        let fields = fields.as_object().unwrap().iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let asks: AuthorizationRequest = parameters(format!("{query}&{more}").as_bytes()).unwrap();
        let (_, said) = redirect(&allow(&app, &asks, &session).await);
        assert!(!said.contains_key("state"));
        redeem(&app, &said["code"]).await.ok();
    }

    async fn a_program_with_a_secret_must_show_it(app: TestApp) {
        let secret = portal(&app).await;
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let browser = Browser { session: Some(&session), consented: true, ..Browser::default() };
        let decision = app.provider().authorize(&portal_request(), browser, &mut random()).await.unwrap();
        let code = redirect(&decision).1["code"].clone();
        let asking = async |secret: Option<&str>, grant: &[(&str, &str)]| {
            let mut form = vec![("client_id", "portal")];
            form.extend(secret.map(|secret| ("client_secret", secret)));
            form.extend(grant);
            post(&app, "token", &form).await
        };
        let redeems = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", PORTAL_CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        for wrong in [None, Some("x")] {
            assert_eq!(refusal(asking(wrong, &redeems).await, 401), "invalid_client");
        }
        let held = Tokens::of(&asking(Some(&secret), &redeems).await.ok());
        let refreshes = [("grant_type", "refresh_token"), ("refresh_token", held.refresh.as_str())];
        for wrong in [None, Some("x")] {
            assert_eq!(refusal(asking(wrong, &refreshes).await, 401), "invalid_client");
        }
        asking(Some(&secret), &refreshes).await.ok();
    }

    async fn another_account_of_an_address_is_another_subject(app: TestApp) {
        let first = person(&app, "alice", &["user"]).await;
        app.provider().delete_user(&first.email).await.unwrap();
        let second = person(&app, "alice", &["user"]).await;
        assert_ne!(first.id, second.id);
        assert!(second.id.is_ascii() && second.id.len() <= 255);
        let (session, _) = log_in(&app, &second).await;
        let body = redeem(&app, &code(&app, &session).await).await.ok();
        assert_eq!(super::story::claims(body["id_token"].as_str().unwrap())["sub"], second.id);
    }
}
