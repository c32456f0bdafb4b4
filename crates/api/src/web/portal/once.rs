//! What a form asks for is done once, however often its button is pressed.

use std::{sync::Arc, time::Duration};

use axum::body;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;

use super::user::User;
use crate::{
    app::Context,
    error::{Error, Result},
    http::input::Parts,
    idempotency::{self, Begun, KeyedRequest},
    resources::files::revision,
};

/// How often, and how long, the first is waited for.
const ATTEMPTS: usize = 50;
const PAUSE: Duration = Duration::from_millis(200);
/// The largest answer that is read again, in bytes.
const MAX_ANSWER: usize = 4 << 20;

/// A key that no other form has.
pub(super) fn new_key() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// Does what `request` asks for, or gives what was made when the same form was sent before. A service
/// that keeps its answer does the work.
pub(super) async fn once<T, W>(
    user: &User,
    (route, key): (&'static str, &str),
    request: &impl Serialize,
    work: impl FnOnce(Context) -> W,
) -> Result<T>
where
    T: DeserializeOwned,
    W: Future<Output = Result<T>>,
{
    // Who goes back and changes something asks for something else.
    let asked = json!(request);
    let key = format!("{key}-{}", revision(asked.to_string().as_bytes()));
    let caller = &user.context.customer.caller;
    let keyed = || {
        let parts = Parts { json: Some(asked.clone()), ..Parts::default() };
        KeyedRequest::new(caller, route, key.clone(), &parts)
    };
    match under_a_key(&user.context, keyed, MAX_ANSWER, work).await {
        Err(Error::UnderWay(_)) => {
            Err(Error::Busy("What was asked for is still under way; look for it in a moment"))
        }
        done => done,
    }
}

/// Does the work, or gives what was answered to the same request before: of such an answer `longest`
/// bytes are read. The first is waited for, up to 10 s.
pub(super) async fn under_a_key<T, W>(
    context: &Context,
    request: impl Fn() -> KeyedRequest,
    longest: usize,
    work: impl FnOnce(Context) -> W,
) -> Result<T>
where
    T: DeserializeOwned,
    W: Future<Output = Result<T>>,
{
    let mut left = ATTEMPTS;
    loop {
        match idempotency::begin(context, request()).await {
            Ok(Begun::First(attempt)) => {
                let attempt = Arc::new(attempt);
                let mut keyed = context.clone();
                keyed.attempt = Some(Arc::clone(&attempt));
                return idempotency::perform(context, &attempt, work(keyed)).await;
            }
            Ok(Begun::Before(answer)) => {
                let bytes = body::to_bytes(answer.into_body(), longest).await;
                return serde_json::from_slice(&bytes.map_err(Error::internal)?)
                    .map_err(Error::internal);
            }
            Err(Error::UnderWay(_)) if left > 0 => {
                left -= 1;
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(error),
        }
    }
}
