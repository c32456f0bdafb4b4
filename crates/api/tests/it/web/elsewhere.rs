//! Addresses without a page.

use reqwest::{Client, header::ACCEPT, redirect::Policy};

use super::browser::{heading, problem};
use crate::{
    on_both,
    support::{Answer, TestApp},
};

const CHROMIUM: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async fn get(app: &TestApp, path: &str, accept: &str) -> Answer {
    let http = Client::builder().redirect(Policy::none()).build().unwrap();
    let request = http.get(format!("http://{}{path}", app.address)).header(ACCEPT, accept);
    Answer::read(request.send().await.unwrap()).await
}

on_both! {
    async fn browsers_see_a_page_where_there_is_none(app: TestApp) {
        assert_eq!(heading(&get(&app, "/", CHROMIUM).await.expect(200)), "Log in");
        for path in ["", "/", "/nothing", "/account/", "/account/x"] {
            let page = get(&app, &format!("/realms/jobbergate{path}"), CHROMIUM).await.expect(404);
            assert_eq!(heading(&page), "There is no page here", "{path}");
            assert_eq!(problem(&page), "There is no page at this address.");
            assert!(page.header("content-security-policy").is_some());
        }
        let page = get(&app, "/realms/jobbergate/protocol/openid-connect/token", CHROMIUM).await.expect(405);
        assert_eq!(heading(&page), "There is no page here");
        assert_eq!(problem(&page), "This address is for programs, not for browsers.");
        assert_eq!(page.header("allow"), Some("POST"));
        for path in ["/nothing", "/submissions/1/nothing", "/realms/other", "/realms/jobbergatex"] {
            let page = get(&app, path, CHROMIUM).await.expect(404);
            assert_eq!(heading(&page), "There is no page here", "{path}");
            assert!(page.header("content-security-policy").is_some());
        }
        let page = get(&app, "/applications/1/edit/questions/check", CHROMIUM).await.expect(405);
        assert_eq!((heading(&page).as_str(), page.header("allow")), ("There is no page here", Some("POST")));
        // What was there once is another matter.
        let page = get(&app, "/realms/jobbergate/password?link=used", CHROMIUM).await.expect(404);
        assert_eq!(heading(&page), "This is not here any more");
    }

    async fn programs_are_told_what_they_always_were(app: TestApp) {
        for accept in ["*/*", "application/json", "text/plain"] {
            for path in ["/", "/realms/jobbergate/nothing", "/realms/jobbergate"] {
                let answer = get(&app, path, accept).await.expect(404);
                assert_eq!(answer.text, r#"{"detail":"Not Found"}"#, "{path} {accept}");
            }
        }
        // The API's own paths are not for browsers, whatever they ask for.
        let answer = get(&app, "/jobbergate/nothing", CHROMIUM).await.expect(404);
        assert_eq!(answer.text, r#"{"detail":"Not Found"}"#);
        get(&app, "/realms/jobbergate/protocol/openid-connect/token", "*/*").await.expect(405);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_see_what_this_is_where_people_log_in_elsewhere() {
    let issuer = jobbergate_testkit::issuer::Issuer::start().await.unwrap();
    let app = TestApp::configured(|config| {
        config.armasec_domain = Some(issuer.domain());
        config.armasec_use_https = false;
    })
    .await;
    let page = get(&app, "/", CHROMIUM).await.expect(200);
    assert_eq!(heading(&page), "Jobbergate");
    assert!(page.text.contains(r#"href="jobbergate/docs""#), "{}", page.text);
    assert!(page.header("content-security-policy").is_some());
    for (path, accept) in [("/", "*/*"), ("/", "application/json"), ("/nothing", CHROMIUM)] {
        let answer = get(&app, path, accept).await.expect(404);
        assert_eq!(answer.text, r#"{"detail":"Not Found"}"#, "{path} {accept}");
    }
}
