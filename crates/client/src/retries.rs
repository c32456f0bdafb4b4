//! Calls that failed for the moment are made again, where that does no harm.
//!
//! What only reads, replaces or deletes may be sent again at any time. What creates may be sent again if it
//! surely did not get there; if it perhaps did, only with a key, to a server that knows of keys.

use std::{fmt, io, sync::Arc, time::Duration};

use reqwest::{Method, StatusCode};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::{Answer, Client, Error, Request};

/// The longest pause that the server did not ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// The header with a key.
pub(crate) const KEY: &str = "Idempotency-Key";

/// How often and for how long a call that failed is made again.
#[derive(Clone)]
pub struct Retries {
    /// How often it is made, the first time included.
    pub attempts: u32,
    /// About how long the first pause is; each is twice as long as the one before.
    pub first_pause: Duration,
    /// For how long after the first attempt others are begun.
    pub patience: Duration,
    /// Is told of each.
    pub tell: Arc<dyn Fn(&Retry<'_>) + Send + Sync>,
}

/// A call that is about to be made again.
#[derive(Debug)]
pub struct Retry<'a> {
    /// Why.
    pub error: &'a Error,
    /// After how long.
    pub pause: Duration,
}

impl fmt::Debug for Retries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { attempts, first_pause, patience, .. } = self;
        write!(f, "{attempts} attempts within {patience:?}, {first_pause:?} apart or more")
    }
}

impl Retries {
    /// Before the attempt after this one, the first being 1; `random` is from 0 to 1, so that many that
    /// failed at once don't come back at once.
    fn pause(&self, attempt: u32, retry_after: Option<Duration>, random: f64) -> Duration {
        let doubled = self.first_pause.saturating_mul(1 << attempt.saturating_sub(1).min(16));
        let own = doubled.min(LONGEST_PAUSE).mul_f64(0.5 + random / 2.0);
        match retry_after {
            Some(asked) => asked.saturating_add(self.first_pause.mul_f64(random / 2.0)).max(own),
            None => own,
        }
    }
}

/// A call that failed.
#[derive(Debug)]
pub struct Failed {
    /// How the last attempt failed.
    pub error: Error,
    /// Whether it may have been done nevertheless, by this attempt or one before, and must not be sent
    /// again with another key.
    pub in_doubt: bool,
}

/// What a failure that may pass says of the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Passing {
    /// It was not done.
    Undone,
    /// It may have been done.
    InDoubt,
    /// The same call, with its key, is still being done.
    UnderWay,
}

impl Passing {
    /// Whether the call may have been done, or is being done.
    fn is_doubtful(self) -> bool {
        matches!(self, Self::InDoubt | Self::UnderWay)
    }

