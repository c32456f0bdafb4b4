//! What is new on the server, from who waits for it to those who see to it.

use std::sync::atomic::{AtomicBool, Ordering};

use jobbergate_types::changes::Changes;
use tokio::sync::Notify;

/// What is new, and whether the server says so by itself at the moment.
#[derive(Debug, Default)]
pub struct Wakes {
    live: AtomicBool,
    pending: News,
    active: News,
    requests: News,
    /// Requests were asked for.
    taken: Notify,
    /// Something was cancelled that may be no job yet.
    withdrawn: Notify,
}

/// Something that is new until it is taken.
#[derive(Debug, Default)]
struct News {
    is_there: AtomicBool,
    arrived: Notify,
}

impl News {
    fn tell(&self) {
        self.is_there.store(true, Ordering::SeqCst);
        self.arrived.notify_one();
    }

    fn take(&self) -> bool {
        self.is_there.swap(false, Ordering::SeqCst)
    }
}

impl Wakes {
    /// The server has answered who waits.
    pub fn hear(&self, changes: &Changes) {
        self.live.store(true, Ordering::SeqCst);
        if changes.pending {
            self.pending.tell();
        }
        if changes.cancelled {
            self.active.tell();
            self.withdrawn.notify_one();
        }
        if changes.requests {
            self.requests.tell();
        }
    }

    /// There are submissions to work at.
    pub fn note_claimed(&self) {
        self.pending.tell();
    }

    /// There are jobs to follow that another agent followed.
    pub fn note_taken_over(&self) {
        self.active.tell();
    }

    /// Nobody is told anything for now.
    pub fn fall_silent(&self) {
        self.live.store(false, Ordering::SeqCst);
    }

    /// Whether whatever is new is told at once.
    pub fn are_live(&self) -> bool {
        self.live.load(Ordering::SeqCst)
    }

    /// There is a job to follow, which has time until the next look.
    pub fn note_active(&self) {
        self.active.is_there.store(true, Ordering::SeqCst);
    }

    /// Ready when there is something new to submit.
    pub async fn pending(&self) {
        self.pending.arrived.notified().await;
    }

    /// Ready when there is something new to cancel.
    pub async fn cancelled(&self) {
        self.active.arrived.notified().await;
    }

    /// Ready when something may have been withdrawn.
    pub async fn withdrawn(&self) {
        self.withdrawn.notified().await;
    }

    /// Ready when there are requests.
    pub async fn requests(&self) {
        self.requests.arrived.notified().await;
    }

    /// Ready when the requests that there were have been asked for.
    pub async fn requests_taken(&self) {
        self.taken.notified().await;
    }

    /// The requests that there were have been asked for.
    pub fn took_requests(&self) {
        self.taken.notify_one();
    }

    /// Whether there may be something new to submit.
    pub fn take_pending(&self) -> bool {
        self.pending.take()
    }

    /// Whether there may be something new to follow or to cancel.
    pub fn take_active(&self) -> bool {
        self.active.take()
    }
}
