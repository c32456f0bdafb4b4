//! A connection's place among those that are let in at once.
//!
//! Places are for connections that may have something to do. One on which somebody only waits
//! lends its place to others meanwhile; how many may wait is bounded elsewhere ([`crate::waiting`]).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

#[derive(Debug, Clone)]
pub struct Place(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    places: Arc<Semaphore>,
    held: Mutex<Held>,
}

#[derive(Debug)]
struct Held {
    permit: Option<OwnedSemaphorePermit>,
    /// How many requests of the connection wait.
    waiting: usize,
}

/// A place that is lent to others, until this is dropped.
#[derive(Debug)]
pub(crate) struct Lent(Arc<Shared>);

impl Place {
    pub(crate) fn new(places: Arc<Semaphore>, permit: OwnedSemaphorePermit) -> Self {
        let held = Mutex::new(Held { permit: Some(permit), waiting: 0 });
        Self(Arc::new(Shared { places, held }))
    }

    pub(crate) fn lend(&self) -> Lent {
        let mut held = self.0.held();
        held.waiting += 1;
        held.permit = None;
        drop(held);
        Lent(Arc::clone(&self.0))
    }
}

impl Shared {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Lent {
    /// Takes a place again if there is one; who waited is not turned away.
    fn drop(&mut self) {
        let mut held = self.0.held();
        held.waiting -= 1;
        if held.waiting == 0 {
            held.permit = Arc::clone(&self.0.places).try_acquire_owned().ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_lends_the_place_and_takes_one_again() {
        let places = Arc::new(Semaphore::new(1));
        let permit = Arc::clone(&places).try_acquire_owned().unwrap();
        let place = Place::new(Arc::clone(&places), permit);
        let (one, other) = (place.lend(), place.lend());
        assert_eq!(places.available_permits(), 1);
        drop(one);
        assert_eq!(places.available_permits(), 1, "the other one still waits");
        drop(other);
        assert_eq!(places.available_permits(), 0);
        drop(place);
        assert_eq!(places.available_permits(), 1);
    }
}
