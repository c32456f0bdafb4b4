//! What the stories of this folder have in common: people, browsers and programs.

use jobbergate_api::identity::{
    AuthorizationRequest, Browser, Decision, LogIn, NewApplication, NewUser, Peer, Provider,
    Session, User,
};
use reqwest::Client;
use serde_json::Value;

use crate::support::{Actor, Answer, TestApp, random};

pub const PASSWORD: &str = "correct horse battery staple";
/// The example of RFC 7636, appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub const COMMAND_LINE: &str = "jobbergate-cli";
pub const CALLBACK: &str = "http://127.0.0.1:49152/callback";
pub const PORTAL_CALLBACK: &str = "https://portal.example.com/cb?from=jobbergate";
pub const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Somebody's browser.
pub fn peer() -> Peer {
    Peer { address: "192.0.2.7".parse().unwrap(), user_agent: "Firefox".to_owned() }
}

/// Somebody with an account, a password and these roles.
pub async fn person(app: &TestApp, name: &str, roles: &[&str]) -> User {
    let new = NewUser {
        email: format!("{name}@example.com"),
        name: Some(name.to_owned()),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        password: Some(PASSWORD.to_owned()),
        ..NewUser::default()
    };
    app.provider().create_user(&new, &mut random()).await.unwrap()
}

pub async fn try_to_log_in(provider: &Provider, email: &str, password: &str) -> LogIn {
    provider.log_in(email, password, &peer(), &mut random()).await.unwrap()
}

/// Logs somebody in; the session and what the cookie holds.
pub async fn log_in(app: &TestApp, user: &User) -> (Session, String) {
    match try_to_log_in(app.provider(), &user.email, PASSWORD).await {
        LogIn::Welcome(new) => (new.session, new.cookie.0),
        other => panic!("{other:?}"),
    }
}

/// What an endpoint of the realm answers to a form.
pub async fn post(app: &TestApp, page: &str, form: &[(&str, &str)]) -> Answer {
    let url = app.realm(&format!("protocol/openid-connect/{page}"));
    Answer::read(Client::new().post(url).form(form).send().await.unwrap()).await
}

/// Why a program got nothing.
#[track_caller]
pub fn refusal(answer: Answer, status: u16) -> String {
    let answer = answer.expect(status);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let body = answer.json();
    assert!(body["error_description"].is_string(), "{body}");
    body["error"].as_str().unwrap().to_owned()
}

/// A request of our command line.
pub fn request() -> AuthorizationRequest {
    let text = |text: &str| Some(text.to_owned());
    AuthorizationRequest {
        client_id: text(COMMAND_LINE),
        redirect_uri: text(CALLBACK),
        response_type: text("code"),
        scope: text("openid email profile"),
        state: text("xyz & so on"),
        nonce: text("n-0S6"),
        code_challenge: text(CHALLENGE),
        code_challenge_method: text("S256"),
        ..AuthorizationRequest::default()
    }
}

/// A portal that somebody else runs; its secret.
pub async fn portal(app: &TestApp) -> String {
    let new = NewApplication {
        client_id: "portal".to_owned(),
        name: "Portal".to_owned(),
        redirect_uris: vec![PORTAL_CALLBACK.to_owned()],
        is_public: false,
    };
    app.provider().create_application(&new, &mut random()).await.unwrap().unwrap().0
}

/// A request of the portal.
pub fn portal_request() -> AuthorizationRequest {
    AuthorizationRequest {
        client_id: Some("portal".to_owned()),
        redirect_uri: Some(PORTAL_CALLBACK.to_owned()),
        ..request()
    }
}

pub async fn decide(
    app: &TestApp,
    request: &AuthorizationRequest,
    session: Option<&Session>,
) -> Decision {
    let browser = Browser { session, ..Browser::default() };
    app.provider().authorize(request, browser, &mut random()).await.unwrap()
}

/// What comes of a request that somebody says yes to.
pub async fn allow(app: &TestApp, request: &AuthorizationRequest, session: &Session) -> Decision {
    let browser = Browser { session: Some(session), consented: true, ..Browser::default() };
    app.provider().authorize(request, browser, &mut random()).await.unwrap()
}

/// Where a browser is sent back to, taken apart.
#[track_caller]
pub fn redirect(decision: &Decision) -> (String, std::collections::HashMap<String, String>) {
    let Decision::Redirect(url) = decision else { panic!("{decision:?}") };
    let mut url = reqwest::Url::parse(url).unwrap();
    let query = url.query_pairs().into_owned().collect();
    url.set_query(None);
    (url.to_string(), query)
}

/// A code for our command line.
pub async fn code(app: &TestApp, session: &Session) -> String {
    let decision = allow(app, &request(), session).await;
    redirect(&decision).1["code"].clone()
}

pub async fn redeem(app: &TestApp, code: &str) -> Answer {
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", COMMAND_LINE),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    post(app, "token", &form).await
}

pub async fn refresh(app: &TestApp, token: &str) -> Answer {
    let form =
        [("grant_type", "refresh_token"), ("client_id", COMMAND_LINE), ("refresh_token", token)];
    post(app, "token", &form).await
}

/// The tokens that our command line has after somebody logged in.
pub struct Tokens {
    pub access: String,
    pub refresh: String,
    pub id: Option<String>,
}

impl Tokens {
    pub fn of(body: &Value) -> Self {
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        Self {
            access: text("access_token").unwrap(),
            refresh: text("refresh_token").unwrap(),
            id: text("id_token"),
        }
    }

    pub fn bearer(&self, app: &TestApp) -> Actor {
        app.bearer(&self.access)
    }
}

/// Logs somebody in to our command line.
pub async fn tokens(app: &TestApp, session: &Session) -> Tokens {
    Tokens::of(&redeem(app, &code(app, session).await).await.ok())
}

/// Registers the portal, and logs somebody in to it.
pub async fn portal_tokens(app: &TestApp, session: &Session, scope: &str) -> Tokens {
    let secret = portal(app).await;
    let asks = AuthorizationRequest { scope: Some(scope.to_owned()), ..portal_request() };
    let browser = Browser { session: Some(session), consented: true, ..Browser::default() };
    let decision = app.provider().authorize(&asks, browser, &mut random()).await.unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "portal"),
        ("client_secret", &secret),
        ("code", &redirect(&decision).1["code"]),
        ("redirect_uri", PORTAL_CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    Tokens::of(&post(app, "token", &form).await.ok())
}

/// What a token says, without a look at its signature.
pub fn claims(token: &str) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let body = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap()
}

/// A program in a terminal asks to be let in.
pub async fn begin(app: &TestApp) -> Value {
    post(app, "auth/device", &[("client_id", "default")]).await.ok()
}

/// It asks whether it was.
pub async fn poll(app: &TestApp, device: &Value) -> Answer {
    let code = device["device_code"].as_str().unwrap();
    let form = [("grant_type", DEVICE_GRANT), ("client_id", "default"), ("device_code", code)];
    post(app, "token", &form).await
}

/// What it shows for its person to type.
pub fn user_code(device: &Value) -> &str {
    device["user_code"].as_str().unwrap()
}
