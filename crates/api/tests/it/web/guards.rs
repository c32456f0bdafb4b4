//! What keeps other sites' pages out.

use super::browser::{Browser, Form, form, heading, problem};
use crate::{
    identity::story::{PASSWORD, person},
    on_both,
    support::{TestApp, random},
};

const REALM: &str = "/realms/jobbergate";
const FORMS: [&str; 12] = [
    "/setup",
    "/password",
    "/login",
    "/consent",
    "/device",
    "/logout",
    "/forgotten",
    "/account/name",
    "/account/password",
    "/account/sessions/end",
    "/account/programs/end",
    "/account/tokens",
];

fn filled(action: &str, token: Option<&str>) -> Form {
    let mut fields: Vec<_> = [
        ("link", "x"),
        ("request", ""),
        ("decision", "allow"),
        ("user_code", "BCDF-GHJK"),
        ("id", "x"),
        ("name", "x"),
        ("email", "alice@example.com"),
        ("password", PASSWORD),
        ("current", PASSWORD),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    fields.extend(token.map(|token| ("form_token".to_owned(), token.to_owned())));
    Form { action: format!("{REALM}{action}"), fields }
}

on_both! {
    async fn a_form_that_is_not_from_a_page_of_ours_is_refused(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        person(&app, "eve", &["user"]).await;
        let eves = Browser::of(&app, "eve@example.com").await.open(&format!("{REALM}/account")).await;
        let eves = form(&eves, "/logout").fields[0].1.clone();
        let mut alice = Browser::of(&app, "alice@example.com").await;
        for action in FORMS.into_iter().chain(["/account/tokens/revoke"]) {
            for token in [None, Some(""), Some("guess"), Some(eves.as_str())] {
                let refused = alice.post(&filled(action, token)).await.expect(403);
                assert!(problem(&refused).starts_with("This form is out of date"), "{action}");
            }
        }
        assert_eq!(heading(&alice.open(&format!("{REALM}/account")).await), "Your account");
        // Without cookies nothing is good, either.
        for action in FORMS {
            Browser::new(&app).post(&filled(action, Some(&eves))).await.expect(403);
        }
    }

    async fn another_sites_page_is_refused_even_with_a_good_token(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let page = alice.open(&format!("{REALM}/account")).await;
        let mut good = form(&page, "/account/tokens");
        good.fields.retain(|(name, _)| name != "name");
        good.fields.push(("name".to_owned(), "x".to_owned()));
        let here = format!("http://{}", app.address);
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "http://127.0.0.1"),
            ("origin", "http://127.0.0.1:1"),
            ("origin", "nonsense"),
        ] {
            let refused = alice.post_from(&good, &[(name, value)]).await.expect(403);
            assert_eq!(problem(&refused), "This form was sent by another site's page.", "{name}: {value}");
        }
        for (name, value) in [("sec-fetch-site", "same-origin"), ("origin", here.as_str()), ("origin", "null")] {
            alice.post_from(&good, &[(name, value)]).await.expect(303);
        }
    }

    async fn no_page_can_be_framed_kept_or_made_to_load_anything(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let url = app.provider().offer_set_up(&mut random()).await.unwrap().unwrap();
        let set_up = format!("/realms/{}", url.split_once("/realms/").unwrap().1);
        let mut alice = Browser::of(&app, "alice@example.com").await;
        for path in [
            &set_up, "/realms/jobbergate/login", "/realms/jobbergate/forgotten", "/realms/jobbergate/account", "/realms/jobbergate/device",
            "/realms/jobbergate/password", "/realms/jobbergate/protocol/openid-connect/auth",
            "/realms/jobbergate/protocol/openid-connect/logout",
        ] {
            let page = alice.open(path).await;
            let header = |name: &str| page.header(name).unwrap_or_default().to_owned();
            assert_eq!(
                header("content-security-policy"),
                "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
                "{path}"
            );
            assert_eq!(header("x-frame-options"), "DENY", "{path}");
            assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
            assert_eq!(header("cache-control"), "no-store", "{path}");
            assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
            for never in ["<script", "style=", "onclick", "http://", "https://"] {
                assert!(!page.text.contains(never), "{path}: {never} in {}", page.text);
            }
        }
        let style = alice.open("/realms/jobbergate/style.css").await.expect(200);
        assert_eq!(style.header("content-type"), Some("text/css; charset=utf-8"));
    }
}

/// The forms of the provider's pages, as its router has them: a new one is guarded as well.
#[test]
fn every_form_is_among_those_that_are_tried() {
    let router = include_str!("../../../src/web.rs");
    let names = [
        ("SET_UP_PAGE", "/setup"),
        ("PASSWORD_PAGE", "/password"),
        ("DEVICE_PAGE", "/device"),
        ("forgotten::PATH", "/forgotten"),
    ];
    // What OAuth and OpenID Connect have other sites send, which changes nothing before a form of ours is sent.
    let protocols = ["destination::AUTHORIZATION", "log_out::PATH"];
    let mut seen = 0;
    for route in router.split(".route(").skip(1) {
        let taken = route.split(".layer(").next().unwrap();
        let path = taken.split("below(").nth(1).unwrap().split(')').next().unwrap();
        let takes_forms = taken.contains("post(") || taken.contains(", password");
        if !takes_forms || protocols.contains(&path) {
            continue;
        }
        let named = names.iter().find(|(name, _)| *name == path).map(|(_, path)| *path);
        let path = named.unwrap_or_else(|| path.trim_matches('"'));
        assert!(
            FORMS.contains(&path) || path == "/account/tokens/revoke",
            "{path} is tried by no test"
        );
        seen += 1;
    }
    assert_eq!(seen, FORMS.len() + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_https_cookies_are_for_this_host_alone() {
    let app = TestApp::configured(|config| {
        config.public_url = Some("https://jobs.example.com/hpc".parse().unwrap());
    })
    .await;
    person(&app, "alice", &["user"]).await;
    let mut alice = Browser::new(&app);
    let page = alice.open("/realms/jobbergate/login").await.expect(200);
    let cookie = page.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-jobbergate-form="), "{cookie}");
    // The proxy takes its prefix away.
    assert!(page.text.contains("\"/hpc/realms/jobbergate/style.css\""), "{}", page.text);
    let mut sent = form(&page, "/login");
    sent.action = sent.action.replace("/hpc", "");
    sent.fields.retain(|(name, _)| name == "form_token");
    for (name, value) in [("email", "alice@example.com"), ("password", PASSWORD)] {
        sent.fields.push((name.to_owned(), value.to_owned()));
    }
    let answer =
        alice.post_from(&sent, &[("origin", "https://jobs.example.com")]).await.expect(303);
    assert_eq!(answer.header("location"), Some("/hpc/realms/jobbergate/account"));
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-jobbergate-session="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
}
