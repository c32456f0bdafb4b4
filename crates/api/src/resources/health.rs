//! Whether the server answers, and can keep what it is told.

use crate::{
    app::Context,
    auth::{Identity, Principal},
    disk,
    draining::ABOUT_TO_STOP,
    error::{Error, Result},
    http::{NoContent, Router},
    permission::Permission,
};

/// Anyone; no token is looked at.
struct Nobody;

impl Principal for Nobody {
    const ANY_OF: &'static [Permission] = &[];

    fn from_identity(_: Identity) -> Result<Self> {
        Ok(Self)
    }
}

pub(super) fn router() -> Router {
    Router::default().get("/health", "Whether the server answers.", health)
}

async fn health(context: Context, _: Nobody) -> Result<NoContent> {
    if context.app.draining.has_begun() {
        return Err(Error::Busy(ABOUT_TO_STOP));
    }
    let Some(directory) = &context.app.data_directory else { return Ok(NoContent) };
    let room = disk::require_room(directory);
    room.map_err(|error| Error::Full {
        service: "data directory",
        changed: false,
        source: error.into(),
    })?;
    Ok(NoContent)
}
