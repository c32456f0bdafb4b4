//! Where there is no page, for people: programs get their answers as they are.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};

use super::{Site, failures, typed::Typed};
use crate::{
    identity::REALM_PATH,
    web::elsewhere::{is_below, keep_allowed, no_page, wants_page},
};

/// Below which addresses are for programs, or have pages of their own.
const OTHERS: [&str; 2] = ["/jobbergate", REALM_PATH];

/// Has browsers see a page instead of what programs are told of an address without one.
pub(super) async fn answer(State(site): State<Site>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_other = OTHERS.iter().any(|other| is_below(path, other));
    if is_other || !wants_page(request.method(), request.headers()) {
        return next.run(request).await;
    }
    let response = next.run(request).await;
    let failure = no_page(&response, "This address takes a form, and is nothing to look at.");
    let Some(failure) = failure else { return response };
    let shown = failures::shown(&site, &failure, &Typed::default(), false);
    let Some(mut page) = shown else { return response };
    keep_allowed(&mut page, &response);
    failures::finish(&mut page);
    page
}
