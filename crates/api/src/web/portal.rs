//! The pages with which people run applications, and experts and administrators do their part.
//!
//! Each area has a file with its routes. A page calls the same services as the API, in the name of
//! who is signed in ([`user::User`]), and is a template that extends `portal/frame.html`.

mod administration;
mod applications;
mod assets;
mod certain;
mod clusters;
mod difference;
mod editor;
mod elsewhere;
mod failures;
mod fields;
mod files;
mod form;
mod frame;
mod home;
mod interrupted;
mod markdown;
mod once;
mod percent;
mod problems;
mod run;
mod scripts;
mod sign_in;
mod slice;
mod source_check;
mod submission;
mod submissions;
mod task;
mod text_file;
mod typed;
mod upload;
mod user;
mod words;

use std::sync::Arc;

use axum::{Router, extract::DefaultBodyLimit, middleware};
use url::Url;

use super::{Web, origin::Origin};
use crate::app::App;
use sign_in::{External, SignIn};

/// What pages have at hand.
#[derive(Debug, Clone)]
pub(super) struct Site {
    app: Arc<App>,
    sign_in: SignIn,
    /// What comes before all paths: a proxy may have put something in front.
    base: Arc<str>,
    origin: Origin,
}

impl Site {
    /// A page's address, as browsers have it.
    fn path(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

/// The pages for people.
pub(super) struct Portal {
    pages: Router,
    site: Site,
}

impl Portal {
    /// Those of people who sign in with the external provider, if there is one for that, or the
    /// built-in one; none if there is neither.
    pub(super) fn new(app: Arc<App>, web: Option<Web>) -> Option<Self> {
        let address = Url::parse(&app.base_url);
        let base = address.as_ref().map_or("", |url| url.path().trim_end_matches('/')).into();
        let origin = Origin::of(&app.base_url);
        let party = app.relying_party.clone();
        let external = party.map(|party| SignIn::External(External::new(party, origin.clone())));
        let sign_in = external.or_else(|| web.map(SignIn::BuiltIn))?;
        let site = Site { app, sign_in, base, origin };
        Some(Self { pages: router(&site), site })
    }

    /// The pages, in front of what else the server answers.
    pub(super) fn in_front_of(self, rest: Router) -> Router {
        let elsewhere = middleware::from_fn_with_state(self.site, elsewhere::answer);
        self.pages.merge(rest).layer(elsewhere)
    }
}

fn router(site: &Site) -> Router {
    Router::new()
        .merge(site.sign_in.router())
        .merge(home::router())
        .merge(applications::router())
        .merge(run::router())
        .merge(submissions::router())
        .merge(submission::router())
        .merge(scripts::router())
        .merge(editor::router())
        .merge(clusters::router())
        .merge(administration::router())
        // What a form may take is checked while it is read (`form`, `upload`).
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(site.clone(), failures::after))
        .layer(middleware::from_fn(task::apart))
        .merge(assets::router())
        .with_state(site.clone())
}
