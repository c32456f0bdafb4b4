//! Sending people the addresses at which they choose a password.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use rand::{CryptoRng, rngs::StdRng};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::{
    clock::Clock,
    error::{Error, Result},
    events::{Cause, Events},
    identity::{PasswordLink, Peer, Provider},
};

/// How many messages may be on their way at once that nobody waits for.
const PLACES: usize = 16;
/// What is said when there are more.
const BUSY: &str = "Too many links are being sent at once; try again in a moment";

/// Sends links.
#[derive(Debug)]
pub struct PasswordMail {
    events: Arc<Events>,
    clock: Clock,
    places: Arc<Semaphore>,
    sending: TaskTracker,
}

impl PasswordMail {
    pub(crate) fn new(events: Arc<Events>, clock: Clock) -> Self {
        let places = Arc::new(Semaphore::new(PLACES));
        Self { events, clock, places, sending: TaskTracker::new() }
    }

    /// Whether people can be sent e-mail.
    pub fn is_configured(&self) -> bool {
        self.events.sends_email()
    }

    /// Sends a link to the person whose account it is, once.
    pub async fn send(&self, link: &PasswordLink, rng: &mut impl CryptoRng) -> Result<(), Cause> {
        let mut id = [0; 16];
        rng.fill_bytes(&mut id);
        let id = uuid::Builder::from_random_bytes(id).into_uuid().to_string();
        self.events.send_link(link, &id, self.clock.now()).await
    }

    /// Sends a link to who has forgotten their password, if there is one to choose; nobody waits for
    /// it, so that nobody learns whether there is an account. How long to wait if links were asked
    /// for too often; 422 if it is no address, 503 if too many are being sent.
    pub async fn send_to_forgetful(
        self: &Arc<Self>,
        provider: &Arc<Provider>,
        email: String,
        peer: &Peer,
        mut rng: StdRng,
    ) -> Result<Option<TimeDelta>> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Error::Busy(BUSY))?;
        if let Some(wait) = provider.ask_for_link(&email, peer).await? {
            return Ok(Some(wait));
        }
        let (mail, provider) = (Arc::clone(self), Arc::clone(provider));
        self.sending.spawn(async move {
            let _place = place;
            if let Err(error) = mail.send_if_wanted(&provider, &email, &mut rng).await {
                tracing::error!(email, error, "a link to choose a password was not sent");
            }
        });
        Ok(None)
    }

    async fn send_if_wanted(
        &self,
        provider: &Provider,
        email: &str,
        rng: &mut StdRng,
    ) -> Result<(), Cause> {
        let Some(link) = provider.forgotten_password_link(email, rng).await? else {
            tracing::info!(email, "a link was asked for where there is no password to choose");
            return Ok(());
        };
        self.send(&link, rng).await
    }

    /// Waits for what is being sent, but no longer than this; whether all of it was.
    pub async fn finish(&self, deadline: Duration) -> bool {
        self.sending.close();
        let finished = tokio::time::timeout(deadline, self.sending.wait()).await.is_ok();
        if !finished {
            let links = self.sending.len();
            tracing::warn!(
                links,
                "the mail server took too long: links to choose a password were not sent"
            );
        }
        finished
    }
}
