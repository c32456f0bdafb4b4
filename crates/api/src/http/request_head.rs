//! What answers that go on for a while need to know of their requests.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::place::{Lent, Place};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

#[derive(Debug, Clone, Default)]
pub struct RequestHead {
    /// With the token, which may end before the answer does.
    pub credentials: HeaderMap,
    /// The last event that the client had of an earlier stream.
    pub last_event_id: Option<String>,
    place: Option<Place>,
}

impl RequestHead {
    pub(crate) fn of(headers: &HeaderMap, place: Option<Place>) -> Self {
        let mut credentials = HeaderMap::new();
        if let Some(mut token) = headers.get(header::AUTHORIZATION).cloned() {
            token.set_sensitive(true);
            credentials.insert(header::AUTHORIZATION, token);
        }
        let last_event_id = headers.get(LAST_EVENT_ID).and_then(text);
        Self { credentials, last_event_id, place }
    }

    /// Lets another connection in while this one only waits.
    pub(crate) fn lend_place(&self) -> Option<Lent> {
        self.place.as_ref().map(Place::lend)
    }
}

fn text(value: &HeaderValue) -> Option<String> {
    value.to_str().ok().map(str::to_owned)
}
