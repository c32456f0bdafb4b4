//! An OIDC provider for tests, within the test's process: a discovery document, a key set and
//! tokens with any claims.

mod key;
mod tokens;

use std::{
    convert::Infallible,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result};
use axum::{
    Json, Router,
    body::Body,
    extract::State,
    http::StatusCode,
    middleware,
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures::stream;
use key::Key;
use serde_json::{Value, json};
use tokens::TokenEndpoint;
pub use tokens::TokenForm;
use tokio::{net::TcpListener, task::JoinHandle};

const REALM: &str = "/realms/test";

/// A running provider. It ends when this is dropped.
#[derive(Debug)]
pub struct Issuer {
    authority: String,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    Serving,
    /// With status 503.
    Failing,
    /// Never.
    Hanging,
    /// With a page that says that all is well.
    Html,
    /// With JSON that does not end before it has 2 MiB.
    Huge,
    /// With a byte now and then, for ever.
    Dripping,
}

#[derive(Debug)]
struct Shared {
    url: String,
    keys: Mutex<Vec<Key>>,
    /// Published before the others.
    odd_keys: Mutex<Vec<Value>>,
    behaviour: Mutex<Behaviour>,
    key_set_requests: AtomicUsize,
    /// What is added to the discovery document, or put in place of what it has.
    said: Mutex<Value>,
    token_endpoint: TokenEndpoint,
}

impl Issuer {
    /// Starts a provider with one RSA key on a free port of the loopback interface.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let authority = listener.local_addr()?.to_string();
        let shared = Arc::new(Shared {
            url: format!("http://{authority}{REALM}"),
            keys: Mutex::new(vec![Key::rsa(0)?]),
            odd_keys: Mutex::default(),
            behaviour: Mutex::new(Behaviour::Serving),
            key_set_requests: AtomicUsize::new(0),
            said: Mutex::new(json!({})),
            token_endpoint: TokenEndpoint::default(),
        });
        let router = router(Arc::clone(&shared));
        // It ends by being aborted.
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap_or(()) });
        Ok(Self { authority, shared, server })
    }

    /// What stands in the claim `iss`, such as `http://127.0.0.1:4242/realms/test`.
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// The same without the scheme, as `ARMASEC_DOMAIN` wants it (with `ARMASEC_USE_HTTPS=false`).
    pub fn domain(&self) -> String {
        format!("{}{REALM}", self.authority)
    }

    /// How often the key set was asked for.
    pub fn key_set_requests(&self) -> usize {
        self.shared.key_set_requests.load(Ordering::SeqCst)
    }

    /// Changes how it answers from now on.
    pub fn behave(&self, behaviour: Behaviour) {
        *lock(&self.shared.behaviour) = behaviour;
    }

    /// Says this of itself, too, or instead; nothing of what is `null`.
    pub fn say(&self, entries: Value) {
        *lock(&self.shared.said) = entries;
    }

    /// Signs with a new RSA key from now on; the old keys stay in the key set.
    pub fn rotate(&self) -> Result<()> {
        let mut keys = lock(&self.shared.keys);
        let key = Key::rsa(keys.len())?;
        keys.push(key);
        Ok(())
    }

    /// Signs with a new EC key (ES256) from now on; the old keys stay in the key set.
    pub fn rotate_to_ec(&self) -> Result<()> {
        let mut keys = lock(&self.shared.keys);
        let key = Key::ec(keys.len())?;
        keys.push(key);
        Ok(())
    }

    /// Removes all keys but the one it signs with from the key set.
    pub fn withdraw_old_keys(&self) {
        let mut keys = lock(&self.shared.keys);
        let old = keys.len().saturating_sub(1);
        for key in keys.iter_mut().take(old) {
            key.published = false;
        }
    }

    /// Publishes this, too, which nothing is signed with.
    pub fn publish(&self, odd_key: Value) {
        lock(&self.shared.odd_keys).push(odd_key);
    }

    /// A token with these claims, and `iss` where they don't have it.
    pub fn token(&self, mut claims: Value) -> Result<String> {
        let object = claims.as_object_mut().context("the claims of a token are an object")?;
        object.entry("iss").or_insert_with(|| self.url().into());
        let header = self.with_key(|key| Ok(key.header()))?;
        self.sign(&header, &claims)
    }

    /// A token of exactly this header and these claims, signed with the current key in that key's
    /// algorithm, whatever the header says.
    pub fn sign(&self, header: &Value, claims: &Value) -> Result<String> {
        let message = message(header, claims);
        let signature = self.with_key(|key| key.sign(message.as_bytes()))?;
        Ok(format!("{message}.{signature}"))
    }

    /// A token of exactly this header and these claims, without a signature.
    pub fn unsigned(&self, header: &Value, claims: &Value) -> String {
        format!("{}.", message(header, claims))
    }

    fn with_key<T>(&self, use_key: impl FnOnce(&Key) -> Result<T>) -> Result<T> {
        use_key(lock(&self.shared.keys).last().context("an issuer has a key")?)
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route(&format!("{REALM}/.well-known/openid-configuration"), get(discovery))
        .route(&format!("{REALM}/protocol/openid-connect/certs"), get(key_set))
        .route(&format!("{REALM}/protocol/openid-connect/token"), post(tokens::answer))
        .route(&format!("{REALM}/protocol/openid-connect/revoke"), post(tokens::revoked))
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), misbehave))
        .with_state(shared)
}

async fn misbehave(
    State(shared): State<Arc<Shared>>,
    request: axum::extract::Request,
    next: middleware::Next,
) -> Response {
    let behaviour = *lock(&shared.behaviour);
    match behaviour {
        Behaviour::Serving => next.run(request).await,
        Behaviour::Failing => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Behaviour::Hanging => std::future::pending().await,
        Behaviour::Html => Html("<html>It works!</html>").into_response(),
        Behaviour::Huge => format!("{{\"issuer\": \"{}\"}}", "x".repeat(2 << 20)).into_response(),
        Behaviour::Dripping => {
            let drop = |()| async {
                tokio::time::sleep(Duration::from_millis(200)).await;
                Some((Ok::<_, Infallible>(" "), ()))
            };
            Body::from_stream(stream::unfold((), drop)).into_response()
        }
    }
}

async fn discovery(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let url = &shared.url;
    let mut document = json!({
        "issuer": url,
        "jwks_uri": format!("{url}/protocol/openid-connect/certs"),
        "authorization_endpoint": format!("{url}/protocol/openid-connect/auth?theme=dark"),
        "token_endpoint": format!("{url}/protocol/openid-connect/token"),
        "revocation_endpoint": format!("{url}/protocol/openid-connect/revoke"),
        "end_session_endpoint": format!("{url}/protocol/openid-connect/logout"),
        "device_authorization_endpoint": format!("{url}/protocol/openid-connect/auth/device"),
    });
    for (name, value) in lock(&shared.said).as_object().into_iter().flatten() {
        document[name] = value.clone();
    }
    Json(document)
}

async fn key_set(State(shared): State<Arc<Shared>>) -> Json<Value> {
    shared.key_set_requests.fetch_add(1, Ordering::SeqCst);
    let (odd, keys) = (lock(&shared.odd_keys), lock(&shared.keys));
    let good = keys.iter().filter(|key| key.published).map(|key| json!(key.jwk()));
    Json(json!({"keys": odd.iter().cloned().chain(good).collect::<Vec<_>>()}))
}

fn message(header: &Value, claims: &Value) -> String {
    let [header, claims] =
        [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string().as_bytes()));
    format!("{header}.{claims}")
}

/// The value, even if a test failed while it held the lock: none is ever left half-changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
