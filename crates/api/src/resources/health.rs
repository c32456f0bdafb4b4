//! Whether the server answers.

use crate::{
    app::Context,
    auth::{Identity, Principal},
    error::Result,
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

async fn health(_: Context, _: Nobody, (): ()) -> Result<NoContent> {
    Ok(NoContent)
}
