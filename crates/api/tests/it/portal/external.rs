//! Signing in with an external provider.

mod faults;
mod refreshing;
mod story;

use jobbergate_testkit::oidc_provider::OidcProvider;
use reqwest::header;
use serde_json::Value;

use crate::{
    support::{Answer, Asked, IssuerApp},
    web::browser::{Browser, form},
};

const SESSION: &str = "jobbergate-web-session";

/// Goes on to where an answer of the provider's says.
async fn follow(browser: &mut Browser, provider: &OidcProvider, answer: &Answer) -> Answer {
    let to = answer.header("location").unwrap_or_else(|| panic!("{answer:?}")).to_owned();
    let to = match to.starts_with('/') {
        true => format!("http://{}{to}", provider.authority),
        false => to,
    };
    browser.open(&to).await
}

/// Goes to the provider by this answer and logs in there; the answer that leads back.
async fn log_in_there(
    browser: &mut Browser,
    provider: &OidcProvider,
    answer: &Answer,
    email: &str,
) -> Answer {
    let asked = follow(browser, provider, answer).await.expect(303);
    let page = follow(browser, provider, &asked).await.expect(200);
    let fields = [("login", email), ("password", "any")];
    let answer = browser.submit(&page, "", &fields).await.expect(303);
    follow(browser, provider, &answer).await.expect(303)
}

/// Signs in; the answer with which the person is back at the page that they opened.
async fn sign_in(
    browser: &mut Browser,
    provider: &OidcProvider,
    page: &str,
    email: &str,
) -> Answer {
    let first = browser.open(page).await.expect(303);
    let begun = browser.follow(&first).await.expect(303);
    let back = log_in_there(browser, provider, &begun, email).await;
    browser.follow(&back).await
}

/// Begins to sign in; what the provider is asked.
pub(super) async fn begin(browser: &mut Browser, next: &str) -> Asked {
    let path = format!("/sign-in?{}", query(&[("next", next)]));
    let answer = browser.open(&path).await.expect(303);
    Asked::of(answer.header(header::LOCATION.as_str()).unwrap())
}

/// Comes back with a code for this sign-in.
pub(super) async fn come_back(browser: &mut Browser, asked: &Asked) -> Answer {
    browser.open(&callback(asked, "")).await
}

fn callback(asked: &Asked, more: &str) -> String {
    format!("/sign-in/callback?code=c&state={}{more}", asked.query["state"])
}

/// Alice signs in at a provider that does what it should.
async fn alice(app: &IssuerApp) -> Browser {
    let mut browser = Browser::new(app);
    let asked = begin(&mut browser, "/").await;
    issue(app, app.issued(&asked.query["nonce"], "r1"));
    come_back(&mut browser, &asked).await.expect(303);
    browser
}

/// Has the provider issue this, whoever asks.
pub(super) fn issue(app: &IssuerApp, issued: Value) {
    app.issuer.answer_token_requests(move |_| (200, issued.clone()));
}

async fn sign_out(browser: &mut Browser) -> Answer {
    let page = browser.open("/").await.expect(200);
    let form = form(&page, "/sign-out");
    browser.post(&form).await
}

pub(super) fn query(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}
