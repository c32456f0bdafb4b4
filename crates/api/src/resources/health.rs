//! Whether the server answers, and can keep what it is told.

use crate::{
    app::Context,
    auth::{Identity, Principal},
    disk,
    error::{Error, Result},
    http::{Endpoint, Method, NoContent, Router},
};

/// Anyone; no token is looked at.
struct Nobody;

impl Principal for Nobody {
    const ANY_OF: &'static [jobbergate_types::Permission] = &[];

    fn from_identity(_: Identity) -> Result<Self> {
        Ok(Self)
    }
}

pub(super) fn router() -> Router {
    Router::default().route(
        Method::Get,
        "/health",
        "Whether the server answers.",
        Endpoint::new(health),
    )
}

async fn health(context: Context, _: Nobody, (): ()) -> Result<NoContent> {
    let Some(directory) = &context.app.data_directory else { return Ok(NoContent) };
    let room = disk::require_room(directory);
    room.map_err(|error| Error::Full { service: "data directory", source: error.into() })?;
    Ok(NoContent)
}