    fn of(error: &Error) -> Option<Self> {
        match error {
            Error::Unreachable { source, .. } if source.is_connect() => {
                may_pass(source).then_some(Self::Undone)
            }
            Error::Unreachable { source, .. } if source.is_builder() => None,
            Error::Unreachable { .. } => Some(Self::InDoubt),
            Error::Status { status, retry_after, .. } => match *status {
                StatusCode::TOO_MANY_REQUESTS => Some(Self::Undone),
                StatusCode::CONFLICT if retry_after.is_some() => Some(Self::UnderWay),
                StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT => Some(Self::InDoubt),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Whether the other end may be there in a moment: not if it has no address or a wrong certificate.
fn may_pass(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            use io::ErrorKind as Kind;
            return matches!(
                error.kind(),
                Kind::ConnectionRefused
                    | Kind::ConnectionReset
                    | Kind::ConnectionAborted
                    | Kind::BrokenPipe
                    | Kind::UnexpectedEof
                    | Kind::TimedOut
                    | Kind::HostUnreachable
                    | Kind::NetworkUnreachable
                    | Kind::NetworkDown
            );
        }
        cause = error.source();
    }
    error.is_timeout()
}

impl Client {
    /// The same client, which makes calls again that failed for the moment.
    #[must_use]
    pub fn with_retries(self, retries: Retries) -> Self {
        Self { retries: Some(retries), ..self }
    }

    /// Whether the server knows of keys: one that does not would do the same twice.
    async fn takes_keys(&self) -> Result<bool, Error> {
        let document = self.request(Method::GET, &["openapi.json"]);
        let document: Value = match document.attempt(None).await {
            Ok(opened) => opened.read().await?.decode()?,
            Err(error) if Passing::of(&error).is_none() => return Ok(false),
            Err(error) => return Err(error),
        };
        let parameters = &document["paths"]["/job-submissions"]["post"]["parameters"];
        let parameters = parameters.as_array().into_iter().flatten();
        Ok(parameters.into_iter().any(|parameter| parameter["name"] == KEY))
    }
}

impl Request<'_> {
    /// Sends it, again if it fails for the moment and that does no harm.
    pub(crate) async fn send_with(&self, retries: &Retries) -> Result<Answer, Failed> {
        let begin = Instant::now();
        let (mut attempt, mut in_doubt, mut is_safe) = (1, false, self.is_idempotent);
        let mut error = match self.send_once().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        loop {
            let Some(passing) = Passing::of(&error) else {
                return Err(self.failed(error, in_doubt));
            };
            in_doubt |= passing.is_doubtful();
            let is_allowed = match passing {
                Passing::UnderWay => self.has_key,
                _ => attempt < retries.attempts && (!in_doubt || is_safe || self.has_key),
            };
            let pause = retries.pause(attempt, error.retry_after(), rand::random());
            if !is_allowed || begin.elapsed().saturating_add(pause) > retries.patience {
                return Err(self.failed(error, in_doubt));
            }
            (retries.tell)(&Retry { error: &error, pause });
            sleep(pause).await;
            attempt += 1;
            if in_doubt && !is_safe && passing != Passing::UnderWay {
                match self.client.takes_keys().await {
                    Ok(true) => is_safe = true,
                    Ok(false) => return Err(self.failed(error, in_doubt)),
                    // What the call itself met is told.
                    Err(_) => continue,
                }
            }
            error = match self.send_once().await {
                Ok(answer) => return Ok(answer),
                Err(again) if in_doubt && self.is_gone(&again) => return Ok(self.deleted()),
                Err(again) => again,
            };
        }
    }

    /// A failure after attempts of which one may have been done or not.
    pub(crate) fn failed(&self, error: Error, in_doubt: bool) -> Failed {
        let in_doubt = in_doubt || Passing::of(&error).is_some_and(Passing::is_doubtful);
        Failed { error, in_doubt: in_doubt && !self.is_idempotent }
    }

    /// Whether what was to be deleted is not there, which an attempt before this one may have done.
    fn is_gone(&self, error: &Error) -> bool {
        self.method == Method::DELETE
            && error.status() == Some(StatusCode::NOT_FOUND)
            && !error.is_foreign()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_vary_and_are_as_long_as_the_server_says() {
        let retries = Retries {
            attempts: 4,
            first_pause: Duration::from_secs(1),
            patience: Duration::from_secs(30),
            tell: Arc::new(|_| {}),
        };
        let millis = |attempt, asked: Option<u64>, random| {
            retries.pause(attempt, asked.map(Duration::from_secs), random).as_millis()
        };
        assert_eq!([1, 2, 3].map(|attempt| millis(attempt, None, 0.0)), [500, 1000, 2000]);
        assert_eq!([1, 2, 3].map(|attempt| millis(attempt, None, 1.0)), [1000, 2000, 4000]);
        assert_eq!((millis(1, Some(5), 0.0), millis(1, Some(5), 1.0)), (5000, 5500));
        assert_eq!((millis(3, Some(1), 1.0), millis(9, None, 1.0)), (4000, 5000));
        assert!(millis(u32::MAX, Some(u64::MAX), 1.0) > 0);
    }
}
